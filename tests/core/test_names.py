"""The law-book of names: people may be called what they are called."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.customers import clean_name, fold_case, name_from
from loyalty_core.errors import InvalidRequest
from loyalty_core.programs import ProgramChange, changed
from testkit.builders import NOON, a_program, patiently


@pytest.mark.parametrize(
    "name",
    [
        "Lena",
        "J\u00fcrgen Stra\u00dfe",
        "\u00d8ystein \u0141\u00f3d\u017a",
        "\u0410\u043d\u043d\u0430 \u041a\u0443\u0440\u043d\u0438\u043a\u043e\u0432\u0430",
        "\u0395\u03bb\u03ad\u03bd\u03b7",
        "\u0644\u064a\u0644\u0649",
        "\u05dc\u05d0\u05d4",
        "\u0909\u0937\u093e",
        "\u0ba4\u0bae\u0bbf\u0bb4\u0bcd",
        "\u0e2a\u0e21\u0e0a\u0e32\u0e22",
        "\u674e\u5c0f\u9f8d",
        "\u3055\u304f\u3089",
        "\uae40\ubbfc\uc11c",
        "\u10e5\u10d4\u10d7\u10d4\u10d5\u10d0\u10dc",
        "O\u2019Neil-Smith Jr.",
        "\u0646\u200c\u0627",  # Persian needs its joiners
        "Lena \U0001f469\u200d\U0001f373",
        "X",
        "X" * 200,
        "\U0001f600" * 200,
    ],
)
def test_names_of_every_script_are_welcome(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize("bad", ["\x00", "\x07", "\t", "\n", "\r", "\x1b", "\x7f", "\x85", "\x9f", "\ud800"])
def test_control_characters_and_halves_of_letters_are_refused(bad: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        clean_name(f"Le{bad}na")
    assert [error.pointer for error in refusal.value.errors] == ["/name"]
    assert str(refusal.value) == "name: must be a text of 1 to 200 characters, without control characters."


@pytest.mark.parametrize("name", ["", " ", "\n\t ", "\u3000", "X" * 201])
def test_no_name_and_more_than_200_characters_are_refused(name: str) -> None:
    with pytest.raises(InvalidRequest):
        clean_name(name)


INVISIBLE = [
    "\u3164",
    "\u2800",
    "\u200b",
    "\u115f",
    "\u1160",
    "\uffa0",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u034f",
    "\u17b4",
]
INVISIBLE += ["\u180e", "\ufe0f", "\U000e0041", "\u0301", "\u202e", "\ufffc", "\u061c", "\u2063", "\U0001d173"]


@pytest.mark.parametrize("letter", INVISIBLE, ids=lambda letter: f"{ord(letter):x}")
def test_a_name_of_which_nothing_can_be_seen_is_refused(letter: str) -> None:
    for name in (letter, f" {letter} \u00a0 {letter}", letter * 200):
        with pytest.raises(InvalidRequest, match="name: must have characters that can be seen"):
            clean_name(name)
    assert clean_name(f"{letter}Lena").endswith("Lena")


def test_a_reward_can_be_seen() -> None:
    with pytest.raises(InvalidRequest, match="reward_description: must have characters that can be seen"):
        changed(a_program(), ProgramChange(reward_description="\u3164"), NOON)


def test_spaces_around_a_name_are_dropped_and_do_not_count() -> None:
    assert clean_name(" " + "X" * 200 + "\n") == "X" * 200


def test_an_accent_typed_apart_joins_its_letter() -> None:
    assert clean_name("Jose\u0301") == "Jos\u00e9"


@patiently
@given(st.text(max_size=220))
def test_a_tidied_name_stays_as_it_is(text: str) -> None:
    try:
        name = clean_name(text)
    except InvalidRequest:
        return
    assert clean_name(name) == name == unicodedata.normalize("NFC", name)


def test_a_name_from_elsewhere_loses_what_the_rules_refuse() -> None:
    assert name_from("  Lena\x00\n Meyer ") == "Lena Meyer"
    assert name_from("x" * 300) == "x" * 200
    assert name_from("\u3164\u200b") is None


def test_case_and_width_of_letters_tell_nobody_apart() -> None:
    assert fold_case("ＳＴＲＡＳＳＥ") == fold_case("Straße")
