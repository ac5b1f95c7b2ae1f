"""`loyalty customers import | export`, as a person runs them."""

import asyncio
import csv
import sys
from errno import EPIPE
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from sqlalchemy import func, select

from loyalty_app.db import tables
from loyalty_app.db.engine import open_database
from loyalty_app.settings import Settings
from loyalty_cli.customers import export
from testkit.console import CAFE, Console, refused

SHEET = "Name;Telefon;Stempel\nZoë;0170 1234567;3\nBen;4,91701E+11;1\n=1+1;0170 7654321;0\n"


@pytest.fixture
def console(tmp_path: Path, settings: Settings) -> Console:
    """A terminal beside a café of Germany and a sheet."""
    console = Console(tmp_path, settings)
    console.ask("business", "create", *CAFE, "--plan", "basic", "--country", "DE")
    (tmp_path / "guests.csv").write_bytes(SHEET.encode("cp1252"))
    return console


def business(console: Console) -> tuple[str, str]:
    return "--business", str(console.ask("business", "list")["businesses"][0]["business_id"])


def test_a_sheet_is_rehearsed_imported_and_imported_again(console: Console) -> None:
    words = ("customers", "import", "guests.csv", *business(console))

    told = console.ask(*words, "--dry-run")
    done = console.ask(*words)
    again = console.ask(*words)

    assert (told["imported"], done["imported"], again["imported"], again["already_there"]) == (2, 2, 0, 2)
    assert {**told, "dry_run": False} == done
    assert (done["encoding"], done["separator"]) == ("windows-1252", ";")
    [wrong] = done["report"]
    assert (wrong["line"], wrong["outcome"], wrong["field"]) == (3, "left_out", "phone")


def test_people_are_told_line_by_line(console: Console) -> None:
    ended = console.run("customers", "import", "guests.csv", *business(console))

    assert ended.returncode == 0
    assert ended.stdout.startswith("Line 3: phone was shortened to 4,91701E+11 by a spreadsheet")
    assert ended.stdout.endswith("Imported 2, already there 0, left out 1.\n")
    assert ended.stderr == ""


def test_who_is_twice_in_a_sheet_is_named(console: Console, tmp_path: Path) -> None:
    (tmp_path / "twice.csv").write_text("name,phone\nAna,0170 1234567\nAnna,+491701234567\n", encoding="utf-8")
    words = ("customers", "import", "twice.csv", *business(console))

    for how in ((), ("--dry-run",)):
        assert console.run(*words, *how).stdout.startswith("Line 3: line 2 has the same phone number already.\n\n")


def test_an_export_writes_over_a_file_only_if_that_is_said(console: Console, tmp_path: Path) -> None:
    here = business(console)

    assert "guests.csv is there already" in refused(console.run("customers", "export", "guests.csv", *here), 2)
    assert (tmp_path / "guests.csv").read_bytes() == SHEET.encode("cp1252")
    assert console.ask("customers", "export", "guests.csv", *here, "--replace")["customers"] == 0
    assert rows(tmp_path / "guests.csv")[0][0] == "name"


def test_an_export_is_taken_back_as_it_was(console: Console, tmp_path: Path) -> None:
    here = business(console)
    console.run("customers", "import", "guests.csv", *here)
    there = str(console.ask("business", "create", *CAFE, "--country", "DE")["business_id"])

    assert console.ask("customers", "export", "out.csv", *here, "--excel")["customers"] == 2
    assert console.ask("customers", "import", "out.csv", *here)["already_there"] == 2
    assert console.ask("customers", "import", "out.csv", "--business", there)["imported"] == 2
    console.ask("customers", "export", "back.csv", "--business", there, "--excel")

    out, back = (rows(tmp_path / name) for name in ("out.csv", "back.csv"))
    assert [row[:6] for row in out] == [row[:6] for row in back]
    assert out[1][:3] == ["Zoë", "'+491701234567", ""]
    assert out[2][0] == "'=1+1"


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_an_export_goes_to_the_terminal_without_a_file(console: Console) -> None:
    here = business(console)
    console.run("customers", "import", "guests.csv", *here)

    ended = console.run("customers", "export", *here)

    assert ended.stdout.splitlines()[1].startswith("Zoë,'+491701234567,")


def test_who_stops_reading_an_export_in_the_terminal_is_no_outage_of_the_database(
    console: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = business(console)
    more_than_a_buffer = "".join(f"Guest {number} {'o' * 180}\n" for number in range(100))
    (tmp_path / "guests.csv").write_text(f"name\n{more_than_a_buffer}", encoding="utf-8")
    assert console.ask("customers", "import", "guests.csv", *here)["imported"] == 100
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(StoppedReading()))
    monkeypatch.setattr(sys, "stderr", sys.stderr)  # click wraps it as well
    for name, value in console.environment.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit, match="1"):  # as click ends a command to which nobody listens
        export.main(here, standalone_mode=False)


class StoppedReading(BytesIO):
    """The end of a pipe at whose other end nobody reads any more."""

    def write(self, _: object) -> int:
        """Refuse it as the system does."""
        raise BrokenPipeError(EPIPE, "Broken pipe")


def test_an_export_is_utf_8_whatever_the_terminal_shows(console: Console) -> None:
    here = business(console)
    console.run("customers", "import", "guests.csv", *here)

    assert "Zoë" in console.run_process("customers", "export", *here, PYTHONIOENCODING="ascii").stdout


def test_an_export_that_fails_leaves_the_file_that_was_there(console: Console, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())

    assert console.run("customers", "export", "guests.csv", "--business", "99").returncode == 2

    assert (tmp_path / "guests.csv").read_bytes() == SHEET.encode("cp1252")
    assert set(tmp_path.iterdir()) == before


def test_only_its_owner_may_read_an_export(console: Console, tmp_path: Path) -> None:
    here = business(console)
    console.ask("customers", "export", "out.csv", *here)
    console.ask("export", "all.zip", *here)
    console.ask("export", "all", *here)
    made = [tmp_path / "out.csv", tmp_path / "all.zip", tmp_path / "all", *(tmp_path / "all").iterdir()]

    assert [path.name for path in made if path.stat().st_mode & 0o077] == []


def test_an_export_goes_into_a_pipe_that_is_named(console: Console) -> None:
    assert "qr_code" in console.run_process("customers", "export", "/dev/stdout", *business(console)).stdout


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("import", "nothing.csv"), 1, "No such file"),
        (("import", "guests.csv", "--encoding", "klingon"), 2, "--encoding"),
        (("export", "no/where/out.csv"), 1, "No such file"),
    ],
)
def test_what_cannot_be_done_is_one_line(console: Console, words: tuple[str, ...], code: int, why: str) -> None:
    assert why in refused(console.run("customers", *words, *business(console)), code)


def test_an_import_that_is_killed_can_be_repeated(console: Console, settings: Settings, tmp_path: Path) -> None:
    here = business(console)
    count = 8_000
    sheet = "name,email\n" + "".join(f"Guest {n},g{n}@example.com\n" for n in range(count))
    (tmp_path / "many.csv").write_text(sheet)
    with console.start("customers", "import", "many.csv", *here) as process:
        while not customers_in(settings):
            assert process.poll() is None
        process.kill()
        process.wait()
    seen = customers_in(settings)

    again = console.ask("customers", "import", "many.csv", *here)

    begun = again["already_there"]  # SQLite finds a last commit of the killed process only when all have left the file
    assert 0 < seen <= begun < count
    assert again["imported"] == count - begun
    assert customers_in(settings) == count
    assert next(c for c in console.ask("doctor")["checks"] if c["name"] == "ledger")["status"] == "ok"


def customers_in(settings: Settings) -> int:
    """How many customers there are, seen from this process."""

    async def look() -> int:
        database = open_database(settings)
        found = await database.read(lambda c: c.scalar(select(func.count()).select_from(tables.customer)))
        await database.close()
        return int(found or 0)

    return asyncio.run(look())
