"""What owners change about a shop: who of the staff may, and how cards in chats follow."""

from collections import Counter as Tally
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, text, update

from loyalty_app.chat.card_queue import repaint
from loyalty_app.clock import utc_now
from loyalty_app.customers.lists import Owed, list_owed
from loyalty_app.db.tables import staff, telegram_card
from loyalty_app.pagination import PageRequest
from loyalty_app.shops.api_key_check import ApiKeys
from loyalty_app.shops.api_keys import NewKey, create_key, create_key_once, list_keys, revoke_key
from loyalty_app.shops.businesses import BusinessChange, change_business
from loyalty_app.shops.programs import change_program
from loyalty_core.access import Plan
from loyalty_core.errors import (
    IdempotencyKeyReused,
    InvalidRequest,
    LoyaltyError,
    NotOnStaff,
    PlanRequired,
    RoleRequired,
)
from loyalty_core.programs import ProgramChange
from testkit.builders import ANA, MIRA, OTTO
from testkit.concurrency import at_once
from testkit.shop import Shop, open_next_door

BLUE = BusinessChange(card_color="#1F5F8B")
LATER = timedelta(seconds=1)
SAW_NONE = text("UPDATE pg_class SET reltuples = 0, relpages = 100 WHERE relname = 'telegram_card'")
"""What PostgreSQL notes if it looks at a table whose rows are all deleted, or not yet committed."""


async def paint(shop: Shop, change: BusinessChange = BLUE, *, by: int | None = None) -> None:
    await change_business(shop.database, shop.business.id, change, now=shop.clock.now, repaint=repaint, by=by)


async def hang_up(shop: Shop, cards: int, **values: object) -> None:
    """Hang up cards in chats, by as many bots as there are cards."""
    lena = await shop.join()
    nothing = {"shown_version": 1, "shown_stamps": 0, "shown_rewards": 0, "muted": False, "due_at": None}
    rows = [
        {
            **nothing,
            "business_id": shop.business.id,
            "customer_id": lena.id,
            "bot_id": number,
            "user_id": number,
            "message_id": number,
            "created_at": shop.clock.now,
            **values,
        }
        for number in range(1, cards + 1)
    ]
    await shop.database.write(lambda connection: shop.database.insert(connection, telegram_card, rows))


async def due(shop: Shop) -> list[timedelta | None]:
    """In how long each card is to be shown again."""
    return [row.due_at and row.due_at - shop.clock.now for row in await shop.rows(telegram_card)]


async def test_ten_thousand_cards_fall_due_one_after_the_other_so_that_stamps_do_not_wait(shop: Shop) -> None:
    await hang_up(shop, 10_000)
    await paint(shop)
    seconds = Tally(wait // LATER for wait in await due(shop) if wait is not None)
    assert sum(seconds.values()) == 10_000
    assert max(seconds.values()) == 15
    assert (min(seconds), max(seconds)) == (0, 10_000 // 15)


async def test_ten_thousand_cards_fall_due_also_where_postgresql_last_saw_none(shop: Shop) -> None:
    await hang_up(shop, 10_000)
    if shop.database.name == "postgresql":
        await shop.database.write(lambda connection: connection.execute(SAW_NONE))
    await paint(shop)
    assert None not in await due(shop)


async def test_a_card_that_waits_already_does_not_wait_longer(shop: Shop) -> None:
    await hang_up(shop, 40, due_at=shop.clock.now)
    await paint(shop)
    assert set(await due(shop)) == {timedelta(0)}


async def test_a_colour_that_is_changed_again_does_not_hurry_the_cards(shop: Shop) -> None:
    await hang_up(shop, 40)
    await paint(shop)
    await paint(shop, BusinessChange(card_color="#6B3FA0"))
    assert set(await due(shop)) == {timedelta(0), LATER, 2 * LATER}


@pytest.mark.parametrize("change", [BusinessChange(card_notices=False), BusinessChange(timezone="Asia/Tokyo")])
async def test_what_cannot_be_seen_on_a_card_does_not_have_it_shown_anew(shop: Shop, change: BusinessChange) -> None:
    await hang_up(shop, 1)
    await paint(shop, change)
    assert await due(shop) == [None]


async def test_cards_follow_the_program_but_not_a_change_that_changes_nothing(shop: Shop) -> None:
    await hang_up(shop, 1)
    await shop.change(stamps_required=10)
    assert await due(shop) == [None]
    await shop.change(stamps_required=8)
    assert await due(shop) == [timedelta(0)]


async def test_cards_of_other_shops_stay_as_they_are(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await hang_up(next_door, 1)
    await paint(shop)
    assert await due(next_door) == [None]


@pytest.mark.parametrize(
    "wrong",
    [
        BusinessChange(card_color="blue"),
        BusinessChange(card_color="#12345"),
        BusinessChange(timezone="Mars"),
        BusinessChange(name=""),
        BusinessChange(name="a\nb"),
    ],
)
async def test_a_setting_that_cannot_be_is_refused(shop: Shop, wrong: BusinessChange) -> None:
    with pytest.raises(InvalidRequest):
        await paint(shop, wrong)


async def test_settings_are_for_managers_and_the_program_is_for_owners(shop: Shop) -> None:
    await shop.hire(ANA, MIRA, OTTO)
    with pytest.raises(RoleRequired):
        await paint(shop, by=ANA.id)
    await paint(shop, by=MIRA.id)
    for person in (ANA, MIRA):
        with pytest.raises(RoleRequired):
            await ask_for_program(shop, person.id)
    await ask_for_program(shop, OTTO.id)
    assert (await shop.program()).terms.stamps_required == 5


async def ask_for_program(shop: Shop, by: int | None) -> None:
    change = ProgramChange(stamps_required=5)
    await change_program(shop.database, shop.business.id, change, now=shop.clock.now, repaint=repaint, by=by)


async def test_who_was_removed_or_works_elsewhere_changes_nothing(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await next_door.hire(OTTO)
    await shop.hire(replace(OTTO, id=77))
    gone = update(staff).where(staff.c.business_id == shop.business.id).values(removed_at=shop.clock.now)
    await shop.database.write(lambda connection: connection.execute(gone).close())
    for stranger in (OTTO.id, 77, 4711):
        for asked in (
            paint(shop, by=stranger),
            ask_for_program(shop, stranger),
            create_key_once(shop.database, till_key(shop), by=stranger or 0, nonce="n"),
            revoke_key(shop.database, shop.business.id, 1, now=utc_now(), by=stranger),
        ):
            with pytest.raises(NotOnStaff):
                await asked
    assert await list_keys(shop.database, shop.business.id) == []


async def test_a_nonce_makes_one_key_even_if_it_is_used_twice_at_once(shop: Shop) -> None:
    await shop.hire(OTTO)
    made, refused = await at_once([new_key(shop, "once"), new_key(shop, "once")])
    assert [type(refusal) for refusal in refused] == [IdempotencyKeyReused]
    assert len(await list_keys(shop.database, shop.business.id)) == 1
    keys = ApiKeys(shop.database)
    assert (await keys.recognise(made[0])).business.id == shop.business.id
    await keys.close()
    assert await new_key(shop, "another") != made[0]


async def new_key(shop: Shop, nonce: str) -> str:
    made = await create_key_once(shop.database, till_key(shop), by=OTTO.id or 0, nonce=nonce)
    return made.api_key


def till_key(shop: Shop) -> NewKey:
    return NewKey(business_id=shop.business.id, name="Till", now=utc_now())


async def test_the_same_nonce_in_another_shop_makes_another_key(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await shop.hire(OTTO)
    await next_door.hire(OTTO)
    assert await new_key(shop, "once") != await new_key(next_door, "once")


async def test_keys_are_for_owners_whose_plan_has_the_api(shop: Shop) -> None:
    trial = await open_next_door(shop, plan=Plan.TRIAL)
    await shop.hire(MIRA)
    await trial.hire(OTTO)
    made = await create_key(shop.database, shop.business.id, now=utc_now(), name="Till")
    cases: list[tuple[Shop, int, type[LoyaltyError]]] = [
        (shop, MIRA.id or 0, RoleRequired),
        (trial, OTTO.id or 0, PlanRequired),
    ]
    for where, who, refusal in cases:
        with pytest.raises(refusal):
            await create_key_once(shop.database, till_key(where), by=who, nonce="n")
    with pytest.raises(RoleRequired):
        await revoke_key(shop.database, shop.business.id, made.key_id, now=utc_now(), by=MIRA.id)


async def owed(shop: Shop, page: int = 1) -> list[Owed]:
    def read(connection: Connection) -> list[Owed]:
        wanted = PageRequest(page=page, limit=2)
        return list(list_owed(connection, shop.business, now=shop.clock.now, wanted=wanted).data)

    return await shop.database.read(read)


async def test_what_is_owed_is_listed_oldest_first_page_by_page_without_what_is_redeemed_or_over(shop: Shop) -> None:
    await shop.change(reward_valid_days=1)
    await earn(shop, "Late")
    shop.clock.wait(days=3)
    await shop.change(reward_valid_days=None)
    for name in ("Lena", "Tom", "Mia", "Redeemed"):
        await earn(shop, name)
        shop.clock.wait(hours=1)
    await shop.redeem((await shop.customers())[-1].id)
    assert [one.customer_name for one in await owed(shop)] == ["Lena", "Tom"]
    assert [one.customer_name for one in await owed(shop, 2)] == ["Mia"]
    assert await owed(await open_next_door(shop)) == []


async def earn(shop: Shop, name: str) -> None:
    await shop.stamp((await shop.join(name)).id, 10)
