"""The law-book of whole lives: two customers of a shop with several programs, to whom anything may happen in any order.

Programs are changed, archived and given other terms, with steps, head starts and bonus hours, over the nights in which
clocks change; stamps come now and late; parts are undone; gifts are given; rewards lapse; at the end two cards become
one, and two again.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty_core.booking import head_start_is_due
from loyalty_core.changes import Occasion
from loyalty_core.customers import Card, Customer
from loyalty_core.errors import LoyaltyError, MergeRefused
from loyalty_core.gifts import GIFTS, BirthdayGift, ReferralGift, WinBack
from loyalty_core.ledger import SYSTEM, Actor, EntryType, Gift
from loyalty_core.programs import Program, ProgramChange, changed, running_goal
from loyalty_core.promises import promised_steps
from loyalty_core.referrals import Referral, settle
from loyalty_core.rewards import RewardStatus
from loyalty_core.several_programs import check_can_be_archived, check_can_be_stamped
from loyalty_core.win_back import give_win_back, untimely_gifts
from testkit.builders import ANA, NEW_YORK, a_program, at, patiently
from tests.core.shop import Shop
from tests.core.stories import TERMS, possible
from tests.core.test_merging import LENA_ID, MAYA_ID, Two
from tests.core.test_merging_programs import assert_all_cards_consistent, expire_all, turn

SALADS, TEAS = 7, 8
PROGRAMS = (None, SALADS, TEAS)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
BIRTHDAYS = [None, BirthdayGift(stamps=1), BirthdayGift(reward_description="A cake", valid_days=3)]
A_TEA_FOR_COMING_BACK = WinBack(after_days=20, reward_description="A tea", valid_days=5)
BEGINNINGS = ["2026-03-06", "2026-10-30"]
"""Some days before the clocks of New York change."""
whatever_happens = settings(patiently, max_examples=min(60, settings().max_examples))


class Life(Two):
    """Two customers, both with a birthday today, of whom one brought the other along; and three programs."""

    def __init__(self, day: str, gifts: dict[str, object], terms: list[dict[str, object]]) -> None:
        super().__init__()
        first, *others = (a_program(**one, updated_at=LONG_AGO) for one in terms)
        room = first.terms.opening_stamps + 1 < first.terms.stamps_required
        possible_gifts = gifts if room else gifts | {"referral": None}
        first = replace(first, versions=(replace(first.terms, **possible_gifts),))
        kept = [replace(one, id=number, main=False) for one, number in zip(others, PROGRAMS[1:], strict=True)]
        for shop in self.both:
            shop.now = at("16:30", day=day, zone=NEW_YORK)
            born = shop.now.date().replace(year=1990)
            shop.customer = replace(shop.customer, birthday=born, birthday_set_at=LONG_AGO)
            shop.program = replace(first, others=tuple(kept))
            shop.occasion = partial(self.occasion_of, shop)  # type: ignore[method-assign]  # numbers of both

        self.referral = Referral(business_id=1, customer_id=MAYA_ID, referrer_id=LENA_ID, referred_at=LONG_AGO)

    def occasion_of(self, shop: Shop, by: Actor = ANA) -> Occasion:
        """Now, with numbers that neither has; the lowest is for a head start, if one is due."""
        opening = self.occasion(by)
        due = head_start_is_due(shop.customer, shop.program)
        return replace(opening, opening_id=opening.transaction_id, transaction_id=opening.transaction_id + due)

    def rule(self, new: Callable[[Program], Program], program_id: int | None) -> None:
        """The owner does something to one of the programs."""
        turn(self.lena, program_id)
        ruled = new(self.lena.program)
        for shop in self.both:
            turn(shop, program_id)
            shop.program = ruled


Deed = Callable[[Life], None]


def stamped(who: int, stamps: int, program_id: int | None, minutes_ago: int | None) -> Deed:
    def deed(life: Life) -> None:
        shop = life.both[who]
        turn(shop, program_id)
        check_can_be_stamped(shop.customer, shop.program)
        shop.stamp(stamps, minutes_ago=minutes_ago)

    return deed


def undone(who: int, which: int, stamps: int | None) -> Deed:
    def deed(life: Life) -> None:
        shop = life.both[who]
        standing = [one for one in shop.entries.values() if one.voided_by is None]
        if standing:
            target = standing[-1 - which % len(standing)]
            turn(shop, target.program_id)
            shop.void(target.id, stamps)

    return deed


def redeemed(who: int, which: int) -> Deed:
    def deed(life: Life) -> None:
        shop = life.both[who]
        waiting = [one for one in shop.rewards.values() if one.status is RewardStatus.AVAILABLE]
        if waiting:
            reward = waiting[which % len(waiting)]
            turn(shop, reward.program_id)
            shop.redeem(reward.id)

    return deed


def waited(minutes: int) -> Deed:
    def deed(life: Life) -> None:
        life.wait(minutes=minutes)
        for shop in life.both:
            expire_all(shop)

    return deed


def celebrated(who: int) -> Deed:
    def deed(life: Life) -> None:
        turn(life.both[who], None)
        life.both[who].celebrate()

    return deed


def stayed_away(days: int) -> Deed:
    """Nobody comes for so long, and a day more; on both days those are won back for whom it is due."""

    def deed(life: Life) -> None:
        for span in (days, 1):
            life.wait(days=span)
            for shop in life.both:
                expire_all(shop)
                win_back(shop)

    return deed


def win_back(shop: Shop) -> None:
    turn(shop, None)
    change = give_win_back(shop.customer, shop.program, shop.entries.values(), at=shop.occasion(SYSTEM))
    if change is not None:
        shop.keep(change)


def thanked(life: Life) -> None:
    """Lena has brought Maya along, and gets what is due for it."""
    turn(life.lena, None)
    lena, friend = life.lena.customer, life.maya.customer
    entries, at = life.lena.entries.values(), life.lena.occasion(SYSTEM)
    settled = settle(life.referral, friend, lena, program=life.lena.program, entries=entries, at=at)
    if settled is not None:
        life.referral = settled.referral
        if settled.change is not None:
            life.lena.keep(settled.change)


def changed_by_owner(program_id: int | None, asked: dict[str, object]) -> Deed:
    def deed(life: Life) -> None:
        def new(program: Program) -> Program:
            wanted = replace(
                ProgramChange(), **{name: value for name, value in asked.items() if program.main or name not in GIFTS}
            )
            terms = changed(program, wanted, life.now)
            return program if terms is program.terms else replace(program, versions=(*program.versions, terms))

        life.rule(new, program_id)

    return deed


def archived(program_id: int | None) -> Deed:
    def deed(life: Life) -> None:
        def new(program: Program) -> Program:
            check_can_be_archived(program, 1)
            return replace(program, archived_at=life.now)

        life.rule(new, program_id)

    return deed


WHO, PROGRAM = st.integers(0, 1), st.sampled_from(PROGRAMS)
GIVEN = {
    "birthday": st.sampled_from(BIRTHDAYS),
    "win_back": st.sampled_from([None, WinBack(after_days=14, stamps=1), A_TEA_FOR_COMING_BACK]),
    "referral": st.sampled_from([None, ReferralGift(stamps_for_friend=1, stamps_for_referrer=1, monthly_cap=1)]),
}
CHANGES = st.fixed_dictionaries({}, optional=TERMS | GIVEN)
STAMP = st.builds(
    stamped, WHO, st.sampled_from([1, 1, 2, 3, 5]), PROGRAM, st.sampled_from([None, None, None, 30, 700, 4000])
)
UNDO = st.builds(undone, WHO, st.integers(0, 9), st.sampled_from([None, None, 1, 2]))
WAIT = st.builds(waited, st.sampled_from([0, 11, 300, 840, 3000]))
DEEDS = st.lists(
    st.one_of(
        STAMP,
        STAMP,
        STAMP,
        UNDO,
        WAIT,
        st.builds(redeemed, WHO, st.integers(0, 5)),
        st.builds(celebrated, WHO),
        st.builds(stayed_away, st.sampled_from([14, 21, 61])),
        st.just(thanked),
        st.builds(changed_by_owner, PROGRAM, CHANGES),
        st.builds(archived, PROGRAM),
    ),
    min_size=8,
    max_size=35,
)
LIVES = st.builds(
    Life,
    st.sampled_from(BEGINNINGS),
    st.fixed_dictionaries(GIVEN),
    st.lists(st.fixed_dictionaries(TERMS).map(possible), min_size=3, max_size=3),
)


def lived(life: Life, deeds: list[Deed]) -> Iterator[LoyaltyError | None]:
    """Let it happen; after each deed the refusal, if there was one, with the first program's cards at hand again."""
    for deed in deeds:
        refusal = None
        try:
            deed(life)
        except LoyaltyError as found:
            refusal = found
        for shop in life.both:
            turn(shop, None)
        yield refusal


def promises(customer: Customer, program: Program) -> dict[int | None, tuple[int, int, list[int]]]:
    """The stamps, the goal and the steps of each running card."""
    found = {}
    for held in customer.cards:
        own = program.turned_to(held.program_id)
        assert own is not None
        if held.card.current_stamps:
            steps = [step.stamps for step in promised_steps(held.card, own)]
            found[held.program_id] = (
                held.card.total_stamps - held.card.current_stamps,
                running_goal(held.card, own),
                steps,
            )
    return found


@whatever_happens
@given(LIVES, DEEDS)
def test_after_every_deed_each_card_equals_the_fold_of_its_ledger(life: Life, deeds: list[Deed]) -> None:
    for _ in lived(life, deeds):
        for shop in life.both:
            assert_all_cards_consistent(shop)


@whatever_happens
@given(LIVES, DEEDS)
def test_no_change_of_any_program_takes_back_what_a_running_card_was_promised(life: Life, deeds: list[Deed]) -> None:
    for number, deed in enumerate(deeds):
        before = [promises(shop.customer, shop.program) for shop in life.both]
        entries = [len(shop.entries) for shop in life.both]
        next(lived(life, [deed]))
        for shop, promised, count in zip(life.both, before, entries, strict=True):
            if len(shop.entries) == count:  # only the owner did something, or time passed
                for program_id, (begun, goal, steps) in promises(shop.customer, shop.program).items():
                    then = promised[program_id]
                    assert begun == then[0], number
                    assert goal <= then[1]
                    assert len(steps) >= len(then[2])
                    assert all(now <= old for now, old in zip(steps, then[2], strict=False))


@whatever_happens
@given(LIVES, DEEDS)
def test_a_refusal_writes_nothing_and_an_archived_program_takes_no_stamp(life: Life, deeds: list[Deed]) -> None:
    for deed in deeds:
        closed = {one.id for one in life.lena.program.all_of_shop if one.archived_at}
        before = [(shop.customer.version, dict(shop.entries), dict(shop.rewards)) for shop in life.both]
        refusal = next(lived(life, [deed]))
        after = [(shop.customer.version, shop.entries, shop.rewards) for shop in life.both]
        assert refusal is None or before == after
        for (_, then, _), (_, now, _) in zip(before, after, strict=True):
            new = [entry for number, entry in now.items() if number not in then]
            assert not [one for one in new if one.type is EntryType.STAMP and one.program_id in closed]


@whatever_happens
@given(LIVES, DEEDS)
def test_gifts_come_once(life: Life, deeds: list[Deed]) -> None:
    list(lived(life, deeds))
    for shop in life.both:
        own = list(shop.entries.values())
        starts = [one.program_id for one in own if one.occasion is Gift.HEAD_START]
        assert len(starts) == len(set(starts))
        birthdays = [one.occurred_at for one in own if one.occasion is Gift.BIRTHDAY]
        assert all(later - earlier > timedelta(days=364) for earlier, later in pairwise(birthdays))
        assert untimely_gifts(own, shop.now.tzinfo) == ()
        thanks = [one.id for one in own if one.occasion is Gift.REFERRAL]
        assert thanks == [number for number in [life.referral.transaction_id] if number and shop is life.lena]


@whatever_happens
@given(LIVES, DEEDS)
def test_two_cards_that_become_one_and_two_again_are_what_they_were(life: Life, deeds: list[Deed]) -> None:
    list(lived(life, deeds))
    before = [(cards_of(shop), dict(shop.entries), dict(shop.rewards)) for shop in life.both]
    totals = life.totals()
    try:
        issued = set(life.merge().merge.issued)
    except MergeRefused:
        return
    assert_all_cards_consistent(life.lena)
    life.unmerge()
    for shop, (cards, entries, rewards) in zip(life.both, before, strict=True):
        assert cards_of(shop) == cards
        assert shop.entries == entries
        assert {number: one for number, one in shop.rewards.items() if number not in issued} == rewards
    assert life.totals() == totals


def cards_of(shop: Shop) -> dict[int | None, Card]:
    """The cards that were ever stamped."""
    return {held.program_id: held.card for held in shop.customer.cards if held.card != Card()}
