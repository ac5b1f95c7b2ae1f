"""Stories: what may happen to a card, in any order, for laws that hold whatever happens."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty_core.bonus_hours import BonusHours
from loyalty_core.errors import LoyaltyError
from loyalty_core.programs import Surplus
from loyalty_core.steps import Step as Way
from loyalty_core.voiding import UNDOABLE
from testkit.builders import KOLKATA, NEW_YORK, a_program, at
from tests.core.shop import Shop


@dataclass(frozen=True)
class Stamp:
    """Somebody is stamped; perhaps they were some minutes ago, and the till was offline."""

    stamps: int
    minutes_ago: int | None = None

    def __call__(self, shop: Shop) -> None:
        shop.stamp(self.stamps, minutes_ago=self.minutes_ago)


@dataclass(frozen=True)
class Redeem:
    """A reward is handed out: the oldest, or any one, whatever became of it."""

    which: int | None

    def __call__(self, shop: Shop) -> None:
        shop.redeem(None if self.which is None else 1 + self.which % (len(shop.rewards) + 1))


@dataclass(frozen=True)
class Void:
    """An entry is undone, counted from the last one: a stamp or redemption that stands, or, blindly, any."""

    which: int
    blindly: bool = False

    def __call__(self, shop: Shop) -> None:
        standing = [number for number, entry in shop.entries.items() if entry.type in UNDOABLE and not entry.voided_by]
        entries = list(shop.entries) if self.blindly else standing
        if entries:
            shop.void(entries[-1 - self.which % len(entries)])


@dataclass(frozen=True)
class Expire:
    """Days pass, and rewards whose time is over are booked."""

    days: int

    def __call__(self, shop: Shop) -> None:
        shop.wait(days=self.days)
        shop.expire()


@dataclass(frozen=True)
class Wait:
    """Time passes."""

    minutes: int

    def __call__(self, shop: Shop) -> None:
        shop.wait(minutes=self.minutes)


@dataclass(frozen=True)
class Change:
    """The owner changes the program."""

    asked: dict[str, object]

    def __call__(self, shop: Shop) -> None:
        shop.change(**self.asked)


Deed = Callable[[Shop], None]


@dataclass(frozen=True)
class Step:
    """One deed, with the shop before and after it, and the refusal if there was one."""

    deed: Deed
    before: Shop
    after: Shop
    refusal: LoyaltyError | None


@dataclass(frozen=True)
class Story:
    """How a shop began, and what was tried in it."""

    terms: dict[str, object]
    zone: ZoneInfo
    day: str
    opening_stamps: int
    deeds: list[Deed]

    def steps(self) -> Iterator[Step]:
        """Let it happen, deed by deed."""
        shop = Shop(
            a_program(**self.terms), now=at("22:30", day=self.day, zone=self.zone), opening_stamps=self.opening_stamps
        )
        yield Step(Wait(0), shop.twin(), shop, None)
        for deed in self.deeds:
            before = shop.twin()
            yield Step(deed, before, shop, _refusal(deed, shop))

    def end(self) -> Shop:
        """The shop when all has happened."""
        return [step.after for step in self.steps()][-1]


def _refusal(deed: Deed, shop: Shop) -> LoyaltyError | None:
    try:
        deed(shop)
    except LoyaltyError as refusal:
        return refusal
    return None


STEPS = [
    (Way(1, "A tea"),),
    (Way(2, "A tea"), Way(3, "A cake")),
    (Way(2, "A cake"), Way(4, "A tea")),
    (Way(3, "A juice"), Way(5, "A coffee"), Way(6, "A tea")),
]
ALL_NIGHT = BonusHours(weekdays=(1, 3, 6, 7), begin="20:00", end="06:30", factor=2)
HOURS = [(ALL_NIGHT,), (replace(ALL_NIGHT, factor=3), BonusHours(weekdays=(5,), begin="00:00", end="24:00", factor=2))]

TERMS = {
    "stamps_required": st.integers(1, 8),
    "surplus": st.sampled_from(Surplus),
    "cooldown_seconds": st.sampled_from([0, 0, 0, 600]),
    "daily_stamp_cap": st.sampled_from([None, None, 12]),
    "reward_valid_days": st.sampled_from([None, 1, 1, 3]),
    "steps": st.sampled_from([(), (), *STEPS]),
    "opening_stamps": st.sampled_from([0, 0, 0, 1, 2]),
    "bonus_hours": st.sampled_from([(), (), *HOURS]),
}
WAIT = st.builds(Wait, st.sampled_from([0, 5, 11, 60, 600, 1440, 3000]))
STAMPS = st.sampled_from([1, 1, 1, 2, 2, 3, 3, 5, 10])
STAMP = st.builds(Stamp, STAMPS)
LATE = st.builds(Stamp, STAMPS, st.sampled_from([0, 1, 5, 30, 700, 1500, 4000, 10_079]))
REDEEM = st.builds(Redeem, st.sampled_from([None, None, 0, 1, 2, 3, 4, 5]))
VOID = st.builds(Void, st.integers(0, 9), st.sampled_from([False, False, False, True]))
EXPIRE = st.builds(Expire, st.sampled_from([0, 2, 4]))
EVERYDAY: list[st.SearchStrategy[Deed]] = [WAIT, STAMP, STAMP, STAMP, LATE, REDEEM, VOID, EXPIRE]

BEGINNING = {
    "zone": st.sampled_from([NEW_YORK, KOLKATA]),
    "day": st.sampled_from(["2026-03-02", "2026-03-07", "2026-10-31"]),
    "opening_stamps": st.sampled_from([0, 0, 3, 20]),
}


def possible(terms: dict[str, object], goal: int | None = None) -> dict[str, object]:
    """Terms that do not contradict each other: the steps and the head start that the goal has room for."""
    most = goal or terms["stamps_required"]
    assert isinstance(most, int)
    steps = terms.get("steps", ())
    assert isinstance(steps, tuple)
    opening = terms.get("opening_stamps", 0)
    assert isinstance(opening, int)
    room = {"steps": tuple(step for step in steps if step.stamps < most), "opening_stamps": min(opening, most - 1)}
    return terms | {name: value for name, value in room.items() if name in terms}


def deeds(*more: st.SearchStrategy[Deed]) -> st.SearchStrategy[list[Deed]]:
    """Some twenty deeds; in an example that was made as small as possible most of them are no wait at all."""
    deed = st.sampled_from([*EVERYDAY, *more]).flatmap(lambda kind: kind)
    return st.lists(deed, min_size=12, max_size=40)


def stories(*, opening: bool = True) -> st.SearchStrategy[Story]:
    """Stories of all kinds; without opening stamps and head starts if those would stand in the way."""
    beginning = BEGINNING if opening else BEGINNING | {"opening_stamps": st.just(0)}
    terms = TERMS if opening else TERMS | {"opening_stamps": st.just(0)}
    change = st.builds(Change, st.fixed_dictionaries({}, optional=terms))
    return st.builds(Story, terms=st.fixed_dictionaries(terms).map(possible), deeds=deeds(change), **beginning)


def stories_with_constant_carry() -> st.SearchStrategy[Story]:
    """Stories in which nobody changes the goal, no stamp is dropped, and only goals earn rewards."""
    terms = TERMS | {"surplus": st.just(Surplus.CARRY), "steps": st.just(())}
    return st.builds(Story, terms=st.fixed_dictionaries(terms).map(possible), deeds=deeds(), **BEGINNING)


def stories_with_constant_steps() -> st.SearchStrategy[Story]:
    """Stories in which nobody changes the goal or the steps, whose texts differ."""
    terms = TERMS | {"stamps_required": st.integers(4, 8), "steps": st.sampled_from(STEPS[:3])}
    others = {name: value for name, value in TERMS.items() if name not in {"stamps_required", "steps"}}
    change = st.builds(Change, st.fixed_dictionaries({}, optional=others))
    return st.builds(Story, terms=st.fixed_dictionaries(terms).map(possible), deeds=deeds(change), **BEGINNING)
