"""Workers: `loyalty worker` and `loyalty bot`, which do their part of the work beside `loyalty api`."""

import click

from loyalty_app.settings import Settings, read_settings
from loyalty_cli.logs import announce


@click.command()
def worker() -> None:
    """Deliver webhooks only, beside `loyalty api`; any number of these share the work.

    With PostgreSQL it makes backups by the clock and erases the inactive too, if the settings say so.

    Ctrl-C stops it, after it has finished what it had begun. With a SQLite file `loyalty serve` delivers by itself; a
    worker beside it does no harm.
    """
    from loyalty_cli.process import run

    settings = read_settings()
    if settings.on_sqlite:
        announce("Note: `loyalty serve` delivers webhooks by itself; a worker beside it is not needed.", settings)
    run(_deliver(settings))


async def _deliver(settings: Settings) -> None:
    from loyalty_cli.process import asked_to_stop, start_without_searches, tune_garbage_collection

    start_without_searches()
    from loyalty_app.runtime import open_webhook_worker

    stopped = asked_to_stop()
    async with open_webhook_worker(settings):
        tune_garbage_collection()
        announce("Delivering webhooks. Ctrl-C stops it.", settings)
        await stopped.wait()
        announce("Finishing what is under way, which takes 15 seconds at most.", settings)


@click.command()
def bot() -> None:
    """Run the Telegram bots only, beside `loyalty api`; any number of these share the work.

    LOYALTY_TELEGRAM_TOKEN names the shared bot; shops may have their own (`loyalty business set-bot`). Updates are
    asked for, or sent to LOYALTY_PUBLIC_URL if that is set. Ctrl-C stops it, after it has finished what it had begun.
    """
    from loyalty_cli.process import run

    settings = read_settings()
    if settings.telegram_token is None:
        announce(
            "Note: LOYALTY_TELEGRAM_TOKEN is not set; only shops with a bot of their own are served.",
            settings,
        )
    run(_chat(settings))


async def _chat(settings: Settings) -> None:
    from loyalty_cli.process import asked_to_stop, start_without_searches, tune_garbage_collection

    start_without_searches()
    from bots.supervisor import open_bots
    from loyalty_app.observability.exposition import serve_metrics
    from loyalty_app.runtime import open_runtime

    stopped = asked_to_stop()
    async with (
        open_runtime(settings, delivering=False, bots=open_bots) as held,
        serve_metrics(settings, held.queue_depths, held.machine),
    ):
        tune_garbage_collection()
        announce("The bots are open. Ctrl-C stops them.", settings)
        await stopped.wait()
        announce("Finishing what is under way.", settings)
