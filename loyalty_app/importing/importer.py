"""The importer: claims waiting lists and imports them, part by part. How lists wait is in `import_jobs`."""

import asyncio
from collections.abc import Iterable, Sequence

import msgspec

from loyalty_app.clock import Clock
from loyalty_app.counter import Counter
from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import used_keys
from loyalty_app.importing.candidates import Candidate, Fate, Remark, candidate_of, read_setting
from loyalty_app.importing.customer_creation import CustomerCreator, ImportKeys, Known
from loyalty_app.importing.further_lines import FurtherLines
from loyalty_app.importing.import_jobs import (
    MOST_REMARKS,
    ImportJob,
    ImportQueue,
    note_progress,
    remark_again,
    remark_of,
)
from loyalty_app.queues.worker import QueueWorker
from loyalty_app.shops.businesses import Business, find_business

AT_ONCE = 100
"""So few that a stamp in between hardly waits."""
PART_SECONDS = 120.0
"""How long a part may take: far longer than 100 customers need. Why: a list is held as long as work on it goes on."""


class Importer(QueueWorker[ImportJob, ImportJob]):
    """Imports lists until it is closed; closing finishes the current part and gives the rest back.

    A part that takes longer than `part_seconds` is broken off, which is logged. The lease of its list then ends by
    itself, and any importer goes on from the last part that was noted.
    """

    def __init__(
        self, database: Database, counter: Counter, *, clock: Clock, part_seconds: float = PART_SECONDS
    ) -> None:
        super().__init__(database, ImportQueue(), self._import, clock=clock, name="importer")
        self._counter, self._part_seconds = counter, part_seconds

    async def _import(self, job: ImportJob) -> ImportJob:
        async with asyncio.timeout(self._part_seconds):
            business = await self._database.read(lambda connection: find_business(connection, job.business_id))
            known = await Known.load(self._database, business.id)
            further = await self._further_lines(job, business)
        while job.done < len(job.customers) and not self._closing:
            async with asyncio.timeout(self._part_seconds):
                job = await self._import_part(job, business, known, further)
                if not await note_progress(self._database, job, now=self._clock()):
                    break
        return job

    async def _further_lines(self, job: ImportJob, business: Business) -> FurtherLines:
        """The further lines of the whole list, and what earlier parts have said of it."""
        setting = await read_setting(self._database, business, self._clock())
        if len(setting.programs) == 1 or all(one.program is None for one in job.customers):
            return FurtherLines()
        read = [candidate_of(one, place, setting) for place, one in enumerate(job.customers)]
        further = FurtherLines(one for one in read if isinstance(one, Candidate))
        further.remember(map(remark_again, job.report))
        return further

    async def _import_part(self, job: ImportJob, business: Business, known: Known, further: FurtherLines) -> ImportJob:
        setting = await read_setting(self._database, business, self._clock())
        keys = ImportKeys(f"job {job.id}", every=True)
        part = range(job.done, min(job.done + AT_ONCE, len(job.customers)))
        read = [candidate_of(job.customers[place], place, setting) for place in part]
        remarks = [remark for one in read if isinstance(one, list) for remark in one]
        candidates = [one for one in read if isinstance(one, Candidate)]
        new, old = await self._sorted(further.people(candidates), business, known, keys)
        taker = CustomerCreator(self._counter, business, keys, job.actor)
        told = remarks + old + await taker.take(new)
        further.remember(told)
        further.remember(await self._not_taken(further.untold(candidates), business, keys))
        return _further(job, len(part), further.told(candidates, told))

    async def _not_taken(self, places: Iterable[int], business: Business, keys: ImportKeys) -> list[Remark]:
        """Remarks, for further lines, on those of these people whom this list has not created."""
        own = {place: (business.id, keys.at(place)) for place in places}
        done = await used_keys(self._database, own.values())
        message = "the same person was not taken from an earlier place of this list"
        return [Remark(place=place, fate=Fate.LEFT_OUT, message=message) for place in own if own[place] not in done]

    async def _sorted(
        self, candidates: Sequence[Candidate], business: Business, known: Known, keys: ImportKeys
    ) -> tuple[list[Candidate], list[Remark]]:
        """Those who are to join, and remarks on the others. People whom this same list created count as to join."""
        own = {candidate.place: str(keys.of(candidate)) for candidate in candidates}
        done = await used_keys(self._database, ((business.id, key) for key in own.values()))
        new, old = [], []
        for candidate in candidates:
            remark = known.remark(candidate, "customer")
            if remark is None or (business.id, own[candidate.place]) in done:
                new.append(candidate)
            else:
                old.append(remark)
        return new, old


def _further(job: ImportJob, count: int, remarks: Sequence[Remark]) -> ImportJob:
    fates = {remark.place: remark.fate for remark in remarks}
    there = sum(fate is Fate.ALREADY_THERE for fate in fates.values())
    told = sorted(map(remark_of, remarks), key=lambda remark: remark.index)
    report = (*job.report, *told)
    return msgspec.structs.replace(
        job,
        done=job.done + count,
        imported=job.imported + count - len(fates),
        already_there=job.already_there + there,
        report=report if len(job.customers) <= MOST_REMARKS else report[:MOST_REMARKS],
    )
