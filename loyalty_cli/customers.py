"""Customers: `loyalty customers import | export | renew-search`; the others are in `personal_data`."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from loyalty_cli import options
from loyalty_cli.database import with_database, with_shop, with_whole_shop
from loyalty_cli.groups import OrderedGroup
from loyalty_cli.output import counted, tell
from loyalty_cli.personal_data import erase, show_data
from loyalty_core.errors import InvalidRequest

if TYPE_CHECKING:
    from loyalty_app.upkeep.posting_lists import RenewedLists


@click.group(cls=OrderedGroup)
def customers() -> None:
    """Bring customers in from a spreadsheet, take them out again; show and erase what is kept of one."""


@customers.command("import")
@click.argument("file", type=options.FILE)
@options.of_business
@click.option("--dry-run", is_flag=True, help="Only say what would become of each line; change nothing.")
@click.option(
    "--encoding", type=options.TEXT, metavar="NAME", help="The file's encoding, as windows-1251; else it is detected."
)
@options.as_json
def import_(file: Path, business_id: int, *, dry_run: bool, encoding: str | None, as_json: bool) -> None:
    """Bring customers in from a CSV file.

    The first line may name the columns: name, phone, email, stamps, birthday, joined, in any order and in six
    languages; without names they stand in this order. Lines that cannot be taken are left out, and the report says why.
    It is safe to import a file again: people who are there already are left alone.
    """
    from loyalty_app.clock import utc_now
    from loyalty_app.importing.run import ImportOptions, import_file
    from loyalty_cli.import_report import import_answer, import_words

    data = _content(file)
    with click.progressbar(
        length=1, label="Importing", file=sys.stderr, hidden=as_json or not sys.stderr.isatty()
    ) as bar:

        def advance(lines: int, all_lines: int) -> None:
            bar.length = all_lines
            bar.update(lines)

        wanted = ImportOptions(dry_run=dry_run, encoding=encoding, progress=advance)
        imported = with_shop(
            business_id, lambda database: import_file(database, business_id, data, clock=utc_now, options=wanted)
        )
    tell(import_answer(imported), import_words(imported), as_json=as_json)


def _content(file: Path) -> bytes:
    from loyalty_app.importing.sheet import LARGEST_FILE

    with file.open("rb") as opened:
        return opened.read(LARGEST_FILE + 1)


@customers.command()
@click.argument("file", type=options.FILE, required=False)
@options.of_business
@click.option("--excel", is_flag=True, help="Begin with a mark by which Excel knows that the file is UTF-8.")
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
@options.as_json
def export(file: Path | None, business_id: int, *, excel: bool, replace: bool, as_json: bool) -> None:
    """Write all customers into a CSV file that only you can read, or to the terminal without a FILE.

    `loyalty customers import` takes the file back. A cell that a spreadsheet would calculate has a ' before it.
    """
    from loyalty_app.exporting.files import whole_file

    if file is None and as_json:
        message = "--json needs a FILE to write to."
        raise click.UsageError(message)

    if file is None:
        _show(business_id, excel=excel)
        return
    if file.is_file() and not replace:
        raise InvalidRequest.field("file", f"{file} is there already: choose another name, or --replace")
    with whole_file(file) as opened:
        count = _export(opened, business_id, excel=excel)
    answer = {"business_id": business_id, "file": str(file), "customers": count}
    tell(answer, f"Wrote {counted(count, 'customer')} into {file}.", as_json=as_json)


def _show(business_id: int, *, excel: bool) -> None:
    """Write to the terminal once the database is closed: who reads there may take long, or stop in the middle."""
    from loyalty_app.exporting.files import unnamed_file

    with unnamed_file() as gathered:
        _export(gathered, business_id, excel=excel)
        gathered.seek(0)
        shutil.copyfileobj(gathered, sys.stdout.buffer)


def _export(opened: BinaryIO, business_id: int, *, excel: bool) -> int:
    from loyalty_app.exporting.customers import export_customers
    from loyalty_app.exporting.files import as_text

    with as_text(opened) as text:
        return with_whole_shop(
            business_id, lambda database: export_customers(database, business_id, text, for_excel=excel)
        )


@click.command("renew-search")
@click.option(
    "--business",
    "business_ids",
    type=options.NUMBER,
    multiple=True,
    required=True,
    metavar="ID",
    help="The number of a business; may be repeated.",
)
@options.as_json
def renew_search(business_ids: Sequence[int], *, as_json: bool) -> None:
    """Have the lists for searching of a shop made again, if `loyalty doctor` finds wrong ones.

    A server makes them, within minutes. Until then nobody reads the wrong ones, and a search in that shop takes longer.
    Lists that a shop has left that is gone are deleted.
    """
    from loyalty_app.upkeep.posting_lists import renew_lists

    done = with_database(lambda database: renew_lists(database, business_ids))
    words = "\n".join(_renewed_words(done, number) for number in business_ids)
    tell({"renewed": done.renewed, "removed": done.removed}, words, as_json=as_json)


def _renewed_words(done: "RenewedLists", number: int) -> str:
    if number in done.removed:
        return f"Business {number} is gone; the lists that it has left were deleted."
    if number in done.renewed:
        return f"Business {number}: a server makes its lists again. Until then nobody reads the old ones."
    return f"Business {number} has no lists for searching: only large shops have."


for command in (show_data, erase, renew_search):
    customers.add_command(command)
