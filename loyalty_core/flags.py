"""Flags: entries of the ledger that an owner may want to look at. A flag accuses nobody.

The rules, in words:
- `own_card`: somebody on the staff stamped a card that they hold themselves.
- `many_visits`: a card had more visits in a day than the owner finds usual; at first more than 4.
- `many_undos`: somebody on the staff undid more entries in a day than that; at first more than 3.
- `unusual_hour`: a stamp at an hour at which the shop is usually closed. Its hours are learned from the 28 days before:
  an hour of the day is usual if there were visits in it, or in the hour before or after it, on a tenth of the days with
  visits, and on two at least.
- `by_hand`: somebody on the staff gave a stamp where the till stamps: at a branch (or at none) where tills gave nine of
  ten stamps of the 28 days before, of 50 at least.
- Until there were visits on 10 days, and 50 of them, nothing is known of hours or tills, and nothing is said of them.
- Stamps that were undone are no longer flagged. Days and hours are those of the shop.
- What is flagged once stays so, and is not flagged again: a card with many visits once a day, and so a person with many
  undos.
- Each kind can be switched off.

Reading the ledger, and telling owners, is not known here.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from loyalty_core.ledger import ActorType, EntryType

LEARNED_DAYS = 28
KNOWN_DAYS, KNOWN_VISITS = 10, 50
DAYS_OF_AN_HOUR = 2
ONE_IN = 10
"""An hour is usual on one in so many days; a place is a till's if one stamp in so many, or fewer, is by hand."""
HOURS = 24

MostADay = Annotated[int, Meta(ge=1, le=1_000, description="a whole number from 1 to 1000")]


class FlagKind(StrEnum):
    """Why an entry is flagged. The order is part of the ids of flags."""

    OWN_CARD = "own_card"
    MANY_VISITS = "many_visits"
    MANY_UNDOS = "many_undos"
    UNUSUAL_HOUR = "unusual_hour"
    BY_HAND = "by_hand"


FlagKinds = Annotated[tuple[FlagKind, ...], Meta(max_length=20, description=f"a list of any of {', '.join(FlagKind)}")]


class FlagRules(msgspec.Struct, frozen=True, kw_only=True):
    """What a shop flags: how many visits and undos a day are usual, and which kinds are off.

    With `evening_summary` owners get the figures of the day each evening, flags or not.
    """

    most_visits: MostADay = 4
    most_undos: MostADay = 3
    off: FlagKinds = ()
    evening_summary: bool = False


class FlagRulesChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an owner wants changed about flags; a field that is not set stays as it is."""

    most_visits: MostADay | UnsetType = UNSET
    most_undos: MostADay | UnsetType = UNSET
    off: FlagKinds | UnsetType = UNSET
    evening_summary: bool | UnsetType = UNSET


class SeenEntry(msgspec.Struct, frozen=True):
    """What is looked at of an entry; `standing` is unset once it was undone."""

    id: int
    type: EntryType
    customer_id: int
    actor_type: ActorType
    actor_id: int | None
    branch_id: int | None
    occurred_at: datetime
    standing: bool


class HourCount(msgspec.Struct, frozen=True):
    """How many visits there were in one hour at one place, by tills or by people."""

    at: datetime
    branch_id: int | None
    by_till: bool
    visits: int


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a shop: its hours of the day (None: too little past), where tills stamp, whose card is whose.

    `own_cards` holds the id of a person on the staff with the id of a customer that they are.
    """

    hours: frozenset[int] | None = None
    till_places: frozenset[int | None] = frozenset()
    own_cards: frozenset[tuple[int, int]] = frozenset()


class Flag(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is flagged; `number` is how many visits or undos the day had, and 1 for other kinds.

    `subject` is what is flagged once a day: the customer, the person, or the entry itself.
    """

    kind: FlagKind
    day: date
    subject: int
    transaction_id: int
    occurred_at: datetime
    number: int = 1

    @property
    def id(self) -> int:
        """The number of the flag, made from its entry and its kind."""
        return self.transaction_id * 8 + list(FlagKind).index(self.kind)

    @property
    def key(self) -> tuple[FlagKind, date, int]:
        """What is flagged only once."""
        return self.kind, self.day, self.subject


def changed_rules(rules: FlagRules, change: FlagRulesChange) -> FlagRules:
    """The rules after a change; each kind that is off is named once."""
    asked = {name: value for name in change.__struct_fields__ if (value := getattr(change, name)) is not UNSET}
    after = msgspec.structs.replace(rules, **asked)
    return msgspec.structs.replace(after, off=tuple(kind for kind in FlagKind if kind in after.off))


def habits_of(past: Iterable[HourCount], zone: tzinfo, own_cards: Iterable[tuple[int, int]] = ()) -> Habits:
    """What the visits of the last weeks tell about a shop."""
    counts, cards = list(past), frozenset(own_cards)
    days = {one.at.astimezone(zone).date() for one in counts}
    if len(days) < KNOWN_DAYS or sum(one.visits for one in counts) < KNOWN_VISITS:
        return Habits(own_cards=cards)
    return Habits(hours=_usual_hours(counts, zone, len(days)), till_places=_till_places(counts), own_cards=cards)


def _usual_hours(counts: Iterable[HourCount], zone: tzinfo, days: int) -> frozenset[int]:
    seen: set[tuple[date, int]] = set()
    for one in counts:
        local = one.at.astimezone(zone)
        seen |= {(local.date(), (local.hour + near) % HOURS) for near in (-1, 0, 1)}
    often = Counter(hour for _, hour in seen)
    needed = max(DAYS_OF_AN_HOUR, -(-days // ONE_IN))
    return frozenset(hour for hour, on_days in often.items() if on_days >= needed)


def _till_places(counts: Iterable[HourCount]) -> frozenset[int | None]:
    visits, by_hand = Counter[int | None](), Counter[int | None]()
    for one in counts:
        visits[one.branch_id] += one.visits
        by_hand[one.branch_id] += 0 if one.by_till else one.visits
    return frozenset(
        place for place, many in visits.items() if many >= KNOWN_VISITS and by_hand[place] * ONE_IN <= many
    )


def find_flags(seen: Iterable[SeenEntry], rules: FlagRules, habits: Habits, zone: tzinfo) -> list[Flag]:
    """The flags of some entries, in the order of the entries. `seen` rise by their ids and hold whole days."""
    entries = [entry for entry in seen if entry.standing]
    stamps = [entry for entry in entries if entry.type is EntryType.STAMP]
    by_staff = [entry for entry in stamps if entry.actor_type is ActorType.STAFF]
    undos = [entry for entry in entries if entry.type is EntryType.VOID and entry.actor_type is ActorType.STAFF]
    own = (one for one in by_staff if (one.actor_id, one.customer_id) in habits.own_cards)
    late = (one for one in stamps if habits.hours is not None and _hour(one, zone) not in habits.hours)
    by_hand = (one for one in by_staff if one.branch_id in habits.till_places)
    found = [
        *_each(own, FlagKind.OWN_CARD, zone),
        *_above(stamps, FlagKind.MANY_VISITS, zone, most=rules.most_visits, subject=lambda one: one.customer_id),
        *_above(undos, FlagKind.MANY_UNDOS, zone, most=rules.most_undos, subject=lambda one: one.actor_id or 0),
        *_each(late, FlagKind.UNUSUAL_HOUR, zone),
        *_each(by_hand, FlagKind.BY_HAND, zone),
    ]
    return sorted((flag for flag in found if flag.kind not in rules.off), key=lambda flag: flag.id)


def _hour(entry: SeenEntry, zone: tzinfo) -> int:
    return entry.occurred_at.astimezone(zone).hour


def _each(entries: Iterable[SeenEntry], kind: FlagKind, zone: tzinfo) -> Iterator[Flag]:
    """A flag for each entry."""
    for entry in entries:
        day = entry.occurred_at.astimezone(zone).date()
        yield Flag(kind=kind, day=day, subject=entry.id, transaction_id=entry.id, occurred_at=entry.occurred_at)


def _above(
    entries: Iterable[SeenEntry], kind: FlagKind, zone: tzinfo, *, most: int, subject: Callable[[SeenEntry], int]
) -> Iterator[Flag]:
    """A flag for each subject with more entries in a day than `most`: at the first one above it."""
    counts, first = Counter[tuple[date, int]](), dict[tuple[date, int], SeenEntry]()
    for entry in entries:
        key = entry.occurred_at.astimezone(zone).date(), subject(entry)
        counts[key] += 1
        if counts[key] == most + 1:
            first[key] = entry
    for (day, about), entry in first.items():
        yield Flag(
            kind=kind,
            day=day,
            subject=about,
            transaction_id=entry.id,
            occurred_at=entry.occurred_at,
            number=counts[day, about],
        )
