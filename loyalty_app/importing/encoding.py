"""The encoding of a file, and its text. What its cells mean is not decided here.

A mark at the beginning decides; then UTF-16 without one, by its zeros; then UTF-8, which nothing else is by accident;
then an encoding of the shop's country (`code_pages.py`). Letters that cannot be read become U+FFFD, so that only their
lines are left out.
"""

import codecs

import msgspec

from loyalty_app.importing.code_pages import code_page
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
MOSTLY_ZERO, HARDLY_ZERO = 0.3, 0.02


class Letters(msgspec.Struct, frozen=True):
    """The text of a file, and the encoding it was read in; `guessed` if the file does not tell for certain."""

    text: str
    encoding: str
    guessed: bool = False


def read_letters(data: bytes, encoding: str | None = None, *, country: str | None = None) -> Letters:
    """Decode a file, in the named encoding or the one it seems to have. Raises InvalidRequest.

    `country` is the shop's, as PL: programs there write other bytes for the same letters.
    """
    told = encoding or _marked(data) or _sixteen_bits(data)
    chosen = told or _eight_bits(data, country)
    try:
        return Letters(data.decode(chosen, "replace"), chosen.removesuffix("-sig"), not told and chosen != "utf-8")
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


def _eight_bits(data: bytes, country: str | None) -> str:
    if _is_utf8(data):
        return "utf-8"
    lines = [line for line in data.split(b"\n") if not line.isascii()]
    return "utf-8" if _is_mixed(lines) else code_page(_first(lines), country)


def _is_mixed(lines: list[bytes]) -> bool:
    """Whether most lines beyond ASCII are UTF-8, so that the others were pasted from elsewhere."""
    return 2 * sum(map(_is_utf8, lines)) >= len(lines)


def _first(lines: list[bytes]) -> bytes:
    """As many whole lines as fit in a sample. Why whole: half a letter is no letter in any encoding."""
    sample = b"\n".join(lines[:SAMPLE])[:SAMPLE]
    return sample.rpartition(b"\n")[0] or sample


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
