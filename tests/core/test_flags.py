"""Flags: which entries an owner may want to look at, and when nothing is said."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from loyalty_core.flags import (
    Flag,
    FlagKind,
    FlagRules,
    FlagRulesChange,
    Habits,
    HourCount,
    SeenEntry,
    changed_rules,
    find_flags,
    habits_of,
)
from loyalty_core.ledger import ActorType, EntryType

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANA, OTTO, LENA = 1, 2, 42


def entry(number: int, at: datetime = NOON, **values: object) -> SeenEntry:
    """A stamp that Ana gave Lena, unless it is said otherwise."""
    fields: dict[str, object] = {
        "type": EntryType.STAMP,
        "customer_id": LENA,
        "actor_type": ActorType.STAFF,
        "actor_id": ANA,
        "branch_id": None,
        "standing": True,
    }
    return SeenEntry(**{"id": number, "occurred_at": at, **fields, **values})  # type: ignore[arg-type]


def flags(
    entries: Sequence[SeenEntry], rules: FlagRules | None = None, habits: Habits | None = None, zone: str = "UTC"
) -> list[Flag]:
    return find_flags(entries, rules or FlagRules(), habits or Habits(), ZoneInfo(zone))


def past(days: int, hours: Sequence[int], *, visits: int = 5, by_till: bool = True) -> list[HourCount]:
    """Days before noon with visits at some hours."""
    return [
        HourCount(NOON.replace(hour=hour) - timedelta(days=ago), None, by_till, visits)
        for ago in range(1, days + 1)
        for hour in hours
    ]


def test_who_stamps_a_card_that_they_hold_is_flagged_and_nobody_else_is() -> None:
    habits = Habits(own_cards=frozenset({(ANA, LENA)}))
    till = entry(3, actor_type=ActorType.API_KEY)
    found = flags([entry(1), entry(2, actor_id=OTTO), till, entry(4, customer_id=43)], habits=habits)
    assert [(flag.kind, flag.transaction_id, flag.subject) for flag in found] == [(FlagKind.OWN_CARD, 1, 1)]


def test_a_fifth_visit_in_a_day_is_flagged_once_with_how_many_there_were() -> None:
    visits = [entry(number, actor_type=ActorType.API_KEY) for number in range(1, 8)]
    assert flags(visits[:4]) == []
    [flag] = flags(visits)
    assert (flag.kind, flag.transaction_id, flag.subject, flag.number) == (FlagKind.MANY_VISITS, 5, LENA, 7)
    assert flags(visits[:5])[0].key == flag.key


def test_visits_are_counted_by_card_and_by_day_of_the_shop() -> None:
    """Five visits around the midnight of Tokyo are on two days there, and on one in UTC."""
    around = [entry(number, NOON + timedelta(hours=number)) for number in range(1, 6)]
    assert [flag.transaction_id for flag in flags(around)] == [5]
    assert flags(around, zone="Asia/Tokyo") == []
    assert flags([entry(number, customer_id=number % 2) for number in range(1, 9)]) == []


def test_a_fourth_undo_of_one_person_in_a_day_is_flagged_and_one_of_a_till_is_not() -> None:
    undos = [entry(number, type=EntryType.VOID, customer_id=number) for number in range(1, 6)]
    [flag] = flags(undos)
    assert (flag.kind, flag.transaction_id, flag.subject, flag.number) == (FlagKind.MANY_UNDOS, 4, ANA, 5)
    assert flags(undos[:3]) == []
    assert flags([entry(number, type=EntryType.VOID, actor_type=ActorType.API_KEY) for number in range(9)]) == []


def test_the_numbers_are_the_owners() -> None:
    visits = [entry(number) for number in range(1, 4)]
    assert [flag.transaction_id for flag in flags(visits, FlagRules(most_visits=2))] == [3]
    undos = [entry(number, type=EntryType.VOID) for number in range(1, 4)]
    assert [flag.transaction_id for flag in flags(undos, FlagRules(most_undos=1))] == [2]


def test_what_was_undone_is_flagged_no_more() -> None:
    habits = Habits(own_cards=frozenset({(ANA, LENA)}))
    assert flags([entry(1, standing=False)], habits=habits) == []
    assert flags([entry(number, standing=number > 1, actor_id=OTTO) for number in range(1, 6)], habits=habits) == []


@pytest.mark.parametrize(("hour", "flagged"), [(6, True), (7, False), (8, False), (18, False), (19, False), (20, True)])
def test_an_hour_counts_as_usual_up_to_an_hour_around_those_with_visits(hour: int, flagged: bool) -> None:  # noqa: FBT001
    habits = habits_of(past(20, range(8, 19)), UTC)
    found = flags([entry(1, NOON.replace(hour=hour))], habits=habits, rules=FlagRules(off=(FlagKind.BY_HAND,)))
    assert [flag.kind for flag in found] == ([FlagKind.UNUSUAL_HOUR] if flagged else [])


def test_hours_are_those_of_the_shops_clock_over_a_change_of_clocks() -> None:
    """A café in Berlin opens at 8, in winter and in summer: its first hour in summer is 6 in UTC."""
    zone = ZoneInfo("Europe/Berlin")
    before = [
        HourCount(datetime(2026, 3, 28, hour, tzinfo=zone) - timedelta(days=ago), None, True, 5)  # noqa: FBT003
        for ago in range(20)
        for hour in range(8, 18)
    ]
    habits = habits_of(before, zone)
    summer = datetime(2026, 3, 30, tzinfo=zone)
    at = {hour: entry(hour, summer.replace(hour=hour), actor_type=ActorType.API_KEY) for hour in (6, 7, 18, 19)}
    assert [flag.transaction_id for flag in find_flags(at.values(), FlagRules(most_visits=9), habits, zone)] == [6, 19]


def test_one_odd_night_makes_no_hour_usual_and_a_bar_is_open_past_midnight() -> None:
    odd = [*past(20, range(8, 19)), HourCount(NOON.replace(hour=3) - timedelta(days=4), None, True, 50)]  # noqa: FBT003
    assert 3 not in (habits_of(odd, UTC).hours or ())
    bar = habits_of(past(20, (21, 22, 23, 0)), UTC).hours
    assert bar == frozenset({20, 21, 22, 23, 0, 1})


@pytest.mark.parametrize(("days", "visits"), [(9, 50), (10, 4)])
def test_with_too_little_past_nothing_is_said_of_hours_or_tills(days: int, visits: int) -> None:
    habits = habits_of(past(days, [12], visits=visits), UTC, [(ANA, 7)])
    assert habits == Habits(own_cards=frozenset({(ANA, 7)}))
    assert flags([entry(1, NOON.replace(hour=3))], habits=habits) == []
    assert habits_of(past(10, [12], visits=5), UTC).hours == frozenset({11, 12, 13})


def test_a_stamp_by_hand_is_flagged_where_nine_of_ten_come_from_the_till() -> None:
    mixed = [*past(20, [12], visits=9), *past(20, [12], visits=1, by_till=False)]
    assert habits_of(mixed, UTC).till_places == {None}
    [flag] = flags([entry(1), entry(2, branch_id=5)], habits=habits_of(mixed, UTC))
    assert (flag.kind, flag.transaction_id) == (FlagKind.BY_HAND, 1)
    assert flags([entry(1, actor_type=ActorType.API_KEY)], habits=habits_of(mixed, UTC)) == []
    people = [*past(20, [12], visits=8), *past(20, [12], visits=1, by_till=False)]
    assert habits_of(people, UTC).till_places == frozenset()


def test_a_kind_that_is_off_is_not_flagged() -> None:
    habits = Habits(own_cards=frozenset({(ANA, LENA)}), hours=frozenset(), till_places=frozenset({None}))
    stamps = [entry(number) for number in range(1, 6)]
    undos = [entry(number, type=EntryType.VOID) for number in range(11, 16)]
    assert {flag.kind for flag in flags([*stamps, *undos], habits=habits)} == set(FlagKind)
    for kind in FlagKind:
        kinds = {flag.kind for flag in flags([*stamps, *undos], FlagRules(off=(kind,)), habits)}
        assert kinds == set(FlagKind) - {kind}
    assert flags([*stamps, *undos], FlagRules(off=tuple(FlagKind)), habits) == []


def test_each_flag_of_an_entry_has_a_number_of_its_own_and_they_rise_with_the_entries() -> None:
    habits = Habits(own_cards=frozenset({(ANA, LENA)}), hours=frozenset(), till_places=frozenset({None}))
    numbers = [flag.id for flag in flags([entry(number) for number in range(1, 8)], habits=habits)]
    assert numbers == sorted(set(numbers))


def test_a_change_of_the_rules_alters_what_it_names() -> None:
    rules = changed_rules(FlagRules(), FlagRulesChange(most_visits=6, off=(FlagKind.BY_HAND, FlagKind.BY_HAND)))
    assert rules == FlagRules(most_visits=6, off=(FlagKind.BY_HAND,))
    assert changed_rules(rules, FlagRulesChange(evening_summary=True)).off == (FlagKind.BY_HAND,)
    assert changed_rules(rules, FlagRulesChange(off=())).off == ()
