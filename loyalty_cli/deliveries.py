"""Deliveries: `loyalty deliveries list | pause | resume`."""

from typing import TYPE_CHECKING

import click

from loyalty_cli import options
from loyalty_cli.database import with_database
from loyalty_cli.groups import OrderedGroup
from loyalty_cli.output import table, tell

if TYPE_CHECKING:
    from loyalty_app.webhooks.pausing import Pause

of_one = click.option("--business", "business_id", type=options.NUMBER, metavar="ID", help="The number of a business.")
of_all = click.option("--all", "of_all", is_flag=True, help="All businesses.")


@click.group(cls=OrderedGroup)
def deliveries() -> None:
    """Webhooks on their way: hold them back, and let them go."""


@deliveries.command("list")
@options.as_json
def list_(*, as_json: bool) -> None:
    """Show for each shop how many deliveries wait, and whether they are paused."""
    from loyalty_app.webhooks.pausing import list_pauses

    pauses = with_database(list_pauses)
    rows = [(one.business_id, one.waiting, "paused" if one.paused_at else "open", one.name) for one in pauses]
    tell({"businesses": pauses}, table(("ID", "WAITING", "STATE", "NAME"), rows), as_json=as_json)


@deliveries.command()
@of_one
@of_all
@options.as_json
def pause(business_id: int | None, *, of_all: bool, as_json: bool) -> None:
    """Hold deliveries back, within a second. Events are queued meanwhile."""
    from loyalty_app.clock import utc_now
    from loyalty_app.webhooks.pausing import pause as pause_deliveries

    _check(business_id, of_all=of_all)
    paused = with_database(lambda database: pause_deliveries(database, business_id, now=utc_now()))
    tell({"businesses": paused}, f"Paused: {_named(paused)}.", as_json=as_json)


@deliveries.command()
@of_one
@of_all
@click.option("--drop-waiting", is_flag=True, help="Give up what waits; send only what comes from now on.")
@options.as_json
def resume(business_id: int | None, *, of_all: bool, drop_waiting: bool, as_json: bool) -> None:
    """Let deliveries go on, after a backup was restored or after `loyalty deliveries pause`."""
    from loyalty_app.webhooks.pausing import resume as resume_deliveries

    _check(business_id, of_all=of_all)
    resumed = with_database(lambda database: resume_deliveries(database, business_id, drop_waiting=drop_waiting))
    waiting = sum(one.waiting for one in resumed)
    fate = "given up" if drop_waiting else "sent now"
    words = f"Resumed: {_named(resumed)}. {waiting:,} that waited are {fate}." if resumed else "Nothing was paused."
    tell({"businesses": resumed, "dropped": drop_waiting}, words, as_json=as_json)


def _check(business_id: int | None, *, of_all: bool) -> None:
    if (business_id is None) == (not of_all):
        message = "Say which: --business ID, or --all."
        raise click.UsageError(message)


def _named(pauses: "list[Pause]") -> str:
    return ", ".join(f"{one.name} (business {one.business_id})" for one in pauses)
