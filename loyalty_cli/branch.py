"""Branches: `loyalty branch add | list`."""

from typing import TYPE_CHECKING

import click

from loyalty_cli import options
from loyalty_cli.database import with_database
from loyalty_cli.groups import OrderedGroup
from loyalty_cli.output import table, tell

if TYPE_CHECKING:
    from loyalty_app.shops.workplaces import Branch


@click.group(cls=OrderedGroup)
def branch() -> None:
    """The places of a shop, for those who have more than one."""


@branch.command()
@options.of_business
@click.option("--name", type=options.TEXT, required=True, help='What the place is called, as "Harbour".')
@options.as_json
def add(business_id: int, name: str, *, as_json: bool) -> None:
    """Add a place; tills may then send its number as branch_id with every stamp."""
    from loyalty_app.clock import utc_now
    from loyalty_app.shops.workplaces import add_branch

    place = with_database(lambda database: add_branch(database, business_id, name=name, now=utc_now()))
    tell(_answer(place), f"Branch {place.id}, {place.name}, belongs to business {business_id} now.", as_json=as_json)


@branch.command("list")
@options.of_business
@options.as_json
def list_(business_id: int, *, as_json: bool) -> None:
    """Show the places of a shop."""
    from loyalty_app.shops.workplaces import list_branches

    places = with_database(lambda database: list_branches(database, business_id))
    words = table(("ID", "NAME"), [(place.id, place.name) for place in places]) if places else "There is no branch yet."
    tell({"branches": [_answer(place) for place in places]}, words, as_json=as_json)


def _answer(place: "Branch") -> dict[str, object]:
    return {
        "branch_id": place.id,
        "business_id": place.business_id,
        "name": place.name,
        "created_at": place.created_at,
    }
