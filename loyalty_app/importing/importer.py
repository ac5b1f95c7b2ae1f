"""The importer: takes lists that wait out of the database and imports them, a part at a time."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from loyalty_app.businesses import Business, find_business
from loyalty_app.counter import Counter
from loyalty_app.db.engine import Database
from loyalty_app.importing.booking import Booking, Keys, Known, done_before
from loyalty_app.importing.candidates import Candidate, Fate, Remark, Setting
from loyalty_app.importing.jobs import Job, Jobs, note_progress, remark_of
from loyalty_app.importing.listed import candidate_of
from loyalty_app.turns import Turns

AT_ONCE = 100
"""So few that whoever stamps a card meanwhile hardly waits."""


class Importer(Turns[Job, Job]):
    """Imports lists until it is closed; closing finishes the part that is under way and gives the rest back."""

    def __init__(self, database: Database, counter: Counter, *, clock: Callable[[], datetime]) -> None:
        super().__init__(database, Jobs(), self._import, clock=clock, name="importer")
        self._counter = counter

    async def _import(self, job: Job) -> Job:
        business = await self._database.read(lambda connection: find_business(connection, job.business_id))
        known = await Known.load(self._database, business.id)
        while job.done < len(job.customers) and not self._closing:
            job = await self._import_part(job, business, known)
            if not await note_progress(self._database, job, now=self._clock()):
                break
        return job

    async def _import_part(self, job: Job, business: Business, known: Known) -> Job:
        setting, keys = Setting(business.country, business.zone, self._clock()), Keys(f"job {job.id}", every=True)
        part = range(job.done, min(job.done + AT_ONCE, len(job.customers)))
        read = [candidate_of(job.customers[place], place, setting) for place in part]
        remarks = [remark for one in read if isinstance(one, list) for remark in one]
        candidates = [one for one in read if isinstance(one, Candidate)]
        new, old = await self._sorted(candidates, business, known, keys)
        taker = Booking(self._counter, business, keys, job.actor)
        return _further(job, len(part), remarks + old + await taker.take(new))

    async def _sorted(
        self, candidates: Sequence[Candidate], business: Business, known: Known, keys: Keys
    ) -> tuple[list[Candidate], list[Remark]]:
        """Who is to join, and remarks on who need not; whom this very list has brought in counts as to join."""
        own = {candidate.place: str(keys.of(candidate)) for candidate in candidates}
        done = await done_before(self._database, business.id, list(own.values()))
        new, old = [], []
        for candidate in candidates:
            remark = known.remark(candidate, "customer")
            if remark is None or own[candidate.place] in done:
                new.append(candidate)
            else:
                old.append(remark)
        return new, old


def _further(job: Job, count: int, remarks: Sequence[Remark]) -> Job:
    fates = {remark.place: remark.fate for remark in remarks}
    there = sum(fate is Fate.ALREADY_THERE for fate in fates.values())
    told = sorted(map(remark_of, remarks), key=lambda remark: remark.index)
    return msgspec.structs.replace(
        job,
        done=job.done + count,
        imported=job.imported + count - len(fates),
        already_there=job.already_there + there,
        report=(*job.report, *told),
    )
