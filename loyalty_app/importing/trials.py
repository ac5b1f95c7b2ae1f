"""Trials: an uploaded file is read and tried out beside a server that stamps; nothing is written.

Reading computes a lot. It is done in a thread of its own, one file at a time, which rests as long as it works: so that
stamps get at least half of the processor. How a trial is kept is in `kept_trials`.
"""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import msgspec

from loyalty_app.clock import Clock
from loyalty_app.db.engine import Database
from loyalty_app.importing.candidates import Candidate, Fate, ListedCustomer, Remark, Setting, read_setting
from loyalty_app.importing.customer_creation import DryRun, Known
from loyalty_app.importing.further_lines import FurtherLines
from loyalty_app.importing.sheet import Read, Sheet, read_sheet, without_wrong_lines
from loyalty_app.shops.businesses import Business
from loyalty_core.errors import InvalidRequest

LARGEST_UPLOAD, MOST_LINES = 5 * 2**20, 20_000
HEADING_AND_END = 2
AT_ONCE, AT_A_LOOK = 50, 500
MOST_REMARKS = 1_000
TOO_LARGE = "must have at most 5 MB: split it"
TOO_LONG = "must have at most 20000 lines: split it"

_thread = ThreadPoolExecutor(1, "uploads")


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen to a file: how it was read, and how many lines would be imported, be there, be left out.

    `lines` are the lines of the customers that it names, in their order; `unread` is how many lines name nobody.
    `remarks` are the first ones about lines that are left out, or name somebody twice. `example` is as in a `Sheet`.
    """

    file: str
    encoding: str
    guessed: bool
    example: str | None
    separator: str
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    lines: tuple[int, ...]
    unread: int
    imported: int
    already_there: int
    left_out: int
    remarks: tuple[Remark, ...]


class TriedList(msgspec.Struct, frozen=True):
    """A trial, and the customers whom the file names, as a list to import."""

    trial: Trial
    customers: list[ListedCustomer]


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that somebody has chosen, and the encoding that they say it has, if any."""

    name: str
    content: bytes
    encoding: str | None = None


async def try_upload(database: Database, business: Business, upload: Upload, *, clock: Clock) -> TriedList:
    """Read a file and say what would happen to each line. Raises InvalidRequest, Busy."""
    setting = await read_setting(database, business, clock())
    loop = asyncio.get_running_loop()
    sheet, candidates, unread = await loop.run_in_executor(_thread, _read, upload, setting)
    remarks = await _tried(database, business, candidates)
    fates = {remark.place: remark.fate for remark in remarks}
    there = sum(fate is Fate.ALREADY_THERE for fate in fates.values())
    wrong = len({remark.place for remark in unread})
    told = [one for one in (*unread, *remarks) if one.fate is Fate.LEFT_OUT or one.twin is not None]
    trial = Trial(
        file=upload.name,
        encoding=sheet.encoding,
        guessed=sheet.guessed,
        example=sheet.example,
        separator=sheet.separator,
        columns=tuple(sheet.columns.places),
        ignored=sheet.columns.ignored,
        lines=tuple(one.place for one in candidates),
        unread=wrong,
        imported=len(candidates) - len(fates),
        already_there=there,
        left_out=len(fates) - there + wrong,
        remarks=tuple(sorted(told, key=lambda remark: remark.place)[:MOST_REMARKS]),
    )
    return TriedList(trial, [_listed(one, setting) for one in candidates])


def _read(upload: Upload, setting: Setting) -> tuple[Sheet, list[Candidate], list[Remark]]:
    """Read all lines, in small portions with rests between them. Raises InvalidRequest."""
    if len(upload.content) > LARGEST_UPLOAD:
        raise InvalidRequest.field("file", TOO_LARGE)
    sheet = read_sheet(upload.content, setting, encoding=upload.encoding)
    if sheet.rows > MOST_LINES + HEADING_AND_END:
        raise InvalidRequest.field("file", TOO_LONG)
    candidates: list[Candidate] = []
    remarks: list[Remark] = []
    begun = time.perf_counter()
    for lines in _portions(sheet.lines):
        good, wrong = without_wrong_lines(lines)
        candidates += good
        remarks += wrong
        time.sleep(time.perf_counter() - begun)
        begun = time.perf_counter()
    return sheet, candidates, remarks


def _portions(lines: Iterator[Read]) -> Iterator[list[Read]]:
    while part := list(islice(lines, AT_ONCE)):
        yield part


async def _tried(database: Database, business: Business, candidates: list[Candidate]) -> list[Remark]:
    known, dry_run, further = (
        await Known.load(database, business.id),
        DryRun(database, business),
        FurtherLines(candidates),
    )
    remarks: list[Remark] = []
    people = further.people(candidates)
    for first in range(0, len(people), AT_A_LOOK):
        told = [(one, known.remark(one, "line")) for one in people[first : first + AT_A_LOOK]]
        remarks += [remark for _, remark in told if remark is not None]
        remarks += await dry_run.take([one for one, remark in told if remark is None])
    return further.told(candidates, remarks)


def _listed(candidate: Candidate, setting: Setting) -> ListedCustomer:
    profile, joined = candidate.profile, candidate.joined_at
    return ListedCustomer(
        name=profile.name,
        phone=profile.phone,
        email=profile.email,
        birthday=profile.birthday.isoformat() if profile.birthday else None,
        stamps=candidate.stamps,
        joined_at=joined.astimezone(setting.zone).date().isoformat() if joined else None,
        program=candidate.program_id,
        opted_out=profile.opted_out is True,
    )
