"""Options that several commands share, and the kinds of values that click does not know."""

from collections.abc import Callable
from typing import Any

import click

from loyalty_core.access import Plan
from loyalty_core.fields import LARGEST_ID

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Text(click.ParamType[str]):
    """A text that can be stored: what the terminal sent must be readable as text."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401
        """Refuse bytes that are no letters."""
        text = str(value)
        try:
            text.encode()
        except UnicodeEncodeError:
            self.fail("must be text in the terminal's own encoding, best UTF-8", param, ctx)
        return text


class OfPlan(click.ParamType[Plan]):
    """One of the plans."""

    name = "plan"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Plan:  # noqa: ANN401
        """Find the plan of that name."""
        try:
            return Plan(str(value).lower())
        except ValueError:
            self.fail(f"{value!r} is no plan; the plans are {', '.join(Plan)}", param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What the help shows."""
        del param, ctx
        return f"[{'|'.join(Plan)}]"


class Number(click.ParamType[int]):
    """The number of something that is kept in the database."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401
        """Refuse what cannot be a number of anything."""
        text = str(value)
        if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:20]) <= LARGEST_ID:
            self.fail(f"{text!r} is no number of anything here", param, ctx)
        return int(text)


TEXT = Text()
PLAN = OfPlan()
NUMBER = Number()

as_json: Decorator = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object and nothing else, for other programs."
)
of_business: Decorator = click.option(
    "--business",
    "business_id",
    type=NUMBER,
    metavar="ID",
    required=True,
    help="The number of the business; `loyalty business list` shows it.",
)
