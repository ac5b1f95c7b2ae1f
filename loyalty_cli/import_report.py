"""The import report: the result of an import, in words and as JSON."""

from loyalty_app.importing.candidates import Fate, Remark
from loyalty_app.importing.run import Imported

FIRST_SHOWN = 50
NAMES = {"\t": "tab"}


def import_answer(imported: Imported) -> dict[str, object]:
    """The report for programs: all of it."""
    return {
        "business_id": imported.business_id,
        "dry_run": imported.dry_run,
        "imported": imported.imported,
        "already_there": imported.already_there,
        "left_out": imported.left_out,
        "corrected": imported.corrected,
        "encoding": imported.encoding,
        "encoding_guessed": imported.encoding_guessed,
        "example": imported.example,
        "separator": NAMES.get(imported.separator, imported.separator),
        "columns": imported.columns,
        "ignored_columns": imported.ignored_columns,
        "report": [_answer(remark) for remark in imported.report],
    }


def _answer(remark: Remark) -> dict[str, object]:
    return {
        "line": remark.place,
        "outcome": remark.fate,
        "field": remark.field,
        "message": remark.message,
        "customer_id": remark.customer_id,
    }


def import_words(imported: Imported) -> str:
    """The report for people. The figures come last, so that they can be seen when many lines were left out.

    People who were there before are not named: after a second import of a file that is everybody. People who are twice
    in the file are.
    """
    told = (
        remark
        for remark in imported.report
        if remark.fate in {Fate.LEFT_OUT, Fate.CORRECTED} or remark.twin is not None
    )
    shown = [_words(remark) for remark in told]
    more = len(shown) - FIRST_SHOWN
    lines = shown[:FIRST_SHOWN]
    lines += [f"… and {more:,} more; --json tells all."] if more > 0 else []
    return "\n".join([*lines, *([""] if lines else []), *_figures(imported)])


def _words(remark: Remark) -> str:
    return f"Line {remark.place}: {f'{remark.field} ' if remark.field else ''}{remark.message.rstrip('.')}."


def _figures(imported: Imported) -> list[str]:
    separator = NAMES.get(imported.separator, imported.separator)
    ignored = f" Not read: {', '.join(imported.ignored_columns)}." if imported.ignored_columns else ""
    verb = "Would import" if imported.dry_run else "Imported"
    corrected = f", names corrected {imported.corrected:,}" if imported.corrected else ""
    figures = f"{verb} {imported.imported:,}, already there {imported.already_there:,}, left out {imported.left_out:,}"
    return [
        f"Read as {imported.encoding} with {separator} between cells: {', '.join(imported.columns)}.{ignored}",
        *([_guess(imported)] if imported.encoding_guessed else []),
        f"{figures}{corrected}.",
    ]


def _guess(imported: Imported) -> str:
    """How to see whether the letters are right, and what to do if they are not."""
    example = f' If "{imported.example}" is not spelled right' if imported.example else " If names are wrong"
    return f"The encoding was guessed.{example}, import again with --encoding: that corrects the names."
