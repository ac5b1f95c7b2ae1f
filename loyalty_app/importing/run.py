"""Running an import: a file from its bytes to the report on each line. The steps are other modules."""

import hashlib
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from itertools import islice

import msgspec

from loyalty_app.clock import Clock
from loyalty_app.counter import Counter
from loyalty_app.db.engine import Database
from loyalty_app.importing.candidates import Candidate, Fate, Remark, read_setting
from loyalty_app.importing.customer_creation import CandidateTaker, CustomerCreator, DryRun, ImportKeys, Known
from loyalty_app.importing.further_lines import FurtherLines
from loyalty_app.importing.misread_names import NameCorrector, misreadings
from loyalty_app.importing.sheet import Read, Sheet, read_sheet, without_wrong_lines
from loyalty_app.shops.businesses import Business, find_business

AT_ONCE = 512


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a file: how it was read, how many lines had which fate, and why."""

    business_id: int
    dry_run: bool
    encoding: str
    encoding_guessed: bool
    example: str | None
    separator: str
    columns: tuple[str, ...]
    ignored_columns: tuple[str, ...]
    imported: int
    already_there: int
    left_out: int
    corrected: int
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
    setting = await read_setting(database, business, clock())
    sheet = read_sheet(data, setting, encoding=options.encoding)
    several = len(setting.programs) > 1 and "program" in sheet.columns.places
    work = Importing(sheet, await Known.load(database, business_id), options.progress, several_cards=several)
    if options.dry_run:
        await work.go_through(DryRun(database, business), _corrector(database, business, sheet))
        return _imported(business, sheet, work.progress, dry_run=True)
    counter = Counter(database, clock=clock)
    try:
        taker = CustomerCreator(counter, business, ImportKeys(hashlib.sha256(data).hexdigest()[:32]))
        await work.go_through(taker, _corrector(database, business, sheet, counter))
        return _imported(business, sheet, work.progress, dry_run=False)
    finally:
        await counter.close()


def _corrector(
    database: Database, business: Business, sheet: Sheet, counter: Counter | None = None
) -> NameCorrector | None:
    return None if sheet.guessed else NameCorrector(database, business, counter)


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


class Importing:
    """One file on its way, part by part. If it may have `several_cards` of somebody, it is read to its end first."""

    def __init__(
        self, sheet: Sheet, known: Known, told: Callable[[int, int], None], *, several_cards: bool = False
    ) -> None:
        self._sheet, self._known, self._told = sheet, known, told
        self.progress = Progress()
        if several_cards:
            sheet = sheet._replace(lines=iter(lines := list(sheet.lines)))
            self._sheet, self._further = sheet, FurtherLines(without_wrong_lines(lines)[0])
        else:
            self._further = FurtherLines()

    async def go_through(self, taker: CandidateTaker, corrector: NameCorrector | None) -> None:
        """Take all lines."""
        for lines in _parts(self._sheet.lines):
            candidates, remarks = without_wrong_lines(lines)
            new, people = [], self._further.people(candidates)
            for candidate in people:
                remark = self._remark(candidate, corrector)
                if remark is None:
                    new.append(candidate)
                else:
                    remarks.append(remark)
            remarks = self._further.told(candidates, remarks + await taker.take(new))
            told = remarks if corrector is None else await corrector.correct(people, remarks)
            self.progress.note(len(lines), told)
            self._told(len(lines), self._sheet.rows)

    def _remark(self, candidate: Candidate, corrector: NameCorrector | None) -> Remark | None:
        remark, profile = self._known.remark(candidate, "line"), candidate.profile
        if remark is None and corrector is not None and not profile.phone and not profile.name.isascii():
            return self._known.misread(candidate, misreadings(profile.name))
        return remark


def _parts(lines: Iterator[Read]) -> Iterator[list[Read]]:
    while part := list(islice(lines, AT_ONCE)):
        yield part


def _imported(business: Business, sheet: Sheet, progress: Progress, *, dry_run: bool) -> Imported:
    return Imported(
        business_id=business.id,
        dry_run=dry_run,
        encoding=sheet.encoding,
        encoding_guessed=sheet.guessed,
        example=sheet.example,
        separator=sheet.separator,
        columns=tuple(sheet.columns.places),
        ignored_columns=sheet.columns.ignored,
        imported=progress.fates[Fate.IMPORTED],
        already_there=progress.fates[Fate.ALREADY_THERE],
        left_out=progress.fates[Fate.LEFT_OUT],
        corrected=progress.fates[Fate.CORRECTED],
        report=tuple(progress.report),
    )
