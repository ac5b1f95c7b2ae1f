"""The methods of the Bot API that the sandbox knows: the table below, one module for each family.

A method is a function of the call and the parameters it asks for. How calls arrive is in `gateway`.
"""

from collections.abc import Callable
from typing import Any, get_type_hints

from msgspec import Struct

from bots.sandbox.calls import messages, myself, updates


class Method(Struct, frozen=True):
    """What a method is called, the struct of parameters it wants, and what it does."""

    name: str
    wants: type[Struct]
    do: Callable[..., Any]


NAMED: dict[str, Callable[..., Any]] = {
    "getMe": myself.get_me,
    "getUpdates": updates.get_updates,
    "sendMessage": messages.send_message,
}

METHODS = {name.lower(): Method(name, get_type_hints(do)["asked"], do) for name, do in NAMED.items()}
