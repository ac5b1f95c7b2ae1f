"""Misread names: corrects names from an earlier import that was read in a wrong encoding.

A name is corrected if its letters are exactly what the bytes of the right name give in another encoding. So a name that
somebody has changed since stays as it is, and so does one that was never misread. Only a file that is read in a
named or certain encoding corrects: a guess would make right names wrong.
"""

import asyncio
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from loyalty_app.counter import Caller, Counter
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import customer
from loyalty_app.importing.candidates import Candidate, Fate, Remark
from loyalty_app.importing.cells import name_of
from loyalty_app.importing.code_pages import KNOWN_PAGES
from loyalty_app.shops.businesses import Business
from loyalty_core.customers import ProfileChange
from loyalty_core.errors import InvalidRequest
from loyalty_core.fields import CustomerId
from loyalty_core.ledger import SYSTEM

ENCODINGS = ("utf-8", "latin-1", *KNOWN_PAGES)


def misreadings(name: str) -> set[str]:
    """What the bytes of a name in one encoding give in another one."""
    written = {data for page in ENCODINGS if (data := _written(name, page)) is not None}
    return {read for data in written for page in ENCODINGS if (read := _read(data, page)) is not None} - {name}


def _written(name: str, page: str) -> bytes | None:
    try:
        return name.encode(page)
    except UnicodeError:
        return None


def _read(data: bytes, page: str) -> str | None:
    try:
        return name_of(data.decode(page))
    except (UnicodeError, InvalidRequest):
        return None


class NameCorrector:
    """Corrects names; without a counter it only says which it would correct."""

    def __init__(self, database: Database, business: Business, counter: Counter | None = None) -> None:
        self._database, self._business, self._counter = database, business, counter

    async def correct(self, candidates: Sequence[Candidate], remarks: Sequence[Remark]) -> list[Remark]:
        """The remarks, with those replaced whose customers have a misread name, which is corrected."""
        names = {one.place: one.profile.name for one in candidates if not one.profile.name.isascii()}
        there = {one.place: one.customer_id for one in remarks if one.customer_id is not None and one.place in names}
        kept = await self._database.read(lambda connection: self._names(connection, set(there.values())))
        wrong = {place for place, number in there.items() if _is_misread(names[place], kept.get(number))}
        await asyncio.gather(*(self._change(there[place], names[place]) for place in wrong))
        return [_corrected(one, kept[there[one.place]]) if one.place in wrong else one for one in remarks]

    def _names(self, connection: Connection, ids: set[int]) -> dict[int, str]:
        rows = self._database.fetch(connection, customer, ("business_id", "id"), [(self._business.id, n) for n in ids])
        return {row.id: row.name for row in rows if row.erased_at is None}

    async def _change(self, number: int, name: str) -> None:
        if self._counter is None:
            return
        caller = Caller(business=self._business, actor=SYSTEM)
        await self._counter.change_profile(caller, CustomerId(number), ProfileChange(name=name))


def _is_misread(name: str, kept: str | None) -> bool:
    return kept is not None and kept != name and kept in misreadings(name)


def _corrected(remark: Remark, kept: str) -> Remark:
    message = f"had been read in a wrong encoding, as {kept}"
    return msgspec.structs.replace(remark, fate=Fate.CORRECTED, field="name", message=message)
