"""What a shop with several programs says of them on posters: each on a line of its own, the main one first."""

import pytest
from msgspec.structs import replace

from bots.words import words_for
from loyalty_app.shops.look_texts import MOST_ON_POSTER, promises
from loyalty_app.words import LANGUAGES
from loyalty_core.programs import Program
from testkit.builders import a_program


def shop_with(*rewards: str, titled: bool = True) -> Program:
    """The main program of a shop with one for each reward."""
    made = [a_program(stamps_required=number, reward_description=text) for number, text in enumerate(rewards, start=4)]
    titles = [f"Card {number}" if titled else None for number in range(len(made))]
    others = tuple(
        replace(one, id=number, title=titles[number], main=False) for number, one in enumerate(made) if number
    )
    return replace(made[0], title=titles[0], others=others)


def said(program: Program, language: str = "en") -> list[str]:
    return promises(words_for(language), program, most=MOST_ON_POSTER)


def test_one_program_is_said_as_ever_whatever_its_title() -> None:
    assert said(shop_with("A coffee")) == ["4 stamps: A coffee"]


def test_several_are_named_the_main_one_first() -> None:
    assert said(shop_with("A coffee", "A salad")) == ["Card 0: 4 stamps: A coffee", "Card 1: 5 stamps: A salad"]
    assert said(shop_with("A coffee", "A salad", titled=False)) == ["4 stamps: A coffee", "5 stamps: A salad"]


def test_archived_ones_are_not_named() -> None:
    program = shop_with("A coffee", "A salad")
    [salad] = program.others
    archived = replace(salad, archived_at=program.terms.updated_at)
    assert said(replace(program, others=(archived,))) == ["4 stamps: A coffee"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_very_many_the_first_are_named_and_the_others_counted(language: str) -> None:
    four, ten = shop_with(*"abcd"), shop_with(*"abcdefghij")
    assert [len(said(four, language)), len(said(ten, language))] == [MOST_ON_POSTER] * 2
    assert "7" in said(ten, language)[-1]
    assert (said(ten, language)[-1] == "and 7 more cards") == (language == "en")
