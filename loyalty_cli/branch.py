"""Branches: `loyalty branch add | list | rename | close | reopen`."""

from typing import TYPE_CHECKING

import click
import msgspec

from loyalty_cli import options
from loyalty_cli.database import with_database, with_shop
from loyalty_cli.groups import OrderedGroup
from loyalty_cli.output import table, tell

if TYPE_CHECKING:
    from loyalty_app.shops.workplaces import Branch, BranchView


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

    place = with_shop(business_id, lambda database: add_branch(database, business_id, name=name, now=utc_now()))
    tell(
        _answer(place, business_id),
        f"Branch {place.id}, {place.name}, belongs to business {business_id} now.",
        as_json=as_json,
    )


@branch.command("list")
@options.of_business
@options.as_json
def list_(business_id: int, *, as_json: bool) -> None:
    """Show the places of a shop."""
    from loyalty_app.shops.workplaces import list_branches

    places = with_database(lambda database: list_branches(database, business_id))
    rows = [(place.id, place.name, "closed" if place.closed_at else "open") for place in places]
    words = table(("ID", "NAME", "STATE"), rows) if places else "There is no branch yet."
    tell({"branches": [_answer(place, business_id) for place in places]}, words, as_json=as_json)


@branch.command()
@options.of_business
@click.argument("branch_id", type=options.NUMBER)
@click.option("--name", type=options.TEXT, required=True, help="What the place is called from now on.")
@options.as_json
def rename(business_id: int, branch_id: int, name: str, *, as_json: bool) -> None:
    """Give the place with the number BRANCH_ID another name, in its past too."""
    place = _changed(business_id, branch_id, name=name)
    tell(place, f"Branch {place['branch_id']} is called {place['name']} now.", as_json=as_json)


@branch.command()
@options.of_business
@click.argument("branch_id", type=options.NUMBER)
@options.as_json
def close(business_id: int, branch_id: int, *, as_json: bool) -> None:
    """Close the place with the number BRANCH_ID: it takes no stamps, and its past stays."""
    place = _changed(business_id, branch_id, closed=True)
    tell(place, f"Branch {place['branch_id']}, {place['name']}, takes no stamps any more.", as_json=as_json)


@branch.command()
@options.of_business
@click.argument("branch_id", type=options.NUMBER)
@options.as_json
def reopen(business_id: int, branch_id: int, *, as_json: bool) -> None:
    """Open a closed place again."""
    place = _changed(business_id, branch_id, closed=False)
    tell(place, f"Branch {place['branch_id']}, {place['name']}, takes stamps.", as_json=as_json)


def _changed(business_id: int, branch_id: int, **asked: str | bool) -> dict[str, object]:
    from loyalty_app.clock import utc_now
    from loyalty_app.db.idempotency import KeyedRequest
    from loyalty_app.shops.branches import BranchChange, change_branch
    from loyalty_app.shops.workplaces import BranchView

    change, request = msgspec.convert(asked, BranchChange), KeyedRequest(business_id=business_id)
    answer = with_shop(business_id, lambda database: change_branch(database, request, branch_id, change, now=utc_now()))
    return _answer(msgspec.json.decode(answer.body, type=BranchView), business_id)


def _answer(place: "Branch | BranchView", business_id: int) -> dict[str, object]:
    return {
        "branch_id": place.id,
        "business_id": business_id,
        "name": place.name,
        "created_at": place.created_at,
        "closed_at": place.closed_at or None,
    }
