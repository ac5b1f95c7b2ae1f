"""Chatting: `loyalty bot`."""

import click

from bots.supervisor import open_bots
from loyalty_app.observability.metrics_server import scraped
from loyalty_app.runtime import open_runtime
from loyalty_app.settings import Settings, read_settings
from loyalty_cli.event_loop import run
from loyalty_cli.gc_tuning import tune_garbage_collection
from loyalty_cli.logs import announce
from loyalty_cli.stop_signals import asked_to_stop


@click.command()
def bot() -> None:
    """Run the Telegram bots only, beside `loyalty api`; any number of these share the work.

    LOYALTY_TELEGRAM_TOKEN names the shared bot; shops may have their own (`loyalty business set-bot`). Updates are
    asked for, or sent to LOYALTY_PUBLIC_URL if that is set. Ctrl-C stops it, after it has finished what it had begun.
    """
    settings = read_settings()
    if settings.telegram_token is None:
        announce(
            "Note: LOYALTY_TELEGRAM_TOKEN is not set; only shops with a bot of their own are served.",
            settings,
        )
    run(_chat(settings))


async def _chat(settings: Settings) -> None:
    stopped = asked_to_stop()
    async with open_runtime(settings, delivering=False, bots=open_bots) as held, scraped(settings, held.queue_depths):
        tune_garbage_collection()
        announce("The bots are open. Ctrl-C stops them.", settings)
        await stopped.wait()
        announce("Finishing what is under way.", settings)
