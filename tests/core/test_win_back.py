"""The law-book of winning back: who is given something, when, and that it comes once an absence."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty_core.customers import Profile, ProfileChange
from loyalty_core.errors import InvalidRequest
from loyalty_core.events import CustomerUpdated
from loyalty_core.gifts import BirthdayGift, WinBack
from loyalty_core.joining import erase, join, update
from loyalty_core.ledger import ActorType, Entry, EntryType, Gift, fold, gift_of
from loyalty_core.programs import ProgramChange, looks_the_same
from loyalty_core.rewards import RewardStatus
from loyalty_core.views import program_view
from loyalty_core.win_back import is_time_to_write, next_time_to_write, set_since, untimely_gifts, win_back_is_due
from testkit.builders import (
    LENA,
    MIRA,
    NEW_YORK,
    NOON,
    OTTO,
    a_new_card,
    a_program,
    an_occasion,
    at,
    patiently,
)
from tests.core.shop import Shop
from tests.core.test_merging import Two

TWO_STAMPS = WinBack(after_days=30, stamps=2)
A_CAKE = WinBack(after_days=30, reward_description="A cake", valid_days=14)
APIA = ZoneInfo("Pacific/Apia")


def missed(
    gift: WinBack = TWO_STAMPS, days: int = 30, *, visits: int = 2, now: datetime = NOON, **terms: object
) -> Shop:
    """A shop whose customer had some visits, and then none for so many days."""
    shop = Shop(a_program(win_back=gift, **terms), now=now)
    for _ in range(visits):
        shop.stamp()
    shop.wait(days=days)
    return shop


def adds_up(shop: Shop) -> None:
    assert shop.card == fold(shop.entries.values(), shop.program, shop.now.tzinfo).card
    assert shop.standing() == shop.earned()


def gifts_of(shop: Shop) -> list[Entry]:
    return [entry for entry in shop.entries.values() if entry.occasion is Gift.WIN_BACK]


def test_stamps_are_a_gift_and_no_visit() -> None:
    shop = missed()
    stamped = shop.win_back()
    assert stamped is not None
    assert (stamped.stamps_added, stamped.bonus_stamps, stamped.current_stamps) == (2, 2, 4)
    [entry] = gifts_of(shop)
    assert (entry.type, entry.asked_stamps, entry.actor.type) == (EntryType.BONUS, 0, ActorType.SYSTEM)
    assert (shop.card.total_visits, shop.card.last_visit_at) == (2, NOON)
    adds_up(shop)


def test_a_reward_is_on_the_card_with_its_own_end_and_text_whatever_the_owner_changes() -> None:
    shop = missed(A_CAKE, reward_valid_days=3)
    shop.win_back()
    shop.change(win_back=WinBack(after_days=20, reward_description="A pie"))
    shop.change(win_back=None)
    [reward] = shop.rewards.values()
    assert (reward.description, reward.expires_at) == ("A cake", at("00:00", day="2026-04-16"))
    adds_up(shop)
    assert shop.redeem().reward.description == "A cake"
    adds_up(shop)


def test_undoing_a_stamp_and_merging_leave_a_gift_beside_a_birthday() -> None:
    shop = missed(A_CAKE, stamps_required=2, birthday=BirthdayGift(reward_description="A pie"))
    shop.customer = replace(shop.customer, birthday=date(1990, 4, 1), birthday_set_at=at(day="2025-01-01"))
    assert shop.win_back() is not None
    assert shop.celebrate() is not None
    shop.void(2)
    told = {(one.description, one.status) for one in shop.rewards.values()}
    assert told == {
        ("A coffee", RewardStatus.VOIDED),
        ("A cake", RewardStatus.AVAILABLE),
        ("A pie", RewardStatus.AVAILABLE),
    }
    adds_up(shop)


@pytest.mark.parametrize(("visits", "days", "due"), [(2, 30, True), (2, 29, False), (1, 400, False), (0, 400, False)])
def test_it_is_for_who_was_here_twice_and_then_not_for_so_many_days(visits: int, days: int, *, due: bool) -> None:
    assert (missed(visits=visits, days=days).win_back() is not None) is due


def test_visits_that_were_undone_do_not_count_and_parts_of_a_stamp_do() -> None:
    shop = missed(visits=3, days=0)
    shop.void(3)
    shop.void(2)
    shop.wait(days=30)
    assert shop.win_back() is None
    shop = missed(visits=0, days=0)
    shop.stamp(3)
    given = shop.stamp(3)
    shop.void(given.transaction_id, 2)
    shop.wait(days=30)
    assert shop.win_back() is not None


def test_whole_days_of_the_shop_count_so_the_hour_of_the_last_visit_does_not() -> None:
    shop = missed(days=0, now=at("23:30", zone=NEW_YORK))
    shop.now = at("10:00", day="2026-04-01", zone=NEW_YORK)
    assert shop.win_back() is not None
    shop = missed(days=0, now=at("00:30", day="2026-03-03", zone=NEW_YORK))
    shop.now = at("10:00", day="2026-04-01", zone=NEW_YORK)
    assert shop.win_back() is None


def test_who_had_a_reward_handed_out_was_here_but_that_is_no_visit() -> None:
    shop = missed(days=20, stamps_required=2)
    shop.redeem()
    shop.wait(days=20)
    assert shop.win_back() is None
    shop.wait(days=10)
    assert shop.win_back() is not None
    shop = missed(A_CAKE)
    shop.win_back()
    shop.redeem()
    shop.wait(days=400)
    assert shop.win_back() is None, "it is the same absence"


def test_it_comes_once_an_absence_and_a_visit_ends_that() -> None:
    shop = missed()
    assert shop.win_back() is not None
    shop.wait(days=400)
    assert shop.win_back() is None
    shop.stamp()
    shop.wait(days=30)
    assert shop.win_back() is not None


def test_an_undone_visit_begins_no_new_absence() -> None:
    shop = missed()
    shop.win_back()
    given = shop.stamp()
    shop.void(given.transaction_id)
    shop.wait(days=400)
    assert shop.win_back() is None


def test_it_comes_at_most_once_in_sixty_days() -> None:
    shop = missed(WinBack(after_days=14, stamps=1), days=14)
    assert shop.win_back() is not None
    shop.wait(days=1)
    shop.stamp()
    shop.wait(days=58)
    assert shop.win_back() is None
    shop.wait(days=1)
    assert shop.win_back() is not None


@pytest.mark.parametrize(
    ("clock", "due"), [("09:59:59", False), ("10:00", True), ("19:59:59", True), ("20:00", False), ("02:00", False)]
)
def test_it_comes_between_ten_and_twenty_by_the_clock_of_the_shop(clock: str, *, due: bool) -> None:
    shop = missed(now=at("12:00", zone=NEW_YORK))
    shop.now = at(clock, day="2026-04-02", zone=NEW_YORK)
    assert is_time_to_write(shop.now) is due
    assert (shop.win_back() is not None) is due


def test_who_wants_no_more_of_it_gets_nothing() -> None:
    shop = missed()
    shop.customer = replace(shop.customer, opted_out_at=NOON)
    assert shop.win_back() is None


def test_nothing_is_given_where_the_shop_gives_nothing() -> None:
    shop = missed()
    shop.change(win_back=None)
    assert shop.win_back() is None
    assert set_since(shop.program) is None
    assert program_view(shop.program, 1).win_back is None
    assert gift_of(shop.program.terms, Gift.HEAD_START) is None


def test_a_change_of_it_changes_no_card_is_seen_on_the_program_and_begins_at_once() -> None:
    shop = missed()
    assert set_since(shop.program) == NOON
    before = shop.program.terms
    shop.change(win_back=A_CAKE)
    begun = shop.now
    shop.wait(days=1)
    shop.change(reward_description="A tea")
    assert set_since(shop.program) == begun
    assert looks_the_same(before, replace(shop.program.terms, reward_description="A coffee"))
    assert program_view(shop.program, 1).win_back == A_CAKE


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"after_days":13,"stamps":1}', "14"),
        ('{"after_days":731,"stamps":1}', "730"),
        ('{"after_days":0,"stamps":1}', "14"),
        ('{"after_days":30.5,"stamps":1}', "int"),
        ('{"after_days":30,"stamps":0}', ">= 1"),
        ('{"stamps":1}', "after_days"),
        ('{"after_days":30,"stamps":1,"often":true}', "often"),
    ],
)
def test_what_cannot_be_read_is_refused(body: str, message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.json.decode(f'{{"win_back":{body}}}', type=ProgramChange)


@pytest.mark.parametrize(
    ("gift", "message"),
    [
        (WinBack(after_days=30), "win_back: must have either stamps or reward_description"),
        (WinBack(after_days=30, stamps=1, reward_description="A cake"), "either stamps or reward_description"),
        (WinBack(after_days=30, stamps=1, valid_days=3), "valid_days only with reward_description"),
        (WinBack(after_days=30, stamps=11), "win_back: must not be above the goal of 10 stamps"),
        (WinBack(after_days=30, reward_description="\u200b"), "can be seen"),
    ],
)
def test_a_gift_that_is_none_is_refused(gift: WinBack, message: str) -> None:
    shop = Shop()
    with pytest.raises(InvalidRequest, match=message):
        shop.change(win_back=gift)
    assert shop.program.terms.win_back is None


def test_a_goal_below_the_gift_is_refused() -> None:
    shop = missed(stamps_required=5)
    with pytest.raises(InvalidRequest, match="gift of 2 stamps in win_back"):
        shop.change(stamps_required=1)


def test_anybody_of_the_shop_can_say_that_a_customer_wants_no_more_but_only_they_take_it_back() -> None:
    shop, out = Shop(), replace(ProfileChange(), opted_out=True)
    change = update(shop.customer, shop.program, out, at=an_occasion(NOON, MIRA))
    assert change is not None
    [event] = change.events
    assert isinstance(event, CustomerUpdated)
    assert (change.customer.opted_out_at, change.customer.version, event.data.changed) == (NOON, 2, ("opted_out",))
    assert update(change.customer, shop.program, out, at=an_occasion()) is None, "it was said already"
    back = replace(ProfileChange(), opted_out=False, name="Lena Fox")
    with pytest.raises(InvalidRequest, match="opted_out: must be taken back by the customer"):
        update(change.customer, shop.program, back, at=an_occasion(NOON, OTTO))
    again = update(change.customer, shop.program, back, at=an_occasion(NOON, LENA))
    assert again is not None
    assert (again.customer.opted_out_at, again.customer.name) == (None, "Lena Fox")
    assert update(shop.customer, shop.program, replace(ProfileChange(), opted_out=False), at=an_occasion()) is None


def test_who_said_so_in_another_book_has_said_so_and_an_erased_one_says_nothing() -> None:
    come = join(Profile(name="Lena", opted_out=True), a_program(), a_new_card(), at=an_occasion()).customer
    assert come.opted_out_at == NOON
    assert (
        join(Profile(name="Lena", opted_out=False), a_program(), a_new_card(), at=an_occasion()).customer.opted_out_at
        is None
    )
    assert erase(come, (), at=an_occasion()).customer.opted_out_at is None


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("other", [True, False])
def test_what_either_said_stays_in_a_merge_and_taking_that_back_is_the_identity(*, first: bool, other: bool) -> None:
    two, earlier = Two(), NOON - timedelta(days=3)
    two.lena.customer = replace(two.lena.customer, opted_out_at=NOON if first else None)
    two.maya.customer = replace(two.maya.customer, opted_out_at=earlier if other else None)
    before = two.lena.customer.opted_out_at, two.maya.customer.opted_out_at
    two.merge()
    assert (two.lena.customer.opted_out_at is not None) is (first or other)
    assert two.maya.customer.opted_out_at is None
    two.unmerge()
    assert (two.lena.customer.opted_out_at, two.maya.customer.opted_out_at) == before


def test_what_was_said_while_two_were_one_stays_with_both() -> None:
    two = Two()
    two.merge()
    two.lena.customer = replace(two.lena.customer, opted_out_at=NOON)
    two.unmerge()
    assert (two.lena.customer.opted_out_at, two.maya.customer.opted_out_at) == (NOON, NOON)


YEARS = NOON.replace(year=2020, tzinfo=None), NOON.replace(year=2032, tzinfo=None)
moments = st.datetimes(*YEARS, timezones=st.sampled_from([UTC, NEW_YORK, APIA]))


@pytest.mark.parametrize(
    ("clock", "then"),
    [("09:59", "2026-03-02 10:00"), ("10:00", "2026-03-02 10:00"), ("20:00", "2026-03-03 10:00")],
)
def test_the_next_time_to_write_is_now_or_the_next_opening(clock: str, then: str) -> None:
    assert f"{next_time_to_write(at(clock, zone=NEW_YORK)):%Y-%m-%d %H:%M}" == then


@given(moments)
@example(datetime(2026, 3, 8, 2, 30, tzinfo=NEW_YORK))
def test_the_next_time_to_write_is_one_and_comes_within_a_day(now: datetime) -> None:
    then = next_time_to_write(now)
    assert is_time_to_write(then)
    assert now.date() <= then.date() <= now.date() + timedelta(days=1)
    assert then >= now
    assert (then == now) is is_time_to_write(now)


turns = st.lists(
    st.one_of(st.sampled_from(["stamp", "void", "redeem", "cake", "stamps", "off", "out", "late"]), st.integers(1, 90)),
    max_size=30,
)


@given(turns, st.sampled_from([UTC, NEW_YORK, APIA]))
@settings(patiently)
@example(["stamp", "stamp", 14, "stamp", 14, 60, 60, "stamp", 60], NEW_YORK)
@example(["stamp", "stamp", 30, "stamp", "void", 90, 90], UTC)
def test_in_any_life_it_comes_once_an_absence_and_once_in_sixty_days(life: list[str | int], zone: ZoneInfo) -> None:
    shop = Shop(a_program(win_back=A_CAKE, stamps_required=4), now=at("12:00", zone=zone))
    for turn in life:
        for _ in range(turn if isinstance(turn, int) else 1):
            _live(shop, turn)
            _given_rightly(shop)
    adds_up(shop)
    assert untimely_gifts(shop.entries.values(), zone) == ()


def test_a_gift_too_many_is_seen_in_the_ledger_but_not_one_that_was_for_somebody_else() -> None:
    shop = missed()
    shop.win_back()
    [first] = gifts_of(shop)
    soon = replace(first, id=first.id + 2, occurred_at=first.occurred_at + timedelta(days=59))
    late = replace(first, id=first.id + 2, occurred_at=first.occurred_at + timedelta(days=60))
    visit = replace(shop.entries[1], id=first.id + 1, voided_by=99)
    assert untimely_gifts([first, visit, late], UTC) == ()
    assert untimely_gifts([first, visit, soon], UTC) == (soon.id,)
    assert untimely_gifts([first, late], UTC) == (late.id,)
    assert untimely_gifts([first, replace(soon, of_customer=7)], UTC) == ()


def _live(shop: Shop, turn: str | int) -> None:
    visits = [e for e in shop.entries.values() if e.type is EntryType.STAMP and e.voided_by is None]
    match turn:
        case int():
            shop.wait(days=1)
            shop.now = datetime.combine(shop.now.date(), at("12:00").time(), tzinfo=shop.now.tzinfo)
        case "stamp":
            shop.stamp()
        case "late" if not shop.with_status(RewardStatus.REDEEMED):
            shop.stamp(minutes_ago=6 * 24 * 60)
        case "void" if visits and not shop.with_status(RewardStatus.REDEEMED):
            shop.void(visits[-1].id)
        case "redeem" if shop.card.rewards_available and not any(r.lapsed(shop.now) for r in shop.rewards.values()):
            shop.redeem()
        case "cake" | "stamps" | "off":
            shop.change(win_back={"cake": A_CAKE, "stamps": WinBack(after_days=14, stamps=1), "off": None}[turn])
        case "out":
            shop.customer = replace(shop.customer, opted_out_at=None if shop.customer.opted_out_at else shop.now)


def _given_rightly(shop: Shop) -> None:
    """Look for somebody to win back; what is given, is given by the rule in plain words."""
    before, entries = shop.program.terms.win_back, tuple(shop.entries.values())
    given = shop.win_back()
    due = before is not None and win_back_is_due(before, entries, shop.now) and shop.customer.opted_out_at is None
    assert (given is not None) is due
    if given is None or before is None:
        return
    visits = [one.occurred_at for one in entries if one.type is EntryType.STAMP and one.voided_by is None]
    assert len(visits) >= 2
    assert (shop.now.date() - max(visits).astimezone(shop.now.tzinfo).date()).days >= before.after_days
