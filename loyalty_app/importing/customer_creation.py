"""Creation: candidates become customers, each by a join at the counter, so that every rule holds for them.

Existing customers are left alone: found by phone number, or without one, by the same name and e-mail address. So a list
may be imported again, even after a failure in the middle. The join of a person without a number has an idempotency key
made from the list and the place: if two import one list at once, nobody is created twice.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec
from msgspec import UNSET
from msgspec.structs import replace
from sqlalchemy import Connection, select

from loyalty_app.counter import Answer, Caller, Counter
from loyalty_app.counter.orders import ProgramStamps
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business_total, customer, customer_merge
from loyalty_app.importing.candidates import Candidate, Fate, Remark
from loyalty_app.importing.further_lines import person, token_of
from loyalty_app.shops.businesses import Business
from loyalty_core.access import PLANS
from loyalty_core.errors import (
    Busy,
    CustomerExists,
    CustomerLimitReached,
    CustomerNotFound,
    IdempotencyKeyReused,
    InvalidRequest,
    LoyaltyError,
)
from loyalty_core.ledger import SYSTEM, Actor
from loyalty_core.number_plans import forms_of, one_number
from loyalty_core.views import CustomerView

TRIES = 20

Outcome = Answer[CustomerView] | LoyaltyError


class CandidateTaker(Protocol):
    """Takes candidates in, or says what would happen to them."""

    async def take(self, candidates: Sequence[Candidate]) -> list[Remark]:
        """Take them; return remarks on those that were not taken."""


class Known:
    """People who are customers already or came earlier in the list."""

    def __init__(self) -> None:
        self._people: dict[int, int] = {}
        self._places: dict[str | int, int] = {}

    @classmethod
    async def load(cls, database: Database, business_id: int) -> "Known":
        """Read the customers of a business; hashes of them are enough."""
        own = select(customer.c.id, customer.c.name, customer.c.email).where(
            customer.c.business_id == business_id, customer.c.erased_at.is_(None)
        )
        known = cls()
        known._people = await database.read(
            lambda connection: {hash(person(row.name, row.email)): row.id for row in connection.execute(own)}
        )
        return known

    def remark(self, candidate: Candidate, word: str) -> Remark | None:
        """Why a candidate need not be taken, if so; an unknown one is known from now on."""
        profile = candidate.profile
        token = token_of(profile)
        what = "phone number" if profile.phone else "name and e-mail address, and no phone number,"
        if (twin := self._places.get(token)) is not None:
            return _there(candidate, f"{word} {twin} has the same {what} already", twin)
        self._places[token] = candidate.place
        if not profile.phone and token in self._people:
            return _there(candidate, f"a customer with the same {what} is there")
        return None

    def misread(self, candidate: Candidate, names: Iterable[str]) -> Remark | None:
        """A customer under one of these names, without a phone number: the name is a misread one of the candidate's."""
        email = candidate.profile.email
        found = next((n for name in names if (n := self._people.get(hash(person(name, email))))), None)
        if found is None:
            return None
        return replace(_there(candidate, f"customer {found} has a misread form of that name"), customer_id=found)


def _there(candidate: Candidate, message: str, twin: int | None = None) -> Remark:
    return Remark(place=candidate.place, fate=Fate.ALREADY_THERE, message=message, twin=twin)


class ImportKeys(msgspec.Struct, frozen=True):
    """Idempotency keys of a list: for `every` candidate, or only for those without a phone number."""

    of_list: str
    every: bool = False

    def of(self, candidate: Candidate) -> str | None:
        """The key of a candidate, if it needs one."""
        return self.at(candidate.place) if self.every or not candidate.profile.phone else None

    def at(self, place: int) -> str:
        """The key of the candidate at a place."""
        return f"import {self.of_list} {place}"


class CustomerCreator:
    """Creates customers from candidates."""

    def __init__(self, counter: Counter, business: Business, keys: ImportKeys, actor: Actor = SYSTEM) -> None:
        self._counter, self._business, self._keys, self._actor = counter, business, keys, actor

    async def take(self, candidates: Sequence[Candidate]) -> list[Remark]:
        """Take them; a busy counter is asked again. Raises Busy if that does not help."""
        remarks: list[Remark] = []
        waiting = list(candidates)
        for _ in range(TRIES):
            outcomes = await asyncio.gather(*map(self._join, waiting))
            told = zip(waiting, outcomes, strict=True)
            remarks += [remark for one, outcome in told if (remark := self._remark(one, outcome)) is not None]
            waiting = [one for one, outcome in zip(waiting, outcomes, strict=True) if isinstance(outcome, Busy)]
            if not waiting:
                return remarks
            await asyncio.sleep(1)
        raise Busy

    async def _join(self, candidate: Candidate) -> Outcome:
        caller = Caller(business=self._business, actor=self._actor, key=self._keys.of(candidate))
        try:
            return await self._counter.join(
                caller, candidate.profile, opening_stamps=_brought(candidate), joined_at=candidate.joined_at
            )
        except LoyaltyError as refusal:
            return refusal

    def _remark(self, candidate: Candidate, outcome: Outcome) -> Remark | None:
        if isinstance(outcome, Answer):
            again = outcome.replayed and not self._keys.every
            return _there(candidate, "it was imported before") if again else None
        return None if isinstance(outcome, Busy) else _refused(candidate, outcome)


def _brought(candidate: Candidate) -> list[ProgramStamps]:
    lines = [(candidate.stamps, candidate.program_id), *((line.stamps, line.program_id) for line in candidate.more)]
    return [ProgramStamps(stamps, UNSET if program_id is None else program_id) for stamps, program_id in lines]


def _refused(candidate: Candidate, refusal: LoyaltyError) -> Remark:
    match refusal:
        case CustomerExists():
            there = _there(candidate, f"customer {refusal.customer_id} has that phone number")
            return replace(there, customer_id=refusal.customer_id)
        case IdempotencyKeyReused():
            return _there(candidate, "it was imported before, with other words")
        case CustomerNotFound():
            return _left_out(candidate, None, "was imported before and then erased; it stays so")
        case InvalidRequest():
            error = refusal.errors[0]
            return _left_out(candidate, error.pointer.lstrip("/"), error.message)
        case _:
            return _left_out(candidate, None, str(refusal))


def _left_out(candidate: Candidate, field: str | None, message: str) -> Remark:
    return Remark(place=candidate.place, fate=Fate.LEFT_OUT, field=field, message=message)


Holders = dict[str | None, int]
"""Phone numbers, and the customers who have them."""


class DryRun:
    """Says what would happen to candidates, and changes nothing."""

    def __init__(self, database: Database, business: Business) -> None:
        self._database, self._business = database, business
        self._taken = 0

    async def take(self, candidates: Sequence[Candidate]) -> list[Remark]:
        """Remarks on those that would not be taken."""
        there, room = await self._database.read(lambda connection: self._look(connection, candidates))
        remarks = []
        for candidate in candidates:
            holder = there.get(candidate.profile.phone)
            if holder is not None:
                remarks.append(_refused(candidate, CustomerExists(holder)))
            elif room is not None and self._taken >= room:
                remarks.append(_refused(candidate, CustomerLimitReached(PLANS[self._business.plan].customers or 0)))
            else:
                self._taken += 1
        return remarks

    def _look(self, connection: Connection, candidates: Sequence[Candidate]) -> tuple[Holders, int | None]:
        own = self._business.id
        wanted = [(own, form) for one in candidates if one.profile.phone for form in forms_of(one.profile.phone)]
        rows = self._database.fetch(connection, customer, ("business_id", "phone"), wanted)
        merged = self._database.fetch(connection, customer_merge, ("business_id", "phone"), wanted)
        limit = PLANS[self._business.plan].customers
        kept = select(business_total.c.customers).where(business_total.c.business_id == own)
        room = None if limit is None else limit - connection.execute(kept).scalar_one()
        held: Holders = {one_number(row.phone): row.into_id for row in merged}
        return held | {one_number(row.phone): row.id for row in rows}, room
