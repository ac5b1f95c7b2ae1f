"""Texts of an import: what is wrong with a file, and with a line of it, in the language of the reader.

The reader of sheets says it in English, for the command and for programs. Here its sentences are recognised; a test
goes through them.
"""

import re

import msgspec

from api.pages.desk.frame import DeskVisit
from loyalty_app.importing.candidates import Fate, Remark
from loyalty_app.importing.kept_trials import UploadedList
from loyalty_app.importing.trials import MOST_LINES
from loyalty_app.words import N_, Words
from loyalty_core.errors import FieldError

OF_FILES: tuple[tuple[str, str], ...] = (
    (
        "must have at most [0-9]+ MB",
        N_("A file may have 5 MB at most. Split it, or ask the person who runs the server to import it."),
    ),
    (
        "must have at most [0-9]+ lines",
        N_("A list may have {most} lines at most. Split it, or ask the person who runs the server to import it."),
    ),
    ("is a workbook", N_("This is a workbook. Open it in its program, and save it as CSV, best as CSV UTF-8.")),
    ("is a (PDF|picture|list of vCards)", N_("This is no sheet. Save the list as CSV in the program it comes from.")),
    ("is empty", N_("This file is empty.")),
    ("cannot be read from line", N_("This file cannot be read as a sheet. Save it as CSV again.")),
    ("has no column for names", N_("There is no column for names. Call one of the columns Name.")),
    ("has two columns for", N_("Two columns mean the same. Rename the one that does not count.")),
    (
        "column (?P<n>[0-9]+).*which is not read",
        N_(
            "Column {n} holds phone numbers or e-mail addresses, and would not be read. Call it Phone or E-mail, or "
            "remove it."
        ),
    ),
    (
        "--encoding",
        N_("It is not clear in which encoding this file is. Choose it below, or save the file as CSV UTF-8."),
    ),
    ("must be an encoding", N_("Please choose one of the encodings.")),
)
NO_FILE = N_("Please choose a file.")
NOT_READ = N_("This file cannot be read. Save it as CSV UTF-8, and try again.")

OF_LINES: tuple[tuple[str, str], ...] = (
    ("letters that cannot be read", N_("Letters of this line cannot be read: choose another encoding.")),
    (
        "was shortened to",
        N_("A spreadsheet has shortened the phone number: format the column as text, and type the number again."),
    ),
    ("may mean two days", N_("The date may mean two days: write it as 2026-03-01.")),
    ("then erased", N_("This customer was imported before and then erased, and stays so.")),
    ("holds [0-9]+ customers", N_("The plan of the shop has no room for more customers.")),
    ("fault of the server", N_("It was not imported because of a fault of the server. Import the file again.")),
)
OF_FIELDS: dict[str | None, str] = {
    "name": N_("There is no name that can be used."),
    "phone": N_("The phone number cannot be read: write it with its country code."),
    "email": N_("The e-mail address cannot be right."),
    "birthday": N_("The birthday cannot be right: write it as 1990-05-17."),
    "joined": N_("The day of joining cannot be right: write it as 2024-11-30."),
    "joined_at": N_("The day of joining cannot be right: write it as 2024-11-30."),
    "program": N_("The program must be the title or number of one that is in use; each customer has one line only."),
    "stamps": N_("The stamps must be a whole number from 0 to 1000."),
    None: N_("The cells of this line cannot be told apart: put texts with separators or quotation marks in quotes."),
}
THERE = N_("A customer with the same phone number, or the same name, is there already.")


class RemarkLine(msgspec.Struct, frozen=True):
    """A remark on a line: its number, what is to be said, and the customer who is there already, if one is."""

    line: int
    says: str
    customer: int | None = None


def file_sentence(words: Words, fault: FieldError) -> str:
    """What is wrong with a file."""
    for pattern, sentence in OF_FILES:
        if found := re.search(pattern, fault.message):
            return words.plain(sentence, most=MOST_LINES, n=int(found.groupdict().get("n") or 0))
    return words.plain(NOT_READ)


def line_sentence(words: Words, message: str, field: str | None, *, there: bool) -> str:
    """What is wrong with a line, or why its customer is not new."""
    if there:
        return words.plain(THERE)
    known = (sentence for pattern, sentence in OF_LINES if re.search(pattern, message))
    return words.plain(next(known, OF_FIELDS.get(field, OF_FIELDS[None])))


def remark_lines(visit: DeskVisit, upload: UploadedList, most: int) -> list[RemarkLine]:
    """The remarks on an import: of a trial those on its lines, else what came of it, with what could not be read."""
    words, trial = visit.words, upload.trial
    named = set(trial.lines) if trial else set()
    tried = trial.remarks if trial else ()
    if upload.is_trial:
        return [_of_trial(words, remark) for remark in tried[:most]]
    unread = [_of_trial(words, remark) for remark in tried if remark.place not in named]
    lines = trial.lines if trial else tuple(range(1, upload.view.total + 1))
    told = [
        RemarkLine(
            lines[one.index],
            line_sentence(words, one.message, one.field, there=one.outcome == "already_there"),
            one.customer_id,
        )
        for one in upload.view.report
        if one.index < len(lines)
    ]
    return sorted([*unread, *told], key=lambda one: one.line)[:most]


def _of_trial(words: Words, remark: Remark) -> RemarkLine:
    if remark.twin is not None:
        return RemarkLine(remark.place, words.plain("Line {n} names the same customer.", n=remark.twin))
    there = remark.fate is Fate.ALREADY_THERE
    return RemarkLine(remark.place, line_sentence(words, remark.message, remark.field, there=there), remark.customer_id)
