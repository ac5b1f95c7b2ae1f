"""A shop with one customer: asks the rules and keeps what they decide, as a database would."""

from collections import Counter
from copy import copy
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from msgspec.structs import replace

from loyalty_core.analytics import DayTotals
from loyalty_core.birthdays import give_birthday
from loyalty_core.booking import head_start_is_due
from loyalty_core.changes import Change, Occasion
from loyalty_core.customers import Card, Profile
from loyalty_core.events import Event
from loyalty_core.joining import join
from loyalty_core.ledger import SYSTEM, Actor, Entry, Folded, fold
from loyalty_core.outcomes import Expired, Redeemed, Stamped, Voided
from loyalty_core.programs import Program
from loyalty_core.rewards import Reward, RewardStatus
from loyalty_core.stamping import RedeemOrder, StampOrder, expire, redeem, stamp
from loyalty_core.voiding import History, void
from loyalty_core.win_back import give_win_back
from testkit.builders import ANA, MIRA, NOON, a_customer, a_new_card, a_program, an_occasion, with_change

Answer = TypeVar("Answer")


class Shop:
    """What there is about one customer; each verb asks the rules and keeps the change, a refusal keeps nothing."""

    def __init__(self, program: Program | None = None, *, now: datetime = NOON, opening_stamps: int = 0) -> None:
        self.program = program or a_program()
        self.now = now
        self.customer = a_customer()
        self.entries: dict[int, Entry] = {}
        self.rewards: dict[int, Reward] = {}
        self.totals: dict[date, DayTotals] = {}
        self.events: list[Event] = []
        self.keep(join(Profile(name="Lena"), self.program, a_new_card(opening_stamps), at=self.occasion()))

    def keep(self, change: Change[Answer]) -> Answer:
        """Write down what was decided, and hand on the answer."""
        assert not self.rewards.keys() & {reward.id for reward in change.issued}, "a new reward has a new id"
        assert self.rewards.keys() >= {reward.id for reward in change.settled}, "a settled reward was there before"
        self.customer = change.customer
        self.rewards |= {reward.id: reward for reward in (*change.issued, *change.settled)}
        self.events += change.events
        if change.opening is not None:
            self._keep_entry(change.opening, ())
        if change.entry is not None:
            self._keep_entry(change.entry, change.voided)
        self.entries |= {entry.id: entry for entry in change.rewritten}
        for day, totals in change.totals:
            self.totals[day] = self.totals.get(day, DayTotals()) + totals
        return change.answer

    def _keep_entry(self, entry: Entry, voided: tuple[int, ...]) -> None:
        assert entry.id not in self.entries, "an entry is never written over"
        self.entries[entry.id] = entry
        for number in voided:
            self.entries[number] = replace(self.entries[number], voided_by=entry.id)

    def occasion(self, by: Actor = ANA) -> Occasion:
        """Now, with the next numbers; the lowest is for a head start, if one is due."""
        number = max(self.entries, default=0) + 1
        return an_occasion(
            self.now,
            by,
            transaction_id=number + head_start_is_due(self.customer, self.program),
            first_reward_id=max(self.rewards, default=0) + 1,
            opening_id=number,
        )

    def wait(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Let time pass, of the kind that knows no summer time."""
        span = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        self.now = (self.now.astimezone(UTC) + span).astimezone(self.now.tzinfo)

    def change(self, **asked: object) -> None:
        """The owner changes the program."""
        self.program = with_change(self.program, now=self.now, **asked)

    def stamp(self, stamps: int = 1, *, by: Actor = ANA, minutes_ago: float | None = None) -> Stamped:
        """Stamp now, or book what was given some minutes ago."""
        order, ledger = StampOrder(stamps=stamps), None
        if minutes_ago is not None:
            then = self.now.astimezone(UTC) - timedelta(minutes=minutes_ago)
            order, ledger = replace(order, occurred_at=then), tuple(self.entries.values())
        return self.keep(stamp(self.customer, self.program, order, at=self.occasion(by), ledger=ledger))

    def redeem(self, reward_id: int | None = None, *, by: Actor = ANA) -> Redeemed:
        order = RedeemOrder(reward_id=reward_id)
        rewards = tuple(self.rewards.values())
        return self.keep(redeem(self.customer, self.program, rewards, order=order, at=self.occasion(by)))

    def expire(self) -> list[Expired]:
        """Book all rewards whose time is over."""
        booked = []
        for reward in list(self.rewards.values()):
            change = expire(self.customer, self.program, reward, at=self.occasion())
            if change is not None:
                booked.append(self.keep(change))
        return booked

    def celebrate(self) -> Stamped | None:
        """Give what is due for a birthday; None if nothing is."""
        entries = tuple(self.entries.values())
        change = give_birthday(self.customer, self.program, entries, at=self.occasion(SYSTEM))
        return None if change is None else self.keep(change)

    def win_back(self) -> Stamped | None:
        """Give what is due to a customer who is away for long; None if nothing is."""
        change = give_win_back(self.customer, self.program, tuple(self.entries.values()), at=self.occasion(SYSTEM))
        return None if change is None else self.keep(change)

    def void(
        self, transaction_id: int, stamps: int | None = None, *, by: Actor = MIRA, reason: str | None = None
    ) -> Voided:
        target = self.entries[transaction_id]
        return self.keep(void(self.history(), target, at=self.occasion(by), reason=reason, stamps=stamps))

    def history(self) -> History:
        """All there is about the customer, as undoing wants it."""
        return History(
            customer=self.customer,
            program=self.program,
            entries=tuple(self.entries.values()),
            rewards=tuple(self.rewards.values()),
        )

    def twin(self) -> "Shop":
        """A shop like this one, that stays as it is now."""
        twin = copy(self)
        twin.entries, twin.rewards, twin.totals = self.entries.copy(), self.rewards.copy(), self.totals.copy()
        twin.events = self.events.copy()
        return twin

    @property
    def card(self) -> Card:
        return self.customer.card

    def folded(self) -> Folded:
        """What the ledger adds up to."""
        return fold(self.entries.values(), self.program, self.now.tzinfo)

    def standing(self) -> Counter[tuple[int, str]]:
        """The rewards that were not voided, by their entries and texts."""
        kept = (reward for reward in self.rewards.values() if reward.status is not RewardStatus.VOIDED)
        return Counter((reward.transaction_id, reward.description) for reward in kept)

    def earned(self) -> Counter[tuple[int, str]]:
        """The rewards that the ledger earns, in the same form."""
        return Counter((number, text) for number, texts in self.folded().earned.items() for text in texts)

    def with_status(self, status: RewardStatus) -> list[int]:
        """The ids of the rewards that stand like this."""
        return [reward.id for reward in self.rewards.values() if reward.status is status]
