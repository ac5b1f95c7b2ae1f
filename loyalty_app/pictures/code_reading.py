"""Code reading: the texts of the QR codes in a picture, by looking at it again and again in other ways.

The rules, in words:
- All codes count, each once, in reading order: line by line, and from left to right.
- If a code is not read at once, the picture is looked at again: flattened, smaller, softened, sharpened, larger.
- A file that is no picture, is broken or pretends to be enormous has no codes. Nothing that people send raises here.
- What opening a picture takes is known before, from its pixels, its channels and its format, and is bounded. Large ones
  are read one at a time.
- Of a film only small JPEGs are read, each with two looks: the next frame comes soon, and gets another one.

It is work for a thread (`asyncio.to_thread`), for any number of them. What the texts mean is decided elsewhere.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from io import BytesIO
from threading import Lock

import msgspec
import zxingcpp
from PIL import Image, ImageFilter, ImageOps

from loyalty_app.pictures.memory import MOST_BYTES, bytes_kept, bytes_to_gray

QR_CODES = zxingcpp.barcode_formats_from_str("QRCode")
# Formats of phones and their screens. Other formats of Pillow run programs or open more than a picture.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")

LARGE_PIXELS = 8_000_000
"""How large a picture is that is read alone."""
MOST_SIDE = 65_535
"""The longest side, in pixels; the reader of codes takes no longer ones."""
# Pixels of the longer side: a larger picture is first shrunk to this.
ENOUGH = 2_000
# Below this, one look is at twice the size.
FEW = 1_000
LARGEST_FRAME = 1_280
"""The longest side, in pixels, of a frame that is read."""

reading_a_large_one = Lock()

Look = Callable[[Image.Image], Image.Image]


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """Where a code is in a picture, in fractions of the picture's height and width."""

    middle: float
    left: float
    height: float


def read_codes(picture: bytes) -> list[str]:
    """Read the texts of all QR codes in a picture (JPEG, PNG, WebP, GIF, BMP or AVIF); empty if it is no picture."""
    with reading_a_large_one if _is_large(picture) else nullcontext():
        return _read(picture)


def _is_large(picture: bytes) -> bool:
    try:
        with Image.open(BytesIO(picture), formats=FORMATS) as image:
            return image.width * image.height > LARGE_PIXELS
    except Exception:  # noqa: BLE001  # a broken file makes Pillow raise anything
        return False


def read_frame(jpeg: bytes, turn: int) -> list[str]:
    """Read the QR codes in one frame of a film: unchanged, then through the look whose turn it is; empty if it is none.

    Measured: one without a code takes 2.5 ms at 480×480 pixels, where all looks take 14.
    """
    photo = _gray(jpeg, None) if _is_frame(jpeg) else None
    if photo is None:
        return []
    looks = (*LOOKS, _larger) if max(photo.size) < FEW else LOOKS
    return _read_views(view(photo) for view in (_unchanged, looks[turn % len(looks)]))


def _is_frame(jpeg: bytes) -> bool:
    try:
        with Image.open(BytesIO(jpeg), formats=("JPEG",)) as image:
            return max(image.size) <= LARGEST_FRAME
    except Exception:  # noqa: BLE001  # a broken file makes Pillow raise anything
        return False


def _read(picture: bytes) -> list[str]:
    return _read_views(_views(picture))


def _read_views(views: Iterable[Image.Image]) -> list[str]:
    sightings: dict[str, Sighting] = {}
    for view in views:
        codes = zxingcpp.read_barcodes(view, formats=QR_CODES, return_errors=True)
        for code in codes:
            if code.valid and code.text:
                sightings.setdefault(code.text, _sighting(code.position, view.size))
        # A code that was seen but not read is worth another look, even beside one that was read.
        if sightings and all(code.valid for code in codes):
            break
    return _in_reading_order(sightings)


# The looks; those that help most photos for their time come first: `bench/photos.py` has the photos.


def _unchanged(photo: Image.Image) -> Image.Image:
    return photo


def _flattened(photo: Image.Image) -> Image.Image:
    return ImageOps.equalize(photo)


def _smaller(photo: Image.Image) -> Image.Image:
    return photo.reduce(2).filter(ImageFilter.UnsharpMask(2, 300, 0))


def _softened(photo: Image.Image) -> Image.Image:
    return ImageOps.autocontrast(photo.filter(ImageFilter.BoxBlur(3)), cutoff=1)


def _a_little_smaller(photo: Image.Image) -> Image.Image:
    size = (max(1, photo.width * 7 // 10), max(1, photo.height * 7 // 10))
    return photo.resize(size, Image.Resampling.BICUBIC)


def _sharpened(photo: Image.Image) -> Image.Image:
    return photo.filter(ImageFilter.UnsharpMask(4, 300, 0))


def _softened_and_flattened(photo: Image.Image) -> Image.Image:
    return ImageOps.equalize(photo.filter(ImageFilter.BoxBlur(2)))


def _larger(photo: Image.Image) -> Image.Image:
    return photo.resize((photo.width * 2, photo.height * 2), Image.Resampling.BICUBIC)


LOOKS: tuple[Look, ...] = (
    _flattened,
    _smaller,
    _softened,
    _a_little_smaller,
    _sharpened,
    _softened_and_flattened,
)


def _views(picture: bytes) -> Iterator[Image.Image]:
    """The picture in gray: unchanged, at its full size if it was shrunk, and then through each of the looks."""
    photo = _gray(picture, ENOUGH)
    if photo is None:
        return
    yield photo
    if max(photo.size) == ENOUGH and (whole := _gray(picture, None)):
        yield whole
    looks = (*LOOKS, _larger) if max(photo.size) < FEW else LOOKS
    yield from (look(photo) for look in looks)


def _gray(picture: bytes, side: int | None) -> Image.Image | None:
    """Open a picture in gray and upright, its longer side shrunk to `side` pixels; None if it cannot be opened."""
    try:
        with Image.open(BytesIO(picture), formats=FORMATS) as image:
            if max(image.size) > MOST_SIDE:
                return None
            kept = bytes_kept(image, picture)
            share = min(1.0, (side or max(image.size)) / max(image.size))
            # A JPEG is opened without its colours. Measured: that halves the time.
            image.draft("L", (round(image.width * share), round(image.height * share)))
            if kept + bytes_to_gray(image) > MOST_BYTES:
                return None
            return _upright(_shrunk(image, side or max(image.size)))
    except Exception:  # noqa: BLE001  # a broken file makes Pillow raise anything
        return None


def _shrunk(image: Image.Image, side: int) -> Image.Image:
    gray = _on_white(image)
    gray.thumbnail((side, side), Image.Resampling.BICUBIC)
    return gray


def _on_white(image: Image.Image) -> Image.Image:
    """One channel of 8 bits, with white behind transparent parts."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda light: light * (1 / 256)).convert("L")
    if not image.has_transparency_data:
        return image.convert("L")
    inked = image if image.mode == "RGBA" else image.convert("RGBA")
    paper = Image.new("L", image.size, 255)
    paper.paste(inked.convert("L"), mask=inked.getchannel("A"))
    return paper


def _upright(gray: Image.Image) -> Image.Image:
    """Turn the picture by its camera's EXIF note; a note that cannot be read turns nothing."""
    try:
        return ImageOps.exif_transpose(gray)
    except Exception:  # noqa: BLE001  # a broken note makes Pillow raise anything
        return gray


def _sighting(position: zxingcpp.Position, size: tuple[int, int]) -> Sighting:
    corners = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    across, down = [corner.x / size[0] for corner in corners], [corner.y / size[1] for corner in corners]
    return Sighting(middle=sum(down) / 4, left=min(across), height=max(down) - min(down))


def _in_reading_order(sightings: dict[str, Sighting]) -> list[str]:
    """Sort codes into lines: a code whose middle is within half a code of the line's first one is in that line."""
    lines: list[list[tuple[float, str]]] = []
    first: Sighting | None = None
    for text, seen in sorted(sightings.items(), key=lambda item: item[1].middle):
        if first is None or seen.middle - first.middle > first.height / 2:
            first = seen
            lines.append([])
        lines[-1].append((seen.left, text))
    return [text for line in lines for _, text in sorted(line)]
