"""Chatting: `loyalty bot`."""

import click

from loyalty_app.cli.collecting import collect_seldom
from loyalty_app.cli.logs import announce
from loyalty_app.cli.loops import run
from loyalty_app.cli.stopping import asked_to_stop
from loyalty_app.running import running
from loyalty_app.settings import Settings, read_settings
from loyalty_app.watch.scraping import scraped


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
    async with running(settings, delivering=False, chatting=True) as held, scraped(settings, held.depths):
        collect_seldom()
        announce("The bots are open. Ctrl-C stops them.", settings)
        await stopped.wait()
        announce("Finishing what is under way.", settings)
