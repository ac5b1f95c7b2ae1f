"""`loyalty move --business`: bring some shops to another database, where others may be served."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from loyalty_app.settings import Settings, SettingsError
from loyalty_cli.failures import CommandFailed, explained
from loyalty_cli.output import counted, table, tell

if TYPE_CHECKING:
    from loyalty_app.moving.carrying import Vaults
    from loyalty_app.moving.copying import Progress
    from loyalty_app.moving.shop_move import MovedShops, ShopMove


MOVED = (
    "For {seconds:.1f} seconds the shops could not be written. Every row is what it was, and every card agrees "
    "with its ledger. The new place serves them now. The old one says where they are, and takes no changes of theirs."
)


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What the options of `loyalty move` say beside the place."""

    shops: tuple[int, ...]
    public_url: str | None
    key_file: Path | None
    replace: bool
    dry_run: bool
    give_up: bool


@contextmanager
def of_the_new_place() -> Iterator[None]:
    """Say of --to whatever the block would say of LOYALTY_DATABASE_URL: there the new place is looked at.

    Raises SettingsError, CommandFailed.
    """
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except SettingsError as error:
        raise SettingsError(str(error).replace("LOYALTY_DATABASE_URL", "--to")) from error
    except (SQLAlchemyError, OSError) as error:
        words = explained(error).format_message().replace("LOYALTY_DATABASE_URL", "--to")
        raise CommandFailed(words if "--to" in words else f"--to: {words}") from error


def move_shops(source: Settings, target: Settings, wishes: Wishes, *, progress: "Progress", as_json: bool) -> None:
    """Move shops, or only look, or give an unfinished move up. Raises SettingsError, InvalidRequest, CommandFailed."""
    import asyncio

    from loyalty_app.moving.departures import check_leaving, count_rows
    from loyalty_app.moving.rights import check_rights
    from loyalty_app.moving.target_key import named_vault

    if wishes.key_file is not None:
        named_vault(wishes.key_file)
    if not wishes.give_up:
        check_rights(source)
    asyncio.run(check_leaving(source, wishes.shops))
    with of_the_new_place():
        if not wishes.give_up:
            check_rights(target)
        there = _is_set_up(target, make=not wishes.dry_run)
    if not there:
        _tell_first_look(asyncio.run(count_rows(source, wishes.shops)), as_json=as_json)
        return
    asyncio.run(_run(source, target, wishes, progress=progress, as_json=as_json))


def _is_set_up(target: Settings, *, make: bool) -> bool:
    """Whether the new place has the newest schema; an empty one is set up if `make` is True."""
    from loyalty_app.db.migrate import check_known, migrate, newest, version_of
    from loyalty_app.db.sqlite.server_lock import check_folder, check_name

    check_folder(target)
    check_name(target)
    version = version_of(target)
    check_known(version)
    if version is None and not make:
        return False
    if version not in {None, newest()}:
        message = f"The new place is at version {version}, this program needs {newest()}: run `loyalty migrate` there."
        raise CommandFailed(message)
    migrate(target)
    return True


async def _run(source: Settings, target: Settings, wishes: Wishes, *, progress: "Progress", as_json: bool) -> None:
    from loyalty_app.clock import utc_now
    from loyalty_app.moving.move import place_of
    from loyalty_app.moving.shop_move import Errand, ShopMove

    place = wishes.public_url or place_of(target)
    errand = Errand(
        source=source,
        target=target,
        came_from=place_of(source),
        place=place,
        shops=wishes.shops,
        vaults=None if wishes.give_up else await _vaults(source, target, wishes),
        replace=wishes.replace,
    )
    one = ShopMove(errand, now=utc_now(), progress=progress)
    try:
        await _do(one, wishes, place, as_json=as_json)
    finally:
        await one.close()


async def _vaults(source: Settings, target: Settings, wishes: Wishes) -> "Vaults | None":
    from loyalty_app.db.engine import open_database
    from loyalty_app.moving.target_key import vaults_of

    new = open_database(target, unhurried=True)
    try:
        return await vaults_of(source, target, new, given=wishes.key_file, looking=wishes.dry_run)
    finally:
        await new.close()


async def _do(one: "ShopMove", wishes: Wishes, place: str, *, as_json: bool) -> None:
    if wishes.give_up:
        await one.give_up()
        tell(
            {"moved": False, "given_up": True},
            "The move was given up. The shops go on where they are.",
            as_json=as_json,
        )
    elif await one.finish_opening():
        words = "The move was complete except for the last step, which is done now."
        tell({"moved": True, "rows": {}, "numbers": []}, words, as_json=as_json)
    elif wishes.dry_run:
        _tell_first_look(await one.look(), as_json=as_json)
    else:
        _tell_moved(await one.move(), place, as_json=as_json)


def _tell_first_look(rows: dict[str, int], *, as_json: bool) -> None:
    lines = [f"  {name}: {count:,}" for name, count in rows.items() if count]
    words = [f"This would move {counted(sum(rows.values()), 'row')}:", *lines, "", "Nothing was changed."]
    tell({"moved": False, "rows": rows}, "\n".join(words), as_json=as_json)


def _tell_moved(moved: "MovedShops", place: str, *, as_json: bool) -> None:
    numbers = moved.numbers.told()
    lines = [f"Moved {counted(sum(moved.rows.values()), 'row')} to {place}. {MOVED.format(seconds=moved.seconds)}"]
    if numbers:
        lines += ["These numbers were taken there, so they have changed; all others are the same:", _table(numbers)]
    else:
        lines.append("All numbers are what they were.")
    lines.append("Delete what was left at the old place with `loyalty business delete`, once you no longer need it.")
    answer = {"moved": True, "rows": moved.rows, "seconds": round(moved.seconds, 3), "to": place, "numbers": numbers}
    tell({**answer, "resumed": moved.resumed}, "\n".join(lines), as_json=as_json)


def _table(numbers: list[dict[str, int | str]]) -> str:
    return table(("KIND", "WAS", "IS"), [(one["kind"], one["was"], one["is"]) for one in numbers])
