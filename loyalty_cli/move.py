"""`loyalty move`: bring a whole installation to another database; single shops are in `move_shops`."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import convert

from loyalty_app.settings import Settings, read_settings
from loyalty_cli import options
from loyalty_cli.failures import UsageFailed
from loyalty_cli.output import counted, tell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loyalty_app.moving.move import Moved


@click.command()
@click.option(
    "--to", "url", required=True, metavar="URL", help="As LOYALTY_DATABASE_URL: sqlite:///… or postgresql://…"
)
@click.option(
    "--business",
    "shops",
    type=int,
    multiple=True,
    metavar="ID",
    help="Move this shop only, also into a place where others are. May be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be moved, and whether the new place can take it.")
@click.option("--replace", is_flag=True, help="Move over what is left where it has moved away before.")
@click.option(
    "--public-url",
    metavar="URL",
    help="With --business: where people find the new place. The old one then tells it to those who ask for the shop.",
)
@click.option(
    "--to-key-file",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --business: a file with the LOYALTY_SECRET_KEY of the new place, if it has another one.",
)
@click.option("--give-up", is_flag=True, help="End a move that was not finished: all stay where they are.")
@options.as_json
def move(url: str, *, replace: bool, as_json: bool, **given: bool | str | Path | tuple[int, ...] | None) -> None:
    """Move everything, or some shops, to another database: SQLite, PostgreSQL or a Citus cluster.

    All codes, keys, links, chats, rewards and figures stay as they are. Servers may run. Most rows are copied while
    everybody works; for the last ones those that move are held for seconds, and writes are refused as "busy".
    Everything is compared and proven before the old place is closed. A move that was interrupted is run again, and goes
    on.
    """
    from loyalty_app.clock import utc_now
    from loyalty_cli.database import check_schema
    from loyalty_cli.move_shops import Wishes, move_shops
    from loyalty_cli.process import tidy_up_at_the_end

    tidy_up_at_the_end()
    source = read_settings()
    target = _target(source, url)
    wishes = convert({**given, "replace": replace}, Wishes)
    _check_public_url(source, wishes.public_url)
    if wishes.shops:
        check_schema(source)
        move_shops(source, target, wishes, progress=_progress, as_json=as_json)
        return
    if wishes.public_url or wishes.key_file:
        raise UsageFailed("--public-url and --to-key-file go with --business.")
    if wishes.give_up:
        _give_up(source, as_json=as_json)
        return
    dry_run = wishes.dry_run
    if _is_closed(source, target):
        _tell_last_step(_open(source, target), as_json=as_json)
        return
    _check(source, target, replace=replace)
    if dry_run:
        _tell_plan(source, target, as_json=as_json)
        return
    moved, key = _move(source, target, utc_now())
    _tell_moved(moved, key, (source, target), as_json=as_json)


def _give_up(source: Settings, *, as_json: bool) -> None:
    """End a move of everything that was not finished: the old place notes no changes for it any more."""
    import asyncio

    from loyalty_app.moving.move import give_up
    from loyalty_cli.database import check_schema

    check_schema(source)
    given_up = asyncio.run(give_up(source))
    words = "The move was given up. Everything goes on where it is; empty the place into which it should have gone."
    if not given_up:
        words = "There was no move to give up. Nothing was changed."
    tell({"moved": False, "given_up": given_up}, words, as_json=as_json)


def _target(source: Settings, url: str) -> Settings:
    """The settings of the new place; all but the place are those of the old one. Raises SettingsError."""
    from msgspec.structs import replace

    from loyalty_app.db.sqlite.server_lock import check_folder
    from loyalty_app.moving.move import place_of
    from loyalty_app.settings import SettingsError, checked
    from loyalty_cli.move_shops import of_the_new_place

    with of_the_new_place():
        target = checked(replace(source, database_url=url, database_direct_url=None, workers=1))
        check_folder(target)
    if place_of(source) == place_of(target):
        raise SettingsError("--to names the database that LOYALTY_DATABASE_URL names.")
    return target


def _check_public_url(source: Settings, url: str | None) -> None:
    """Raise SettingsError if tills and people would be told an address that is none."""
    from msgspec.structs import replace

    from loyalty_app.settings import SettingsError, checked

    try:
        checked(replace(source, public_url=url))
    except SettingsError as error:
        raise SettingsError(str(error).replace("LOYALTY_PUBLIC_URL", "--public-url")) from error


def _is_closed(source: Settings, target: Settings) -> bool:
    """Whether a move there was interrupted after the old place was closed, before the new one was open."""
    from loyalty_app.moving.move import place_of
    from loyalty_app.moving.targets import mark_of

    here = mark_of(source)
    if here is None or here.state != "moved" or here.place != place_of(target):
        return False
    there = mark_of(target)
    return there is not None and there.state == "moving"


def _open(source: Settings, target: Settings) -> Path | None:
    """Open the new place of a move whose old place is closed; return the key file that it could not bring along."""
    import asyncio

    from loyalty_app.moving.move import tidy_up
    from loyalty_app.moving.targets import carry_key, finish

    asyncio.run(tidy_up(source, target))
    key = carry_key(source, target)
    finish(target)
    return key


def _tell_last_step(key: Path | None, *, as_json: bool) -> None:
    lines = ["The move was complete except for the last step, which is done now.", *_key_lines(key)]
    answer = {"moved": True, "rows": {}, "key_file": str(key) if key else None}
    tell(answer, "\n".join(lines), as_json=as_json)


def _check(source: Settings, target: Settings, *, replace: bool) -> None:
    from loyalty_app.moving.rights import check_free, check_rights, check_room
    from loyalty_app.moving.sources import check_aside
    from loyalty_app.moving.targets import check_key, check_target
    from loyalty_cli.database import check_schema
    from loyalty_cli.move_shops import of_the_new_place

    check_schema(source)
    check_rights(source)
    check_aside(source)
    with of_the_new_place():
        check_rights(target)
        check_free(target)
        check_target(target, replace=replace)
        check_room(source, target)
    check_key(source, target)


def _tell_plan(source: Settings, target: Settings, *, as_json: bool) -> None:
    import asyncio

    from loyalty_app.moving.move import count_rows, place_of

    rows = asyncio.run(count_rows(source))
    lines = [f"This would move {_all(rows)} to {place_of(target)}:", *_lines(rows), "", "Nothing was changed."]
    tell({"moved": False, "rows": rows}, "\n".join(lines), as_json=as_json)


def _move(source: Settings, target: Settings, now: datetime) -> tuple["Moved", Path | None]:
    import asyncio

    from loyalty_app.db.move_mark import MoveMark
    from loyalty_app.moving.move import is_under_way, place_of
    from loyalty_app.moving.move import move as move_all
    from loyalty_app.moving.targets import is_there, prepare

    if not is_there(target) or not asyncio.run(is_under_way(source, target)):
        prepare(target, MoveMark("moving", place_of(source), f"{now:%Y-%m-%d %H:%M} UTC"))
    return asyncio.run(move_all(source, target, now=now, progress=_progress)), _open(source, target)


def _progress(table: str, rows: int) -> None:
    """Tell who waits at a terminal how far it is."""
    if rows and sys.stderr.isatty():
        click.echo(f"{table}: {counted(rows, 'row')}", err=True)


def _tell_moved(moved: "Moved", key: Path | None, places: tuple[Settings, Settings], *, as_json: bool) -> None:
    from loyalty_app.moving.move import place_of
    from loyalty_app.moving.sources import ASIDE

    source, place = places[0], place_of(places[1])
    lines = [
        f"Moved {_all(moved.rows)} to {place}. For {moved.seconds:.1f} seconds nobody could write.",
        "Every row is what it was, and every card agrees with its ledger. The old place takes no changes any more.",
        f"Set LOYALTY_DATABASE_URL to what --to was ({place}), and start the servers again.",
    ]
    if source.on_sqlite:
        lines.append(f"What was there is kept as {source.sqlite_path}{ASIDE}; remove it once you no longer need it.")
    lines += _key_lines(key)
    answer = {"moved": True, "rows": moved.rows, "seconds": round(moved.seconds, 3), "to": place}
    tell({**answer, "key_file": str(key) if key else None}, "\n".join(lines), as_json=as_json)


def _key_lines(key: Path | None) -> list[str]:
    return [f"Set LOYALTY_SECRET_KEY to the text in {key}: the secrets need it."] if key is not None else []


def _all(rows: "Mapping[str, int]") -> str:
    return f"{counted(sum(rows.values()), 'row')} of {counted(rows['business'], 'shop')}"


def _lines(rows: dict[str, int]) -> list[str]:
    return [f"  {name}: {count:,}" for name, count in rows.items() if count]
