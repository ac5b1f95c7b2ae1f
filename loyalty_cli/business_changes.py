"""Changes of a shop: `loyalty business rename | set-timezone | set-country | set-card-codes | set-joining | delete`."""

from typing import TYPE_CHECKING

import click

from loyalty_app.settings import Settings, read_settings
from loyalty_cli import options
from loyalty_cli.database import with_database, with_shop
from loyalty_cli.failures import CommandFailed, UsageFailed
from loyalty_cli.output import counted, tell
from loyalty_core.programs import CardCodes

CODES_IN_WORDS = {
    CardCodes.FIXED: "the code on the card is good for everything.",
    CardCodes.ROTATING_REDEEM: "rewards are handed out for a code that changes; any code of the card gets stamps.",
    CardCodes.ROTATING_ALL: "stamps and rewards are given for a code that changes.",
}
PAGE_OR_NONE = (
    "Say whether the shop's page on the web hands out cards.\n"
    "Give --page to let people join there, without Telegram too, or --no-page to stop that."
)

LEFT = "Business {} is deleted, but {} that others wrote until then are still there.\nRun this again: it deletes them."

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from loyalty_app.db.engine import Database
    from loyalty_app.shops.businesses import Business, BusinessChange
    from loyalty_app.shops.closing import ClosedShop


@click.command()
@options.of_business
@click.option("--name", type=options.TEXT, required=True, help="What the shop is called from now on.")
@options.as_json
def rename(business_id: int, name: str, *, as_json: bool) -> None:
    """Give a shop another name; all cards show it soon. Links and posters keep working: the slug stays."""
    from loyalty_app.shops.businesses import BusinessChange

    shop = _changed(business_id, BusinessChange(name=name))
    tell(
        _answer(shop),
        f"Business {shop.id} is called {shop.name} now. Its links go on with {shop.slug}.",
        as_json=as_json,
    )


@click.command("set-timezone")
@options.of_business
@click.option("--timezone", type=options.TEXT, required=True, help="Whose days the shop's days are, as Europe/Berlin.")
@options.as_json
def set_timezone(business_id: int, timezone: str, *, as_json: bool) -> None:
    """Set the time zone whose days are the shop's days, from now on.

    Days that are booked stay what they were: nothing is counted again. It takes effect within 15 seconds.
    """
    from loyalty_app.shops.businesses import BusinessChange

    shop = _changed(business_id, BusinessChange(timezone=timezone))
    words = f"{shop.name} (business {shop.id}): days are those of {shop.timezone} now. Earlier days stay as they are."
    tell(_answer(shop), words, as_json=as_json)


@click.command("set-country")
@options.of_business
@click.option("--country", type=options.TEXT, metavar="CC", help="Two letters, as DE.")
@click.option("--remove", is_flag=True, help="The shop has no country any more; numbers need their +49.")
@options.as_json
def set_country(business_id: int, country: str | None, *, remove: bool, as_json: bool) -> None:
    """Set the country by which phone numbers without a country code are read, from now on.

    Numbers that are stored stay as they are.
    """
    from loyalty_app.shops.businesses import BusinessChange

    if (country is None) != remove:
        raise click.UsageError("Give either --country or --remove.")
    shop = _changed(business_id, BusinessChange(country=country))
    words = f"{shop.name} (business {shop.id}): phone numbers are read as those of {shop.country or 'no country'}."
    tell(_answer(shop), words, as_json=as_json)


@click.command("set-card-codes")
@options.of_business
@click.option("--codes", type=options.CARD_CODES, required=True, help="Which codes the shop takes from now on.")
@options.as_json
def set_card_codes(business_id: int, codes: CardCodes, *, as_json: bool) -> None:
    """Choose which codes a shop takes: fixed ones, or rotating ones to redeem or for all. It takes effect at once."""
    from loyalty_app.chat.card_queue import repaint
    from loyalty_app.clock import utc_now
    from loyalty_app.shops.businesses import find_business
    from loyalty_app.shops.programs import change_program
    from loyalty_core.fields import BusinessId
    from loyalty_core.programs import ProgramChange

    async def work(database: "Database") -> "Business":
        shop = await database.read(lambda connection: find_business(connection, business_id))
        change = ProgramChange(card_codes=codes)
        await change_program(database, BusinessId(shop.id), change, now=utc_now(), repaint=repaint)
        return shop

    shop = with_shop(business_id, work)
    answer = {**_answer(shop), "card_codes": codes.value}
    tell(answer, f"{shop.name} (business {shop.id}): {CODES_IN_WORDS[codes]}", as_json=as_json)


@click.command("set-joining")
@options.of_business
@click.option(
    "--page/--no-page",
    "by_page",
    default=None,
    help="Whether the shop's page on the web hands out cards, to people without Telegram too.",
)
@options.as_json
def set_joining(business_id: int, *, by_page: bool | None, as_json: bool) -> None:
    """Let people join on a page on the web, without Telegram, or stop that. Cards that are there stay.

    With LOYALTY_PUBLIC_URL posters get a second code, which leads to that page.
    """
    from loyalty_app.shops.businesses import BusinessChange
    from loyalty_app.shops.links import join_page

    if by_page is None:
        raise UsageFailed(PAGE_OR_NONE)
    shop = _changed(business_id, BusinessChange(join_by_page=by_page))
    page = join_page(read_settings().public_url, shop)
    where = page or f"/join/{shop.slug} (LOYALTY_PUBLIC_URL is not set, so posters do not show it)"
    words = f"{shop.name} (business {shop.id}): " + (f"people can join at {where}." if by_page else "no page.")
    answer = {"business_id": shop.id, "slug": shop.slug, "join_by_page": shop.join_by_page, "page": page}
    tell(answer, words, as_json=as_json)


def _changed(business_id: int, change: "BusinessChange") -> "Business":
    from loyalty_app.chat.card_queue import repaint
    from loyalty_app.clock import utc_now
    from loyalty_app.shops.businesses import change_business
    from loyalty_core.fields import BusinessId

    def work(database: "Database") -> "Awaitable[Business]":
        return change_business(database, BusinessId(business_id), change, now=utc_now(), repaint=repaint)

    return with_shop(business_id, work)


def _answer(shop: "Business") -> dict[str, object]:
    names = ("slug", "name", "plan", "rate_limit", "timezone", "country")
    return {"business_id": shop.id, **{name: getattr(shop, name) for name in names}}


@click.command()
@options.of_business
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.as_json
def delete(business_id: int, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Delete a shop with everything that belongs to it, for ever.

    Customers, cards, the ledger, people, keys, webhooks with what waits, and its own bot. Servers go on meanwhile. Take
    a backup before, or `loyalty export`. Backups that were made still hold the shop.
    """
    from loyalty_app.shops.closing import close_shop, examine_closing, forget_rest

    rest = {} if dry_run else with_database(lambda database: forget_rest(database, business_id))
    if rest:
        answer = {"business_id": business_id, "name": None, "dry_run": False, "rows": rest, "left": 0}
        words = f"{_rows(rest)} were left of business {business_id}, and are deleted now: {_told(rest)}."
        tell(answer, words, as_json=as_json)
        return
    found = with_database(lambda database: examine_closing(database, business_id))
    if dry_run:
        tell(_closing_answer(found, dry_run=True), _closing_words(found, "would be deleted"), as_json=as_json)
        return
    if not yes:
        click.echo(_closing_words(found, "will be deleted"), err=True)
        click.confirm(f"Delete {found.business.name}, for ever?", abort=True, err=True)
    done = with_database(lambda database: close_shop(database, business_id))
    if done.left:
        raise CommandFailed(LEFT.format(business_id, counted(done.left, "row")))
    _note_backups(read_settings())
    tell(
        _closing_answer(done, dry_run=False), _closing_words(done, "were deleted, and nothing is left"), as_json=as_json
    )


def _closing_answer(closed: "ClosedShop", *, dry_run: bool) -> dict[str, object]:
    shop = closed.business
    return {"business_id": shop.id, "name": shop.name, "dry_run": dry_run, "rows": closed.rows, "left": closed.left}


def _closing_words(closed: "ClosedShop", what: str) -> str:
    return f"{_rows(closed.rows)} of {closed.business.name} {what}: {_told(closed.rows)}."


def _rows(rows: "Mapping[str, int]") -> str:
    return counted(sum(rows.values()), "row")


def _told(rows: "Mapping[str, int]") -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in rows.items())


def _note_backups(settings: Settings) -> None:
    if settings.backup_folder is not None:
        click.echo(f"Note: the backups in {settings.backup_folder} still hold this shop.", err=True)
