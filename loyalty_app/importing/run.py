"""Running an import: a file from its bytes to the report on each line. The steps are other modules."""

import hashlib
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from itertools import islice

import msgspec

from loyalty_app.clock import Clock
from loyalty_app.counter import Counter
from loyalty_app.db.engine import Database
from loyalty_app.importing.candidates import Fate, Remark, Setting
from loyalty_app.importing.customer_creation import CandidateTaker, CustomerCreator, DryRun, ImportKeys, Known
from loyalty_app.importing.sheet import Read, Sheet, read_sheet, without_wrong_lines
from loyalty_app.shops.businesses import Business, find_business

AT_ONCE = 512


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a file: how it was read, how many lines had which fate, and why."""

    business_id: int
    dry_run: bool
    encoding: str
    separator: str
    columns: tuple[str, ...]
    ignored_columns: tuple[str, ...]
    imported: int
    already_there: int
    left_out: int
    report: tuple[Remark, ...]


def _tell_nobody(_done: int, _all: int) -> None:
    """Ignore progress."""


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to import a file: `progress` gets how many lines were just done, and of how many."""

    dry_run: bool = False
    encoding: str | None = None
    progress: Callable[[int, int], None] = _tell_nobody


DEFAULTS = ImportOptions()


async def import_file(
    database: Database, business_id: int, data: bytes, *, clock: Clock, options: ImportOptions = DEFAULTS
) -> Imported:
    """Import a file, or say what would happen to it. Raises InvalidRequest, Busy."""
    business = await database.read(lambda connection: find_business(connection, business_id))
    setting = Setting(business.country, business.zone, clock())
    sheet = read_sheet(data, setting, encoding=options.encoding)
    known, told = await Known.load(database, business_id), options.progress
    if options.dry_run:
        progress = await _go_through(sheet, known, DryRun(database, business), told)
        return _imported(business, sheet, progress, dry_run=True)
    counter = Counter(database, clock=clock)
    try:
        taker = CustomerCreator(counter, business, ImportKeys(hashlib.sha256(data).hexdigest()[:32]))
        return _imported(business, sheet, await _go_through(sheet, known, taker, told), dry_run=False)
    finally:
        await counter.close()


class Progress:
    """The result of the lines so far."""

    def __init__(self) -> None:
        self.fates: Tally[Fate] = Tally()
        self.report: list[Remark] = []

    def note(self, lines: int, remarks: list[Remark]) -> None:
        """Note lines that are done; a line may have several remarks."""
        others = {remark.place: remark.fate for remark in remarks}
        self.fates.update(others.values())
        self.fates[Fate.IMPORTED] += lines - len(others)
        self.report += sorted(remarks, key=lambda remark: remark.place)


async def _go_through(sheet: Sheet, known: Known, taker: CandidateTaker, told: Callable[[int, int], None]) -> Progress:
    progress = Progress()
    for lines in _parts(sheet.lines):
        candidates, remarks = without_wrong_lines(lines)
        new = []
        for candidate in candidates:
            remark = known.remark(candidate, "line")
            if remark is None:
                new.append(candidate)
            else:
                remarks.append(remark)
        progress.note(len(lines), remarks + await taker.take(new))
        told(len(lines), sheet.rows)
    return progress


def _parts(lines: Iterator[Read]) -> Iterator[list[Read]]:
    while part := list(islice(lines, AT_ONCE)):
        yield part


def _imported(business: Business, sheet: Sheet, progress: Progress, *, dry_run: bool) -> Imported:
    return Imported(
        business_id=business.id,
        dry_run=dry_run,
        encoding=sheet.encoding,
        separator=sheet.separator,
        columns=tuple(sheet.columns.places),
        ignored_columns=sheet.columns.ignored,
        imported=progress.fates[Fate.IMPORTED],
        already_there=progress.fates[Fate.ALREADY_THERE],
        left_out=progress.fates[Fate.LEFT_OUT],
        report=tuple(progress.report),
    )
