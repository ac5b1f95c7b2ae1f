"""Rendering: templates filled with the contents, each text checked against, or written to, its file."""

from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"


def environment(language: str, filters: Mapping[str, Callable[..., object]]) -> Environment:
    """The templates of a language. What they are given and is missing is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES / language),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - source code is made, no page
    )
    made.filters.update(filters, camel=camel, lower_camel=lower_camel)
    return made


def camel(name: str) -> str:
    """`reward.redeemed` or `stamp_too_soon` as a class is named."""
    return "".join(part[:1].upper() + part[1:] for part in name.replace(".", "_").replace("-", "_").split("_"))


def lower_camel(name: str) -> str:
    """`get_by_code` as JavaScript and PHP name a method."""
    found = camel(name)
    return found[:1].lower() + found[1:]
