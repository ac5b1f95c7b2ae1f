"""Profiles over the database: how customers come, and how what is known of them changes."""

from datetime import date

import msgspec
import pytest

from loyalty_app.db import tables
from loyalty_core.errors import CustomerExists, CustomerNotFound, InvalidRequest
from loyalty_core.ledger import EntryType
from loyalty_core.programs import Surplus
from testkit.audit import assert_books_balance
from testkit.concurrency import at_once
from testkit.shop import Shop, open_next_door

PHONE, OTHER_PHONE = "+14155552671", "+14155552672"


async def test_whoever_joins_is_kept_with_everything_in_its_normal_form(shop: Shop) -> None:
    lena = await shop.join(" Lena ", phone="(415) 555-2671", email="lena@EXAMPLE.com", birthday=date(1990, 5, 17))
    assert (lena.name, lena.phone, lena.email, lena.birthday) == ("Lena", PHONE, "lena@example.com", date(1990, 5, 17))
    kept = await shop.customer(lena.qr_code)
    assert (kept.id, kept.name, kept.phone, kept.version) == (lena.id, "Lena", PHONE, 1)
    assert await shop.totals() == (1, 0)


async def test_a_wrong_profile_is_refused_and_nobody_joins(shop: Shop) -> None:
    wrong = (
        shop.join("\x07"),
        shop.join(phone="call me"),
        shop.join(email="lena"),
        shop.join(birthday=date(2030, 1, 1)),
    )
    for wish, field in zip(wrong, ("name", "phone", "email", "birthday"), strict=True):
        with pytest.raises(InvalidRequest, match=field):
            await wish
    assert await shop.totals() == (0, 0)
    assert await shop.rows(tables.event) == []


async def test_one_phone_number_may_have_a_card_in_every_business(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    assert (await shop.join(phone=PHONE)).id != (await next_door.join(phone=PHONE)).id


async def test_stamps_that_are_brought_along_are_an_import_and_earn_rewards(shop: Shop) -> None:
    roomy = await open_next_door(shop, surplus=Surplus.CARRY)
    lena = await roomy.join(opening_stamps=23)
    assert (lena.current_stamps, lena.total_stamps, lena.total_visits, lena.rewards_available) == (3, 23, 0, 2)
    assert [(entry.type, entry.stamps) for entry in await roomy.ledger()] == [(EntryType.IMPORT, 23)]
    assert await roomy.totals() == (1, 2)
    await assert_books_balance(roomy)


async def test_a_change_is_kept_and_told_with_the_names_of_what_changed(shop: Shop) -> None:
    lena = await shop.join(phone=PHONE, email="lena@example.com")
    after = await shop.update(lena.id, name="Lena", phone="(415) 555-2672", email=None)
    assert (after.phone, after.email, after.version) == (OTHER_PHONE, None, 2)
    told = [row.body for row in await shop.rows(tables.event) if row.type == "customer.updated"]
    assert [msgspec.json.decode(body)["data"]["changed"] for body in told] == [["phone", "email"]]


async def test_a_change_that_changes_nothing_is_answered_and_leaves_no_trace(shop: Shop) -> None:
    lena = await shop.join(phone=PHONE)
    assert await shop.update(lena.id, name="Lena", phone=PHONE) == lena
    assert [row.type for row in await shop.rows(tables.event)] == ["customer.created"]


async def test_a_phone_number_that_somebody_has_is_refused_and_named(shop: Shop) -> None:
    lena, omar = await shop.join("Lena", phone=PHONE), await shop.join("Omar")
    with pytest.raises(CustomerExists) as refusal:
        await shop.update(omar.id, phone=PHONE)
    assert refusal.value.customer_id == lena.id
    assert (await shop.update(lena.id, phone=PHONE)).phone == PHONE, "one's own is no refusal"


async def test_of_many_who_take_a_phone_number_at_once_one_gets_it(shop: Shop, twin: Shop) -> None:
    people = [await shop.join(f"Customer {number}") for number in range(6)]
    tills = [shop, twin] * 3
    answers, refusals = await at_once(
        till.update(person.id, phone=PHONE) for till, person in zip(tills, people, strict=True)
    )
    assert (len(answers), [type(refusal) for refusal in refusals]) == (1, [CustomerExists] * 5)
    assert [customer.phone for customer in await shop.customers()].count(PHONE) == 1


async def test_a_customer_of_another_business_is_not_there(shop: Shop) -> None:
    theirs = await (await open_next_door(shop)).join()
    number, code = theirs.id, theirs.qr_code
    for wish in (shop.update(number, name="X"), shop.erase(code), shop.stamp(code), shop.redeem(number)):
        with pytest.raises(CustomerNotFound):
            await wish
