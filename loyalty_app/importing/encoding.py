"""Letters: which encoding a file has, and its text.

A mark at the beginning decides; then UTF-16 without one, by its zeros; then UTF-8, which nothing else is by accident;
then the one-byte encodings, by where their letters stand. Letters that cannot be read become U+FFFD, so that only
their lines are left out.
"""

import codecs
from itertools import pairwise

import msgspec

from loyalty_core.errors import InvalidRequest

SAMPLE = 65_536
UNREADABLE = "\ufffd"
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
HIGH = 0x80
MOSTLY = 0.6
MOSTLY_ZERO, HARDLY_ZERO = 0.3, 0.02
CAPITALS_OF_1251 = range(0xC0, 0xE0)
QUOTES_OF_1252 = {0x80, 0x82, 0x84, 0x85, *range(0x91, 0x98)}


class Letters(msgspec.Struct, frozen=True):
    """The text of a file, and in which encoding it was read."""

    text: str
    encoding: str


def read_letters(data: bytes, encoding: str | None = None) -> Letters:
    """Decode a file, in the named encoding or in the one that it seems to have. Raises InvalidRequest."""
    chosen = encoding or _marked(data) or _sixteen_bits(data) or _eight_bits(data)
    try:
        return Letters(data.decode(chosen, "replace"), chosen.removesuffix("-sig"))
    except (LookupError, ValueError) as error:
        message = "must be an encoding's name, as utf-8, windows-1252 or windows-1251"
        raise InvalidRequest.field("encoding", message) from error


def _marked(data: bytes) -> str | None:
    return next((name for mark, name in MARKS if data.startswith(mark)), None)


def _sixteen_bits(data: bytes) -> str | None:
    """UTF-16 without a mark: in most alphabets every second byte of commas, digits and spaces is zero."""
    sample = data[:SAMPLE]
    if len(sample) < 2:  # noqa: PLR2004  # one unit
        return None
    half = len(sample) / 2
    even, odd = sample[::2].count(0) / half, sample[1::2].count(0) / half
    if odd > MOSTLY_ZERO and even < HARDLY_ZERO:
        return "utf-16-le"
    return "utf-16-be" if even > MOSTLY_ZERO and odd < HARDLY_ZERO else None


def _eight_bits(data: bytes) -> str:
    try:
        data.decode()
    except UnicodeDecodeError:
        return "utf-8" if _is_mixed(data) else _one_byte(data)
    return "utf-8"


def _is_mixed(data: bytes) -> bool:
    """Whether most lines that go beyond ASCII are UTF-8, and the others were pasted from elsewhere."""
    lines = [line for line in data.split(b"\n") if not line.isascii()]
    readable = sum(map(_is_utf8, lines))
    return 2 * readable >= len(lines)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _one_byte(data: bytes) -> str:
    """Accents stand alone among ASCII letters; in Cyrillic and Arabic whole words are beyond ASCII."""
    high = [place for place, byte in enumerate(data[: 16 * SAMPLE]) if byte >= HIGH]
    beside = sum(after - before == 1 for before, after in pairwise(high))
    if beside > MOSTLY * len(high):
        letters = [data[place] for place in high]
        small = sum(byte > CAPITALS_OF_1251[-1] for byte in letters)
        return "windows-1251" if small > MOSTLY * len(letters) else "windows-1256"
    return "mac-roman" if _is_of_a_mac(bytes(data[place] for place in high)) else "windows-1252"


def _is_of_a_mac(high: bytes) -> bool:
    letters_there = sum(byte < 0xA0 and byte not in QUOTES_OF_1252 for byte in high)  # noqa: PLR2004  # ä ö ü é of a Mac
    letters_of_1252 = sum(byte >= CAPITALS_OF_1251[0] for byte in high)
    return letters_there > letters_of_1252
