"""Search words: the forms in which names, numbers and addresses are compared."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loyalty_core.search_words import (
    MOST_JOINED,
    fold,
    joined_text,
    number_words,
    search_text,
    search_words,
    wanted_words,
)
from testkit.builders import patiently

FORGIVEN = [
    ("İstanbul", "istanbul"),
    ("ISTANBUL", "ıstanbul"),
    ("Işık", "ISIK"),
    ("Şahin Öztürk", "ozturk sahin"),
    ("Straße", "STRASSE"),
    ("José Ñuñez", "nunez jose"),
    ("Jose\u0301", "jos\u00e9"),
    ("Łukasz", "lukasz"),
    ("Ørsted Åse", "orsted ase"),
    ("Þór Æsir Ðuro", "thor aesir duro"),
    ("Əliyev", "eliyev"),
    ("Đặng Thị Ánh", "dang anh"),
    ("Ṩmith", "smith"),
    ("Σάς Άννα", "ΑΝΝΑ ΣΑΣ"),
    ("Ἀθηνᾶ", "αθηνα"),
    ("Юрий Ёлкин", "елкин юрии"),
    ("Қанат Ґава", "канат гава"),
    ("أحمد فاطمة", "احمد فاطمه"),
    ("مُحَمَّد", "محمد"),
    ("علی کریمی", "علي كريمي"),
    ("مُحـمَّد", "محمد"),
    ("מֹשֶׁה", "משה"),
    ("कुमार क़ासिम", "कुमार कासिम"),
    ("สมชาย", "สม"),
    ("김민수", "민수"),
    ("\u1100\u1175\u11b7", "김"),
    ("李小龍", "小龍"),
    ("ｶﾞｯﾂ", "がっつ"),
    ("Ｏｍａｒ", "omar"),
    ("Anne-Marie", "annemarie"),
    ("Anne Marie", "anne-marie"),
    ("Anne\u2011Marie", "marie"),
    ("O'Brien", "OBRIEN"),
    ("O\u2019Brien", "o'brien"),
    ("d'Arc", "arc"),
    ("Oʻtkir", "otkir"),
    ("Meyer,Lena", "lena meyer"),
    ("Le\u200bna", "lena"),
    ("Ana 🌸", "🌸"),
    ("٤٢ عمر", "42 عمر"),
]


def finds(name: str, typed: str, phone: str | None = None, email: str | None = None) -> bool:
    """Whether a typed text, of words alone, finds a name."""
    parts, number = wanted_words(typed)
    wanted, words = [*parts, *((number,) if number else ())], search_words(name, phone, email)
    return bool(wanted) and all(any(word.startswith(one) for word in words) for one in wanted)


@pytest.mark.parametrize(("name", "typed"), FORGIVEN)
def test_case_accents_width_signs_and_order_are_forgiven_in_every_script(name: str, typed: str) -> None:
    assert finds(name, typed)


@pytest.mark.parametrize(("name", "typed"), [("Lena", "ena"), ("Lena", "lena x"), ("Lena", "%"), ("", "a")])
def test_what_is_not_the_beginning_of_a_word_finds_nobody(name: str, typed: str) -> None:
    assert not finds(name, typed)


def test_an_address_is_found_from_each_part_on_but_not_by_its_last() -> None:
    words = search_words("Lena", None, "lena.Ortiz@Example.com")
    assert words == ("examplecom", "lenaortizexamplecom", "ortizexamplecom")
    for typed in ("lena.ortiz@example.com", "ORTIZ@example", "@example.com", "lena"):
        assert finds("Lena", typed, None, "lena.ortiz@example.com"), typed
    assert not finds("Ana", "com", None, "lena@example.com")


def test_groups_of_digits_are_one_number_beside_the_words_of_a_name() -> None:
    assert wanted_words("Lena 06 12 34 56 78 Meyer") == (["lena", "meyer"], "06 12 34 56 78")
    assert wanted_words("tel:+33 6\u00a012\u200e34") == ([], "+33 6 1234")
    assert wanted_words("(415) 555-2671") == ([], "(415) 555-2671")
    assert wanted_words("Lena") == (["lena"], None)


@pytest.mark.parametrize(
    "typed",
    [
        "+33612345678",
        "0033612345678",
        "+33 (0)6 12 34 56 78",
        "06 12 34 56 78",
        "0612",
        "612345678",
        "5678",
        "33612",
        "+336",
    ],
)
def test_a_number_is_found_whole_by_its_beginning_and_by_its_end(typed: str) -> None:
    words = search_words("Lena", "+33612345678", None)
    assert any(word.startswith(one) for word in words for one in number_words(typed, (), "33"))


@pytest.mark.parametrize("typed", ["0613", "5679", "+34612345678", "0", "00"])
def test_another_number_is_not_found(typed: str) -> None:
    words = search_words("Lena", "+33612345678", None)
    assert not any(word.startswith(one) for word in words for one in number_words(typed, (), "33"))


@pytest.mark.parametrize("letter", "ɿʨᵺ")
def test_a_letter_whose_plain_form_has_no_sign_of_its_own_stays(letter: str) -> None:
    assert fold(letter) == letter


@patiently
@given(st.text(max_size=200))
def test_every_name_is_found_by_itself_in_every_form_of_unicode(name: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        words, _ = wanted_words(unicodedata.normalize(form, name))
        found = search_words(name, None, None)
        assert len(found) >= 40 or all(any(word.startswith(one) for word in found) for one in words)


@patiently
@given(st.text(max_size=200))
@example("ᶕ ẝ ㇰ ػ Ҋ")  # letters whose base is searched as another letter
def test_words_are_stored_one_a_line(name: str) -> None:
    assert tuple(word for word in search_text(name, None, None).split("\n") if word) == search_words(name, None, None)
    assert fold(fold(name)) == fold(name)


def test_who_was_merged_adds_their_words_and_there_is_an_end_to_it() -> None:
    own, other = search_text("Lena", "+4915112345", None), search_text("Marlene Lena", None, None)
    joined = joined_text(own, [other])
    assert joined.startswith(own)
    assert sorted(joined.split("\n")[1:]) == sorted({*own.split("\n")[1:], "marlene"})
    assert len(joined_text(own, [f"\n{number}" for number in range(999)]).split("\n")) == MOST_JOINED + 1
