"""Businesses: how a shop opens, and what it is refused for."""

import re

import pytest
from msgspec.structs import replace

from loyalty_app.db.engine import Database
from loyalty_app.shops.businesses import (
    NewBusiness,
    find_business,
    first_terms,
    list_businesses,
    make_slug,
    open_business,
    set_plan,
)
from loyalty_core.access import Plan
from loyalty_core.errors import InvalidRequest
from testkit.builders import NOON

CAFE = NewBusiness(name="Café Ünal", plan=Plan.BASIC)
TERMS = first_terms(10, "A coffee", NOON)


async def test_a_shop_opens_with_its_program_and_is_listed(database: Database) -> None:
    opened = [await open_business(database, CAFE, TERMS) for _ in range(2)]
    assert await list_businesses(database) == opened
    assert len({shop.slug for shop in opened}) == 2
    assert await database.read(lambda c: find_business(c, opened[1].id)) == opened[1]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("timezone", "Mars/Olympus"),
        ("timezone", ""),
        ("country", "Germany"),
        ("country", "1A"),
        ("rate_limit", 0),
        ("rate_limit", 2**31),
        ("name", " "),
        ("name", "\0"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_opened(database: Database, field: str, wrong: object) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        await open_business(database, replace(CAFE, **{field: wrong}), TERMS)
    assert [error.pointer for error in refusal.value.errors] == [f"/{field}"]
    assert await list_businesses(database) == []


async def test_a_country_is_kept_in_capitals(database: Database) -> None:
    assert (await open_business(database, replace(CAFE, country="de"), TERMS)).country == "DE"


async def test_a_plan_is_changed_with_what_was_agreed(database: Database) -> None:
    shop = await open_business(database, CAFE, TERMS)
    changed = await set_plan(database, shop.id, Plan.ENTERPRISE, rate_limit=50_000)
    assert (changed.plan, changed.rate_limit) == (Plan.ENTERPRISE, 50_000)
    for wrong in (0, -1, 2**40):
        with pytest.raises(InvalidRequest, match="rate_limit"):
            await set_plan(database, shop.id, Plan.ENTERPRISE, rate_limit=wrong)
    with pytest.raises(InvalidRequest, match="no business 99"):
        await set_plan(database, 99, Plan.BASIC)
    assert await list_businesses(database) == [changed]


@pytest.mark.parametrize(
    ("stamps", "reward", "field"),
    [(0, "A coffee", "stamps_required"), (101, "A coffee", "stamps_required"), (10, "", "reward_description")],
)
def test_a_program_that_cannot_be_is_refused_by_its_field(stamps: int, reward: str, field: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        first_terms(stamps, reward, NOON)
    assert [error.pointer for error in refusal.value.errors] == [f"/{field}"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("Café Ünal", "cafe-unal"), ("  Bean & Leaf! ", "bean-leaf"), ("李小龍", "shop"), ("x" * 200, "x" * 40)],
)
def test_a_slug_is_made_of_the_name_and_fits_into_a_link(name: str, words: str) -> None:
    slug = make_slug(name)
    assert re.fullmatch(rf"{words}-[0-9a-f]{{6}}", slug)
    assert len(f"j_{slug}") <= 64, "a /start payload holds no more"
