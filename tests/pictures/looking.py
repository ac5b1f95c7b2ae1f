"""Looking at pictures: where two differ, what colour a place has, what a code says, what a bad camera sees."""

from io import BytesIO

import zxingcpp
from PIL import Image, ImageChops, ImageFilter

from loyalty_app.pictures.colours import Colour, contrast
from loyalty_app.pictures.layout import Box

NEAR = 1.12


def opened(picture: bytes) -> Image.Image:
    return Image.open(BytesIO(picture)).convert("RGB")


def changed(one: Image.Image, other: Image.Image) -> Box:
    """The smallest box outside of which two pictures are the same; empty if they are."""
    found = ImageChops.difference(one, other).getbbox() or (0, 0, 0, 0)
    return Box(found[0], found[1], found[2] - found[0], found[3] - found[1])


def within(inner: Box, outer: Box) -> bool:
    """Whether a box lies in another."""
    fits_across = outer.left <= inner.left and inner.right <= outer.right
    return fits_across and outer.top <= inner.top and inner.bottom <= outer.bottom


def colour_at(picture: Image.Image, place: tuple[float, float]) -> Colour:
    found = picture.convert("RGB").getpixel((round(place[0]), round(place[1])))
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]


def alike(one: Colour, other: Colour) -> bool:
    """Whether two colours are as good as the same."""
    return contrast(one, other) < NEAR


def codes_on(picture: Image.Image) -> list[str]:
    """What all QR codes on a picture say."""
    return [code.text for code in zxingcpp.read_barcodes(picture.convert("L"))]


def photographed(picture: Image.Image) -> Image.Image:
    """The picture as a chat makes it small, held askew before a camera that is not quite sharp."""
    small = picture.resize((400, round(400 * picture.height / picture.width)), Image.Resampling.BILINEAR)
    file = BytesIO()
    small.save(file, "JPEG", quality=60)
    turned = Image.open(file).rotate(10, Image.Resampling.BICUBIC, expand=True, fillcolor=(90, 90, 90))
    return turned.filter(ImageFilter.GaussianBlur(0.6))
