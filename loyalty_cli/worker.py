"""Delivering: `loyalty worker`."""

import click

from loyalty_app.runtime import open_webhook_worker
from loyalty_app.settings import Settings, read_settings
from loyalty_cli.event_loop import run
from loyalty_cli.gc_tuning import tune_garbage_collection
from loyalty_cli.logs import announce
from loyalty_cli.stop_signals import asked_to_stop


@click.command()
def worker() -> None:
    """Deliver webhooks only, beside `loyalty api`; any number of these share the work.

    With PostgreSQL it makes backups by the clock and erases the inactive too, if the settings say so.

    Ctrl-C stops it, after it has finished what it had begun. With a SQLite file `loyalty serve` delivers by itself; a
    worker beside it does no harm.
    """
    settings = read_settings()
    if settings.on_sqlite:
        announce("Note: `loyalty serve` delivers webhooks by itself; a worker beside it is not needed.", settings)
    run(_deliver(settings))


async def _deliver(settings: Settings) -> None:
    stopped = asked_to_stop()
    async with open_webhook_worker(settings):
        tune_garbage_collection()
        announce("Delivering webhooks. Ctrl-C stops it.", settings)
        await stopped.wait()
        announce("Finishing what is under way, which takes 15 seconds at most.", settings)
