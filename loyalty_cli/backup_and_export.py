"""Copies of the data: `loyalty backup`, `loyalty restore`, and `loyalty export` for other programs."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from loyalty_app.settings import Settings, read_settings
from loyalty_cli import options
from loyalty_cli.database import with_whole_shop
from loyalty_cli.output import counted, tell

if TYPE_CHECKING:
    from loyalty_app.backups.archive import Manifest
    from loyalty_app.backups.create import MadeBackup
    from loyalty_app.backups.restore import RestoredBackup
    from loyalty_app.backups.verify import BackupContents


@click.command()
@click.argument("file", type=options.FILE)
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
@options.as_json
def backup(file: Path, *, replace: bool, as_json: bool) -> None:
    """Copy the whole database into one file, and prove the copy.

    A server goes on meanwhile. Every card of the copy is added up from its ledger before it counts as a backup. The
    file holds personal data, and with SQLite the key to all secrets: keep it where only you can read it.
    """
    from loyalty_app.backups.create import make_backup
    from loyalty_app.clock import utc_now
    from loyalty_cli.process import tidy_up_at_the_end

    tidy_up_at_the_end()
    made = make_backup(read_settings(), file, now=utc_now(), replace=replace)
    answer = {"file": str(made.file), "bytes": made.bytes, **_answer(made.manifest)}
    tell(answer, _made_words(made), as_json=as_json)


def _answer(manifest: "Manifest") -> dict[str, object]:
    names = ("database", "version", "made_at", "proven", "needs_key", "businesses", "customers", "transactions")
    return {name: getattr(manifest, name) for name in names}


def _made_words(made: "MadeBackup") -> str:
    held = made.manifest
    proven = (
        "every card agrees with its ledger" if held.proven else "not proven, for its tables are of an older release"
    )
    lines = [
        f"Wrote {made.file}, {made.bytes:,} bytes, version {held.version}: {proven}.",
        f"It holds {_held(held)}.",
    ]
    if held.needs_key:
        lines.append("LOYALTY_SECRET_KEY is not in it: keep that text in another place, for secrets need it.")
    return "\n".join(lines)


@click.command()
@click.argument("file", type=options.FILE)
@click.option("--replace", is_flag=True, help="Put a database that is there aside, under another name.")
@options.as_json
def restore(file: Path, *, replace: bool, as_json: bool) -> None:
    """Put a backup back in its place.

    Stop the servers first: a database in use is refused. The backup is unpacked beside it and proven, and only then
    takes its place. Webhooks stay paused until `loyalty deliveries resume`, so that nothing is sent twice.
    """
    from loyalty_app.backups.restore import restore_backup
    from loyalty_app.clock import utc_now
    from loyalty_cli.process import tidy_up_at_the_end

    tidy_up_at_the_end()
    settings = read_settings()
    restored = restore_backup(settings, file, now=utc_now(), replace=replace)
    answer = {"file": str(file), "aside": restored.aside, "deliveries_paused": True, **_answer(restored.manifest)}
    tell({**answer, "version": restored.found.version}, _restored_words(restored, settings), as_json=as_json)


def _restored_words(restored: "RestoredBackup", settings: Settings) -> str:
    from loyalty_app.backups.create import KEY

    found, made_at = restored.found, restored.manifest.made_at
    lines = [
        f"Restored what was on {made_at:%Y-%m-%d} at {made_at:%H:%M} UTC: {_held(found)}.",
        "Every card agrees with its ledger.",
    ]
    if restored.aside is not None:
        lines.append(f"What was there before is kept as {restored.aside}.")
    if restored.manifest.needs_key:
        lines.append("Set LOYALTY_SECRET_KEY to what it was then, or webhook secrets and bot tokens cannot be read.")
    if KEY in restored.manifest.files and settings.secret_key is not None:
        lines.append("The backup brought a key of its own. Leave LOYALTY_SECRET_KEY empty, or secrets cannot be read.")
    lines += ["", "Webhooks are paused. Once this is the one installation that runs:", "", RESUMING]
    return "\n".join(lines)


def _held(held: "Manifest | BackupContents") -> str:
    businesses, customers = counted(held.businesses, "business"), counted(held.customers, "customer")
    return f"{businesses}, {customers}, {counted(held.transactions, 'transaction')}"


RESUMING = (
    "  loyalty deliveries resume --all                  send what waited when the backup was made\n"
    "  loyalty deliveries resume --all --drop-waiting   give that up; only what comes from now on is sent"
)


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@options.of_business
@options.as_json
def export(target: Path, business_id: int, *, as_json: bool) -> None:
    """Write all that a shop owns into open files.

    TARGET is a new folder, or a new file that ends in .zip. Each table is there as CSV and as JSON, and a README says
    what is what. They hold no secrets.
    """
    from loyalty_app.clock import utc_now
    from loyalty_app.exporting.everything import export_everything

    counts = with_whole_shop(
        business_id, lambda database: export_everything(database, business_id, target, now=utc_now())
    )
    answer = {"business_id": business_id, "target": str(target), "rows": counts}
    told = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items())
    tell(answer, f"Wrote {target}: {told}.", as_json=as_json)
