"""Options that several commands share, and the types of values that click lacks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from loyalty_core.access import Plan
from loyalty_core.fields import LARGEST_ID
from loyalty_core.programs import CardCodes

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class TextParam(click.ParamType[str]):
    """A text that can be stored: the bytes from the terminal must be readable as text."""

    name = "text"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse bytes that are not text."""
        text = str(value)
        try:
            text.encode()
        except UnicodeEncodeError:
            self.fail("must be text in the terminal's own encoding, best UTF-8", param, ctx)
        return text


class CardCodesParam(click.ParamType[CardCodes]):
    """Which codes of its cards a shop takes."""

    name = "codes"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> CardCodes:
        """Look the choice up by its name."""
        try:
            return CardCodes(str(value).lower())
        except ValueError:
            self.fail(f"{value!r} is none of {', '.join(CardCodes)}", param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What the help shows."""
        del param, ctx
        return f"[{'|'.join(CardCodes)}]"


class PlanParam(click.ParamType[Plan]):
    """One of the plans."""

    name = "plan"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Plan:
        """Look the plan up by its name."""
        try:
            return Plan(str(value).lower())
        except ValueError:
            self.fail(f"{value!r} is no plan; the plans are {', '.join(Plan)}", param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What the help shows."""
        del param, ctx
        return f"[{'|'.join(Plan)}]"


class NumberParam(click.ParamType[int]):
    """The number of something in the database."""

    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Refuse a text that is no possible number."""
        text = str(value)
        if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:20]) <= LARGEST_ID:
            self.fail(f"{text!r} is no number of anything here", param, ctx)
        return int(text)


TEXT = TextParam()
PLAN = PlanParam()
CARD_CODES = CardCodesParam()
NUMBER = NumberParam()
PORT = click.IntRange(0, 65_535)
FILE: click.ParamType[Path] = click.Path(path_type=Path, dir_okay=False)

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


def where(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options --host and --port, which override the settings."""
    host: Decorator = click.option(
        "--host", type=TEXT, help="Where to listen instead of LOYALTY_HOST; 0.0.0.0 lets other machines in."
    )
    port: Decorator = click.option("--port", type=PORT, help="The port instead of LOYALTY_PORT; 0 takes a free one.")
    return host(port(command))
