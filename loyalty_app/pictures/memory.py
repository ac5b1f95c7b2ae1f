"""Memory: what opening a picture of somebody else takes at most, known before it is opened.

A small file can be a large picture. Its pixels alone do not tell: inks take four times as much as gray, some decoders
hold the whole picture for themselves, and turning one kind of pixels into another takes both at a time. Opening and
drawing are elsewhere.
"""

from PIL import Image

MOST_BYTES = 160_000_000
"""What opening one picture may take."""

STORED = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}
"""Bytes of a pixel in Pillow, by its mode; 4 in all others."""
DECODER = {"WEBP": 12, "AVIF": 12, "GIF": 8}
"""Bytes of a pixel that a decoder holds for itself: canvases of animations, planes of colour."""
THROUGH_COLOUR, THROUGH_INTEGERS, GRAY = 8, 12, 2
"""Bytes of a pixel that it takes to get to gray: through RGB or RGBA, through 32-bit integers, or directly."""

# Markers of JPEG (ISO/IEC 10918-1, table B.1).
MARKER, START_OF_SCAN = 0xFF, 0xDA
SEVERAL_SCANS = {0xC2, 0xC6, 0xCA, 0xCE}
ONE_FRAME = {0xC0, 0xC1, 0xC3, 0xC5, 0xC7, 0xC9, 0xCB, 0xCD, 0xCF}


def bytes_to_gray(image: Image.Image) -> int:
    """The bytes that opening an image and turning it to gray take at most."""
    to_gray = GRAY
    if image.mode.startswith(("I", "F")):
        to_gray = THROUGH_INTEGERS
    elif image.mode not in {"1", "L", "RGB", "YCbCr"} or image.has_transparency_data:
        to_gray = THROUGH_COLOUR
    return _bytes_to_open(image) + image.width * image.height * to_gray


def bytes_to_colours(image: Image.Image) -> int:
    """The bytes that opening an image, turning it upright and giving it RGBA take at most."""
    return _bytes_to_open(image) + image.width * image.height * THROUGH_COLOUR


def _bytes_to_open(image: Image.Image) -> int:
    return image.width * image.height * (STORED.get(image.mode, 4) + DECODER.get(image.format or "", 0))


def bytes_kept(image: Image.Image, picture: bytes) -> int:
    """The bytes that the decoder keeps of a JPEG of several scans: two for each value, however small it is opened.

    Ask before `draft`, which changes the size.
    """
    if image.format not in {"JPEG", "MPO"} or not _has_several_scans(picture):
        return 0
    return image.width * image.height * 2 * len(image.getbands())


def _has_several_scans(jpeg: bytes) -> bool:
    """Whether the first scan is only a part of a JPEG: it is progressive, or its channels come one after the other."""
    place, channels = 2, 0
    while place + 10 <= len(jpeg) and jpeg[place] == MARKER:
        kind, length = jpeg[place + 1], int.from_bytes(jpeg[place + 2 : place + 4])
        if kind in SEVERAL_SCANS:
            return True
        if kind in ONE_FRAME:
            channels = jpeg[place + 9]
        if kind == START_OF_SCAN:
            return jpeg[place + 4] < channels
        place += 1 if kind == MARKER else 2 + length
    return True  # nothing is known of it
