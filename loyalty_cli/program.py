"""Programs: `loyalty program add | list | archive | make-main`.

Their terms are changed over the API, in the chat and at the desk.
"""

from typing import TYPE_CHECKING

import click

from loyalty_cli import options
from loyalty_cli.database import with_database, with_shop
from loyalty_cli.groups import OrderedGroup
from loyalty_cli.output import table, tell

if TYPE_CHECKING:
    from loyalty_core.programs import NewProgram, Program


@click.group(cls=OrderedGroup)
def program() -> None:
    """The programs of a shop, each a stamp card of its own: ten may be in use."""


@program.command()
@options.of_business
@click.option("--title", type=options.TEXT, required=True, help='What it is called, as "Salads".')
@click.option(
    "--stamps-required", type=int, default=10, show_default=True, help="How many stamps make a reward, 1 to 100."
)
@click.option("--reward", type=options.TEXT, required=True, help='What a full card is good for, as "A free salad".')
@options.as_json
def add(business_id: int, title: str, stamps_required: int, reward: str, *, as_json: bool) -> None:
    """Add a program; tills name it by its number, as program_id."""
    from loyalty_app.clock import utc_now
    from loyalty_app.shops.businesses import first_terms
    from loyalty_core.programs import NewProgram

    terms = first_terms(stamps_required, reward, utc_now())
    asked = NewProgram(title=title, stamps_required=terms.stamps_required, reward_description=terms.reward_description)
    made = _answer(_done(business_id, make=asked), business_id)
    words = f"Program {made['program_id']}, {made['title']}, belongs to business {business_id} now."
    tell(made, words, as_json=as_json)


@program.command("list")
@options.of_business
@options.as_json
def list_(business_id: int, *, as_json: bool) -> None:
    """Show the programs of a shop, the main one first, archived ones too."""
    from loyalty_app.shops.businesses import find_business
    from loyalty_app.shops.programs import read_program

    main = with_database(
        lambda database: database.read(
            lambda connection: read_program(connection, find_business(connection, business_id).id)
        )
    )
    shown = [_answer(one, business_id) for one in main.all_of_shop]
    rows = [
        (one["program_id"], _state(one), one["stamps_required"], one["title"] or main.name, one["reward_description"])
        for one in shown
    ]
    words = table(("ID", "STATE", "STAMPS", "TITLE", "REWARD"), rows)
    tell({"programs": shown}, words, as_json=as_json)


@program.command()
@options.of_business
@click.argument("program_id", type=options.NUMBER)
@options.as_json
def archive(business_id: int, program_id: int, *, as_json: bool) -> None:
    """Archive the program with the number PROGRAM_ID: it takes no new stamps, and its rewards stay."""
    done = _answer(_done(business_id, archive=program_id), business_id)
    tell(done, f"Program {program_id} is archived; its rewards can still be handed out.", as_json=as_json)


@program.command("make-main")
@options.of_business
@click.argument("program_id", type=options.NUMBER)
@options.as_json
def make_main(business_id: int, program_id: int, *, as_json: bool) -> None:
    """Make a program the main one, which is meant where none is named."""
    done = _answer(_done(business_id, promote=program_id), business_id)
    tell(done, f"Program {program_id} is the main one of business {business_id} now.", as_json=as_json)


def _done(
    business_id: int, *, make: "NewProgram | None" = None, archive: int | None = None, promote: int | None = None
) -> "Program":
    from loyalty_app.chat.card_queue import repaint
    from loyalty_app.clock import utc_now
    from loyalty_app.shops.several_programs import ProgramDeed, change_programs

    deed = ProgramDeed(business_id=business_id, now=utc_now(), make=make, archive=archive, promote=promote)
    return with_shop(business_id, lambda database: change_programs(database, deed, repaint=repaint))


def _answer(one: "Program", business_id: int) -> dict[str, object]:
    from loyalty_core.views import program_number

    return {
        "program_id": program_number(business_id, one.id),
        "business_id": business_id,
        "title": one.title,
        "main": one.main,
        "archived": one.archived_at is not None,
        "stamps_required": one.terms.stamps_required,
        "reward_description": one.terms.reward_description,
    }


def _state(one: dict[str, object]) -> str:
    return "archived" if one["archived"] else "main" if one["main"] else "in use"
