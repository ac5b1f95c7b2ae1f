"""Letters: whatever a spreadsheet writes is read as it was meant."""

import pytest

from loyalty_app.importing.encoding import UNREADABLE, read_letters
from loyalty_core.errors import InvalidRequest

LATIN = "Name;Größe\nJosé Müller;süß\nZoë;naïve\n"
RUSSIAN = "Имя;Телефон\nАнна Каренина;+7 912 345-67-89\nФёдор;привет\n"
ARABIC = "الاسم;الهاتف\nليلى العامري;+971 50 123 4567\nمحمد;السلام عليكم\n"
HINDI = "नाम;फ़ोन\nप्रिया शर्मा;+91 98765 43210\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", [LATIN, RUSSIAN, ARABIC, HINDI], ids=["latin", "russian", "arabic", "hindi"])
def test_unicode_is_read_with_a_mark_and_without(text: str, encoding: str) -> None:
    assert read_letters(text.encode(encoding)).text == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(LATIN, "windows-1252"), (LATIN, "mac-roman"), (RUSSIAN, "windows-1251"), (ARABIC, "windows-1256")],
)
def test_the_one_byte_encodings_are_told_apart(text: str, encoding: str) -> None:
    assert read_letters(text.encode(encoding)) == read_letters(text.encode(encoding), encoding)
    assert read_letters(text.encode(encoding)).text == text


def test_typographic_signs_make_no_mac_of_a_file() -> None:
    text = "Name\nBean “&” Leaf – 5 €\nO’Neill…\n"
    assert read_letters(text.encode("windows-1252")).text == text


def test_lines_from_elsewhere_cost_their_own_letters_only() -> None:
    mixed = "Zoë\nJosé\nMüller\n".encode() + "Größe\n".encode("windows-1252") + b"Ana\n"
    assert read_letters(mixed).text.splitlines() == ["Zoë", "José", "Müller", f"Gr{UNREADABLE}{UNREADABLE}e", "Ana"]


def test_a_named_encoding_counts() -> None:
    assert read_letters("Łódź".encode("windows-1250"), "windows-1250").text == "Łódź"


@pytest.mark.parametrize("name", ["klingon", "base64", "utf-8\x00"])
def test_an_encoding_that_there_is_not_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest, match="encoding"):
        read_letters(b"Name", name)


@pytest.mark.parametrize("data", [b"", b"a", b"\x00", b"\xff", b"\xff\xfe", b"\x00\x00\x00\x00", b"\xd8\x00" * 9])
def test_anything_can_be_read_somehow(data: bytes) -> None:
    assert isinstance(read_letters(data).text, str)
