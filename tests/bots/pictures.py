"""Pictures for tests of bots, made on the spot."""

import io

import qrcode
from PIL import Image


def picture(size: tuple[int, int] = (640, 480), *, colour: str = "teal", kind: str = "PNG") -> bytes:
    """A picture of one colour."""
    target = io.BytesIO()
    Image.new("RGB", size, colour).save(target, kind)
    return target.getvalue()


def code(text: str) -> bytes:
    """A QR code."""
    target = io.BytesIO()
    qrcode.make(text).save(target)
    return target.getvalue()


def size_of(content: bytes) -> tuple[str | None, tuple[int, int]]:
    """What kind of picture it is, and how large."""
    with Image.open(io.BytesIO(content)) as opened:
        return opened.format, opened.size
