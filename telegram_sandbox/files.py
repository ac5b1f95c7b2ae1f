"""Files and pictures: stored once; each bot knows them under file ids of its own.

Messages that show them are in `chats`.
"""

import io
from base64 import urlsafe_b64encode
from hashlib import blake2b
from typing import Any

from msgspec import Struct
from PIL import Image, ImageOps, UnidentifiedImageError

LONGEST_SIDES = (90, 320, 1280)
QUALITY = 87
MOST_SIDES, STEEPEST = 10_000, 20


class File(Struct, frozen=True, kw_only=True):
    """The bytes of a file. A bot downloads them from `path`; `width` and `height` are 0 unless it is a picture."""

    unique_id: str
    path: str
    content: bytes
    name: str = ""
    mime_type: str = "application/octet-stream"
    width: int = 0
    height: int = 0

    def known_as(self, owner: str) -> str:
        """The file id under which the owner of a token knows it."""
        return short(f"{owner} {self.unique_id}".encode(), size=36)


class Upload(Struct, frozen=True, kw_only=True):
    """A file that came with a request."""

    name: str
    mime_type: str
    content: bytes


class NotAPicture(ValueError):
    """The bytes are no picture, or one that is too large or too long."""


def short(content: bytes, size: int) -> str:
    """An identifier made from a digest."""
    return urlsafe_b64encode(blake2b(content, digest_size=size).digest()).decode().rstrip("=")


def keep_document(upload: Upload) -> File:
    """Store a file as it is."""
    unique_id = short(upload.name.encode() + b"\0" + upload.content, size=9)
    path = f"documents/{unique_id}"
    return File(unique_id=unique_id, path=path, content=upload.content, name=upload.name, mime_type=upload.mime_type)


def keep_photo(content: bytes) -> list[File]:
    """Store a picture in Telegram's sizes, each a JPEG, smallest first. Raises NotAPicture."""
    try:
        with Image.open(io.BytesIO(content)) as opened:
            picture = flattened(ImageOps.exif_transpose(opened))
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise NotAPicture from error
    longest = max(picture.size)
    if sum(picture.size) > MOST_SIDES or longest > STEEPEST * min(picture.size):
        raise NotAPicture
    sides = [side for side in LONGEST_SIDES if side < longest] + [min(longest, LONGEST_SIDES[-1])]
    sizes = []
    for side in reversed(dict.fromkeys(sides)):
        picture = resized(picture, side)  # each from the one before, which is faster
        sizes.append(as_jpeg(picture))
    return sizes[::-1]


def flattened(picture: Image.Image) -> Image.Image:
    """The picture in RGB; transparent parts become white."""
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")


def resized(picture: Image.Image, side: int) -> Image.Image:
    """A smaller copy whose longest side has `side` pixels."""
    scale = side / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture if size == picture.size else picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.5)


def as_jpeg(picture: Image.Image) -> File:
    """A picture as Telegram stores it."""
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=QUALITY)
    content = target.getvalue()
    unique_id = short(content, size=9)
    path = f"photos/{unique_id}.jpg"
    width, height = picture.size
    return File(unique_id=unique_id, path=path, content=content, mime_type="image/jpeg", width=width, height=height)


def as_photo_size(file: File, owner: str) -> dict[str, Any]:
    """A `PhotoSize`."""
    return {
        "file_id": file.known_as(owner),
        "file_unique_id": file.unique_id,
        "width": file.width,
        "height": file.height,
        "file_size": len(file.content),
    }


def as_document(file: File, owner: str) -> dict[str, Any]:
    """A `Document`."""
    return {
        "file_id": file.known_as(owner),
        "file_unique_id": file.unique_id,
        "file_name": file.name,
        "mime_type": file.mime_type,
        "file_size": len(file.content),
    }
