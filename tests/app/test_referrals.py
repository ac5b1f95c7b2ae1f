"""Referrals on a real database: both get what the shop gives, once, whatever is changed, stops or runs beside."""

import asyncio
import signal
from datetime import UTC, datetime
from itertools import count

import pytest
from msgspec import UNSET, UnsetType

from loyalty_app.counter import Counter
from loyalty_app.counter.orders import Holder, stamp_of
from loyalty_app.customers.lists import show_customer
from loyalty_app.customers.personal_data import show_data
from loyalty_app.customers.proof import Proof
from loyalty_app.db import tables
from loyalty_app.db.engine import open_database
from loyalty_app.settings import Settings
from loyalty_app.upkeep.referrals import thank_referrers
from loyalty_core.customers import Profile
from loyalty_core.gifts import ReferralGift
from loyalty_core.ledger import Actor, ActorType, Entry, EntryType, Gift
from loyalty_core.referrals import ReferralResult
from loyalty_core.stamping import StampOrder
from loyalty_core.views import CustomerView
from testkit.audit import assert_books_balance
from testkit.shop import Shop, open_next_door, open_shop
from tests.app.process import process

BOTH = ReferralGift(stamps_for_friend=2, stamps_for_referrer=3, monthly_cap=2)
BOT, PEOPLE = 77, count(1_000)
JUST_BEFORE_APRIL = datetime(2026, 3, 31, 18, 29, tzinfo=UTC)
"""A minute before midnight in Kolkata."""


@pytest.fixture
async def bakery(shop: Shop) -> Shop:
    """A shop in Kolkata that gives two stamps to friends, and three to those who bring them, twice a month."""
    bakery = await open_next_door(shop, timezone="Asia/Kolkata")
    await bakery.change(referral=BOTH)
    return bakery


async def bring(shop: Shop, referrer: CustomerView | None = None, *, person: int | None = None) -> CustomerView:
    """Somebody joins in a chat, by the link of a friend if there is one."""
    holder = Holder(BOT, person or next(PEOPLE), referrer.qr_code if referrer else UNSET)
    caller = shop.caller(by=Actor(ActorType.CUSTOMER))
    return (await shop.counter.join(caller, Profile(name="A guest"), holder=holder)).outcome


async def gifts(shop: Shop, customer: CustomerView) -> list[Entry]:
    own = [entry for entry in await shop.ledger() if entry.customer_id == customer.id]
    return [entry for entry in own if entry.occasion is Gift.REFERRAL]


async def results(shop: Shop) -> list[str | None]:
    return [row.result for row in await shop.rows(tables.referral)]


async def test_a_friend_has_a_head_start_and_who_brought_them_is_thanked_at_the_first_visit(bakery: Shop) -> None:
    lena = await bring(bakery)
    ben = await bring(bakery, lena)
    assert (lena.current_stamps, ben.current_stamps, ben.total_visits) == (0, 2, 0)
    assert await results(bakery) == [None]
    await bakery.stamp(ben.id)
    [thanks] = await gifts(bakery, lena)
    assert (thanks.type, thanks.stamps, thanks.bonus_stamps) == (EntryType.BONUS, 3, 3)
    assert (await bakery.customer(lena.id)).card.total_visits == 0
    await bakery.stamp(ben.id)
    assert len(await gifts(bakery, lena)) == 1
    assert await results(bakery) == [ReferralResult.THANKED]
    await assert_books_balance(bakery)


async def test_the_gift_for_a_friend_comes_beside_the_head_start_of_the_program(bakery: Shop) -> None:
    await bakery.change(opening_stamps=1)
    ben = await bring(bakery, await bring(bakery))
    assert ben.current_stamps == 3
    entries = [entry for entry in await bakery.ledger() if entry.customer_id == ben.id]
    assert [(entry.occasion, entry.stamps) for entry in entries] == [(Gift.HEAD_START, 1), (Gift.REFERRAL, 2)]
    await assert_books_balance(bakery)


async def test_so_many_in_a_month_of_the_shop_are_thanked_for_and_the_rest_is_not_made_up_for(bakery: Shop) -> None:
    lena = await bring(bakery)
    bakery.clock.now = JUST_BEFORE_APRIL
    friends = [await bring(bakery, lena) for _ in range(4)]
    for friend in friends[:3]:
        await bakery.stamp(friend.id)
    assert len(await gifts(bakery, lena)) == 2
    bakery.clock.wait(minutes=2)
    assert await thank_referrers(bakery.database, bakery.counter) == 0
    await bakery.stamp(friends[3].id)
    assert len(await gifts(bakery, lena)) == 3
    assert await results(bakery) == ["thanked", "thanked", "capped", "thanked"]


async def test_nobody_is_brought_along_who_ever_had_a_card_here_in_this_account(bakery: Shop) -> None:
    lena, person = await bring(bakery), next(PEOPLE)
    own = await bring(bakery, person=person)
    assert (await bring(bakery, lena, person=person)).id == own.id
    assert (await bring(bakery, own, person=person)).id == own.id, "nor by themselves"
    await bakery.erase(own.id)
    again = await bring(bakery, lena, person=person)
    assert (again.id, again.current_stamps) != (own.id, 2)
    await bakery.erase(again.id)
    await bakery.database.write(lambda connection: connection.execute(tables.telegram_card.delete()).close())
    late = await bring(bakery, lena, person=person)
    assert (late.current_stamps, await results(bakery)) == (0, [])


async def test_a_number_that_finds_an_older_card_shows_that_nobody_was_brought_along(bakery: Shop) -> None:
    lena, person = await bring(bakery), next(PEOPLE)
    old = await bakery.join("Ben", phone="+14155550123")
    ben = await bring(bakery, lena, person=person)
    await bakery.counter.claim(bakery.caller(by=Actor(ActorType.CUSTOMER)), Holder(BOT, person), "+14155550123")
    assert (await bakery.customer(old.id)).card.current_stamps == 0, "the gift does not come along"
    await bakery.stamp(old.id)
    assert await thank_referrers(bakery.database, bakery.counter) == 0
    assert (await gifts(bakery, lena), await results(bakery)) == ([], [ReferralResult.REFUSED])
    assert ben.current_stamps == 2
    await assert_books_balance(bakery)


async def test_who_moved_their_card_to_another_account_is_not_new_there(bakery: Shop) -> None:
    lena, old_account, new_account = await bring(bakery), next(PEOPLE), next(PEOPLE)
    card = await bring(bakery, person=old_account)
    await bakery.update(card.id, phone="+14155550123")
    await bring(bakery, person=new_account)
    await bakery.counter.claim(
        bakery.caller(by=Actor(ActorType.CUSTOMER)),
        Holder(BOT, new_account),
        "+14155550123",
        released_by=old_account,
    )
    assert (await bring(bakery, lena, person=old_account)).current_stamps == 0


async def test_a_friend_who_turns_out_to_be_oneself_brings_nothing(bakery: Shop) -> None:
    lena = await bring(bakery)
    ben = await bring(bakery, lena)
    await bakery.merge(lena.id, ben.id)
    await bakery.stamp(lena.id)
    assert await thank_referrers(bakery.database, bakery.counter) == 0
    assert [entry.is_welcome for entry in await gifts(bakery, lena)] == [True]
    assert await results(bakery) == [ReferralResult.REFUSED]


async def test_a_friend_who_had_an_older_card_brings_nothing(bakery: Shop) -> None:
    lena, old = await bring(bakery), await bakery.join("Ben")
    bakery.clock.wait(days=1)
    ben = await bring(bakery, lena)
    await bakery.merge(ben.id, old.id)
    await bakery.stamp(ben.id)
    assert await results(bakery) == [ReferralResult.REFUSED]


async def test_after_a_merge_the_kept_card_is_thanked_and_its_gifts_of_the_month_are_counted_together(
    bakery: Shop,
) -> None:
    lena, other = await bring(bakery), await bring(bakery)
    friends = [await bring(bakery, who) for who in (lena, other, other)]
    for friend in friends[:2]:
        await bakery.stamp(friend.id)
    await bakery.merge(lena.id, other.id)
    await bakery.stamp(friends[2].id)
    assert len([entry for entry in await gifts(bakery, lena) if entry.is_thanks]) == 2
    assert await results(bakery) == ["thanked", "thanked", "capped"]
    await bakery.unmerge(lena.id, other.id)
    assert len(await gifts(bakery, other)) == 1
    await assert_books_balance(bakery)


async def test_a_link_of_who_was_merged_brings_friends_to_the_kept_card_and_of_who_was_erased_to_none(
    bakery: Shop,
) -> None:
    lena, other, gone = await bring(bakery), await bring(bakery), await bring(bakery)
    await bakery.merge(lena.id, other.id)
    await bakery.erase(gone.id)
    ben = await bring(bakery, other)
    await bakery.stamp(ben.id)
    assert len(await gifts(bakery, lena)) == 1
    assert (await bring(bakery, gone)).current_stamps == 0
    assert len(await results(bakery)) == 1


async def test_a_card_of_another_shop_brings_nobody(bakery: Shop, shop: Shop) -> None:
    stranger = await shop.join("Omar")
    assert (await bring(bakery, stranger)).current_stamps == 0
    assert await results(bakery) == []


async def test_who_is_erased_before_the_friend_comes_gets_nothing(bakery: Shop) -> None:
    lena = await bring(bakery)
    ben = await bring(bakery, lena)
    await bakery.erase(lena.id)
    await bakery.stamp(ben.id)
    assert await results(bakery) == [ReferralResult.REFUSED]
    await assert_books_balance(bakery)


async def test_without_a_gift_nobody_is_brought_along_and_one_that_was_ended_is_not_given(bakery: Shop) -> None:
    lena = await bring(bakery)
    ben = await bring(bakery, lena)
    await bakery.change(referral=None)
    assert (await bring(bakery, lena)).current_stamps == 0
    await bakery.stamp(ben.id)
    assert await thank_referrers(bakery.database, bakery.counter) == 0
    await bakery.change(referral=BOTH)
    await bakery.stamp(ben.id)
    assert (await gifts(bakery, lena), await results(bakery)) == ([], [ReferralResult.OFF])


async def test_an_undone_first_visit_leaves_the_gift_and_the_next_one_brings_no_second(bakery: Shop) -> None:
    lena = await bring(bakery)
    ben = await bring(bakery, lena)
    await bakery.void((await bakery.stamp(ben.id)).transaction_id)
    await bakery.stamp(ben.id)
    assert len(await gifts(bakery, lena)) == 1
    await assert_books_balance(bakery)


async def test_a_visit_of_any_program_counts_and_the_gift_is_on_the_card_of_the_main_one(bakery: Shop) -> None:
    salads = await bakery.make_program("Salads", opening_stamps=1)
    lena = await bring(bakery)
    ben, kim = await bring(bakery, lena), await bring(bakery, lena)
    await bakery.stamp(ben.id, program_id=salads)
    await bakery.programs_deed(promote=salads)
    assert (await bakery.program()).terms.referral == BOTH
    await bakery.stamp(kim.id, program_id=salads)
    assert [entry.program_id for entry in await gifts(bakery, lena)] == [None, salads]
    await assert_books_balance(bakery)


async def test_stamps_that_come_together_thank_too(bakery: Shop) -> None:
    lena = await bring(bakery)
    friends = [await bring(bakery, lena) for _ in range(2)]
    await bakery.counter.give_stamps([(bakery.caller(), stamp_of(one.id, StampOrder(stamps=1))) for one in friends])
    assert len(await gifts(bakery, lena)) == 2


async def test_what_was_missed_is_made_up_for_once_by_processes_side_by_side(bakery: Shop) -> None:
    lena = await bring(bakery)
    friends = [await bring(bakery, lena) for _ in range(2)]
    await bakery.change(referral=None)
    for friend in friends:
        await bakery.stamp(friend.id)
    await bakery.change(referral=BOTH)
    other = Counter(bakery.database, clock=bakery.clock)
    try:
        given = await asyncio.gather(*(thank_referrers(bakery.database, one) for one in (bakery.counter, other) * 2))
    finally:
        await other.close()
    assert (sum(given), len(await gifts(bakery, lena))) == (2, 2)
    await assert_books_balance(bakery)


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_who_brought_a_friend_is_thanked_once_though_the_process_is_killed_around_it(
    sqlite_settings: Settings, moment: str
) -> None:
    database = open_database(sqlite_settings)
    shop = await open_shop(database)
    await shop.change(referral=BOTH)
    lena = await bring(shop)
    ben = await bring(shop, lena)
    with process("greet", sqlite_settings, shop.business.id, ben.id, moment) as greeting:
        assert await asyncio.to_thread(greeting.wait, 60) == -signal.SIGKILL
    assert (await shop.customer(ben.id)).card.total_visits == 1
    assert len(await gifts(shop, lena)) == (1 if moment == "after" else 0)
    for _ in range(2):
        await thank_referrers(database, shop.counter)
    await shop.stamp(ben.id)
    assert len(await gifts(shop, lena)) == 1
    assert await results(shop) == [ReferralResult.THANKED]
    await assert_books_balance(shop)
    await shop.counter.close()
    await database.close()


async def test_a_customer_and_their_data_say_who_brought_them(bakery: Shop) -> None:
    lena = await bring(bakery)
    ben = await bring(bakery, lena)

    async def referred_by(customer: CustomerView) -> int | UnsetType:
        now = bakery.clock.now
        seen = await bakery.database.read(lambda c: show_customer(c, bakery.business, customer.id, now=now))
        return seen.referred_by

    assert [await referred_by(lena), await referred_by(ben)] == [UNSET, lena.id]
    own = [await show_data(bakery.database, bakery.business.id, one.id, now=bakery.clock.now) for one in (lena, ben)]
    assert [(one.referrals.referred_by, one.referrals.friends) for one in own] == [(None, 1), (lena.id, 0)]


async def test_the_proof_finds_a_gift_without_a_friend_and_a_friend_without_a_gift(bakery: Shop) -> None:
    lena = await bring(bakery)
    await bakery.stamp((await bring(bakery, lena)).id)
    assert await proven(bakery) == []
    await bakery.database.write(lambda connection: connection.execute(tables.referral.delete()).close())
    differences = await proven(bakery)
    assert len(differences) == 2
    assert all("referral" in difference for difference in differences)


async def proven(shop: Shop) -> list[str]:
    """What contradicts the ledger."""
    proof = Proof(shop.business)
    await shop.database.read(proof.run)
    return [str(difference) for difference in proof.differences]
