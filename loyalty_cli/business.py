"""Businesses: `loyalty business create | list | set-plan`; the others are in `business_changes` and `business_bot`."""

from typing import TYPE_CHECKING

import click
import msgspec

from loyalty_app.settings import read_settings
from loyalty_cli import options
from loyalty_cli.business_bot import invitation_advice, poster, set_bot
from loyalty_cli.business_changes import delete, rename, set_card_codes, set_country, set_joining, set_timezone
from loyalty_cli.database import with_database, with_shop
from loyalty_cli.groups import OrderedGroup
from loyalty_cli.output import table, tell
from loyalty_core.access import PLANS, Plan, requests_per_hour

if TYPE_CHECKING:
    from loyalty_app.db.engine import Database
    from loyalty_app.shops.businesses import Business, NewBusiness
    from loyalty_app.shops.opening import Opened
    from loyalty_core.programs import Terms


class OpeningOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of `loyalty business create`."""

    name: str
    stamps_required: int
    reward: str
    plan: Plan | None
    rate_limit: int | None
    timezone: str
    country: str | None


@click.group(cls=OrderedGroup)
def business() -> None:
    """Open shops, list them, change and delete them, bring them into the chat."""


@business.command()
@click.option("--name", type=options.TEXT, required=True, help='What the shop is called, as "Bean & Leaf".')
@click.option(
    "--stamps-required", type=int, default=10, show_default=True, help="How many stamps make a reward, 1 to 100."
)
@click.option("--reward", type=options.TEXT, required=True, help='What a full card is good for, as "A free coffee".')
@click.option(
    "--plan",
    type=options.PLAN,
    help="A trial holds 25 customers. The API comes with professional and enterprise. Without this it is the plan of "
    "LOYALTY_NEW_SHOP_PLAN, professional if that is not set.",
)
@click.option("--rate-limit", type=int, metavar="N", help="Requests an hour that were agreed with an enterprise.")
@click.option(
    "--timezone",
    type=options.TEXT,
    default="UTC",
    show_default=True,
    help="Whose days the shop's days are, as Europe/Berlin.",
)
@click.option(
    "--country", type=options.TEXT, metavar="CC", help="Two letters, as DE: phone numbers may then lack their +49."
)
@options.as_json
def create(*, as_json: bool, **given: str | int | Plan | None) -> None:
    """Open a shop, with an API key and an invitation for its owner.

    The key and the invitation are shown now and never again, so keep them. A database that is not there yet is set up.
    """
    about = msgspec.convert(given, OpeningOptions)
    new, terms = _checked(about)
    opened, link = with_database(lambda database: _open(database, new, terms), make=True)
    _note_idle_limit(opened.business)
    tell(_opened_answer(opened, link), _opened_words(opened, link), as_json=as_json)


def _checked(about: OpeningOptions) -> "tuple[NewBusiness, Terms]":
    """The shop and its first program, before a database is made for them. Raises InvalidRequest."""
    from loyalty_app.clock import utc_now
    from loyalty_app.shops.businesses import NewBusiness, checked_business, first_terms

    new = NewBusiness(
        name=about.name,
        plan=about.plan or Plan(read_settings().new_shop_plan),
        timezone=about.timezone,
        country=about.country,
        rate_limit=about.rate_limit,
    )
    return checked_business(new), first_terms(about.stamps_required, about.reward, utc_now())


async def _open(database: "Database", new: "NewBusiness", terms: "Terms") -> "tuple[Opened, str | None]":
    """Open a shop, and make the link for its owner if a bot serves it."""
    from loyalty_app.shops.links import invite_link
    from loyalty_app.shops.opening import open_shop

    opened = await open_shop(database, new, terms, now=terms.updated_at)
    payload, number = opened.owner_invite, opened.business.id
    return opened, await database.read(lambda connection: invite_link(connection, number, payload))


def _opened_answer(opened: "Opened", link: str | None) -> dict[str, object]:
    return {
        "business_id": opened.business.id,
        "slug": opened.business.slug,
        "name": opened.business.name,
        "plan": opened.business.plan,
        "key_id": opened.key.key_id,
        "api_key": opened.key.api_key,
        "owner_invite": opened.owner_invite,
        "owner_link": link,
    }


def _opened_words(opened: "Opened", link: str | None) -> str:
    shop = opened.business
    return (
        f"{shop.name} is open: business {shop.id}, {api_words(shop)}.\n"
        f"\n"
        f"  API key             {opened.key.api_key}\n"
        f"  Owner's invitation  {link or opened.owner_invite}  (for the next 24 hours)\n"
        f"\n"
        f"{invitation_advice(link)}\n"
        f"\n"
        f"Both are shown only now. A lost one is no harm: `loyalty key create` makes another key, and "
        f"`loyalty staff invite --role owner` another invitation."
    )


@business.command("list")
@options.as_json
def list_(*, as_json: bool) -> None:
    """Show all shops."""
    from loyalty_app.shops.businesses import list_businesses

    shops = [shop for shop in with_database(list_businesses) if shop.test_of is None]
    words = _listed(shops) if shops else "There is no shop yet."
    tell({"businesses": [_answer(shop) for shop in shops]}, words, as_json=as_json)


def _listed(shops: "list[Business]") -> str:
    """A line for each shop; one that moves, has moved or is being deleted says so, and where it is."""
    head, rows = ["ID", "PLAN", "TIME ZONE", "SLUG"], [[shop.id, shop.plan, shop.timezone, shop.slug] for shop in shops]
    if any(shop.moved_to is not None for shop in shops):
        head.append("STATE")
        for row, shop in zip(rows, shops, strict=True):
            row.append(_state(shop))
    return table([*head, "NAME"], [[*row, shop.name] for row, shop in zip(rows, shops, strict=True)])


def _state(shop: "Business") -> str:
    if shop.is_closing:
        return "is being deleted"
    return "is here" if shop.moved_to is None else f"moved to {shop.moved_to}" if shop.moved_to else "is moving"


@business.command("set-plan")
@options.of_business
@click.option("--plan", type=options.PLAN, required=True, help="The plan from now on.")
@click.option(
    "--rate-limit",
    type=int,
    metavar="N",
    help="Requests an hour that were agreed with an enterprise; without it the plan's own figure counts.",
)
@options.as_json
def set_plan(business_id: int, plan: Plan, *, rate_limit: int | None, as_json: bool) -> None:
    """Change a shop's plan; its API keys follow within a second."""
    from loyalty_app.shops.businesses import set_plan as change_plan

    shop = with_shop(business_id, lambda database: change_plan(database, business_id, plan, rate_limit=rate_limit))
    _note_idle_limit(shop)
    tell(_answer(shop), f"{shop.name} (business {shop.id}): {api_words(shop)}.", as_json=as_json)


def api_words(shop: "Business") -> str:
    """A shop's plan, and what it means for the API, in words."""
    if not PLANS[shop.plan].api:
        return f"plan {shop.plan}, without the API (`loyalty business set-plan` changes it)"
    return f"plan {shop.plan}, {requests_per_hour(shop.plan, shop.rate_limit):,} API requests an hour"


def _answer(shop: "Business") -> dict[str, object]:
    return {
        "business_id": shop.id,
        "slug": shop.slug,
        "name": shop.name,
        "plan": shop.plan,
        "rate_limit": shop.rate_limit,
        "timezone": shop.timezone,
        "country": shop.country,
        "moved_to": None if shop.is_closing else shop.moved_to,
        "being_deleted": shop.is_closing,
    }


def _note_idle_limit(shop: "Business") -> None:
    if shop.rate_limit is not None and shop.plan is not Plan.ENTERPRISE:
        click.echo("Note: --rate-limit is kept, but counts on the plan enterprise only.", err=True)


for _command in (rename, set_timezone, set_country, set_card_codes, set_joining, delete):
    business.add_command(_command)
business.add_command(set_bot)
business.add_command(poster)
