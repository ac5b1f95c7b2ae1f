"""Telegram's own description of its Bot API, and a check of calls against it.

The description is no part of the project: LOYALTY_TEST_TELEGRAM_API_SPEC names its file. Without it nothing is checked,
and `test_sandbox_calls.py` says so.
"""

import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from testkit import servers

Json = dict[str, Any]

CONSTANT = re.compile(r"(?:always|must be) [\"“]?(\w+)[\"”]?$")
SIMPLE: dict[str, tuple[type, ...]] = {"String": (str,), "Integer": (int,), "Float": (float, int), "Boolean": (bool,)}
MESSAGES_OF_ERRORS = {"ok", "error_code", "description", "parameters"}


def place() -> Path | None:
    """The path of the description, or None if none is named."""
    named = os.environ.get("LOYALTY_TEST_TELEGRAM_API_SPEC")
    return Path(named) if named else None


def find_description(home: Path) -> str:
    """The path of the description as text. Raises Missing."""
    del home
    found = place()
    if found is None:
        message = "no description of the Bot API. Name one: LOYALTY_TEST_TELEGRAM_API_SPEC=api.json"
        raise servers.Missing(message)
    return str(found)


@cache
def description() -> Json | None:
    """The description, if one is named. Raises OSError if it is not there."""
    found = place()
    return json.loads(found.read_text(encoding="utf-8")) if found else None


def check_calls(calls: list[Json]) -> None:
    """Fail unless every request and every answer in a log of calls is as Telegram describes it."""
    known = description()
    if known is not None:
        problems = [problem for call in calls for problem in wrong_in_call(known, call)]
        assert not problems, "\n".join(problems)


def check_updates(updates: list[Json]) -> None:
    """Fail unless updates are as Telegram describes them."""
    known = description()
    if known is not None:
        problems = wrong(known, updates, ["Array of Update"], "update")
        assert not problems, "\n".join(problems)


def wrong_in_call(known: Json, call: Json) -> Iterator[str]:
    """What is wrong with a call and its answer. The parameters of a refused call are not checked: they may be wrong."""
    method, answer = known["methods"].get(call["method"]), call["answer"]
    if method is None:
        return
    if answer.get("ok"):
        yield from wrong_in_request(known, method, call["params"])
        yield from wrong(known, answer["result"], method["returns"], f"{call['method']} →")
    else:
        yield from wrong_in_error(answer, call)


def wrong_in_request(known: Json, method: Json, params: Json) -> Iterator[str]:
    """What is wrong with the parameters; they may be JSON in a text, and files for attach:// have any name."""
    fields = {field["name"]: field for field in method.get("fields", [])}
    attached = {name for name, value in params.items() if is_file(value) and name not in fields}
    for name in params.keys() - fields.keys() - attached:
        yield f"{method['name']} has no parameter {name}"
    for name, field in fields.items():
        if name in params:
            yield from wrong(known, read(params[name], field["types"]), field["types"], f"{method['name']} {name}")
        elif field["required"]:
            yield f"{method['name']} wants {name}"


def wrong_in_error(answer: Json, call: Json) -> Iterator[str]:
    """What is wrong with an error."""
    shaped = isinstance(answer.get("error_code"), int) and isinstance(answer.get("description"), str)
    if not shaped or answer["error_code"] != call["status"] or answer.keys() - MESSAGES_OF_ERRORS:
        yield f"{call['method']} → no error of Telegram's: {answer}"


def is_file(value: object) -> bool:
    """Whether the log marks a value as a file."""
    return isinstance(value, dict) and set(value) == {"file", "size"}


def read(value: Any, types: list[str]) -> Any:  # noqa: ANN401  # JSON is anything
    """A parameter as the bot meant it: a text may be JSON, unless the method takes a text and the JSON is no number."""
    if not isinstance(value, str) or types == ["String"]:
        return value
    try:
        meant = json.loads(value)
    except ValueError:
        return value
    return value if "String" in types and not isinstance(meant, int) else meant


def wrong(known: Json, value: object, types: list[str], where: str) -> list[str]:
    """What is wrong with a value that must be of one of some types: nothing, or the shortest list of problems."""
    found = [list(wrong_as(known, value, each, where)) for each in types]
    return [] if [] in found else min(found, key=len)


def wrong_as(known: Json, value: object, kind: str, where: str) -> Iterator[str]:
    """What is wrong with a value as one type."""
    if kind.startswith("Array of "):
        yield from wrong_in_list(known, value, kind.removeprefix("Array of "), where)
    elif kind in SIMPLE:
        if not isinstance(value, SIMPLE[kind]) or (isinstance(value, bool) and kind != "Boolean"):
            yield f"{where}: {value!r} is no {kind}"
    elif kind == "InputFile":
        if not is_file(value):
            yield f"{where}: {value!r} is no file"
    elif subtypes := known["types"][kind].get("subtypes"):
        yield from wrong(known, value, subtypes, where)
    else:
        yield from wrong_in_object(known, value, kind, where)


def wrong_in_list(known: Json, value: object, kind: str, where: str) -> Iterator[str]:
    """What is wrong with a list."""
    if not isinstance(value, list):
        yield f"{where}: {value!r} is no list"
        return
    for position, each in enumerate(value):
        yield from wrong(known, each, [kind], f"{where}[{position}]")


def wrong_in_object(known: Json, value: object, kind: str, where: str) -> Iterator[str]:
    """What is wrong with an object: fields that are missing, unknown or of another type."""
    if not isinstance(value, dict):
        yield f"{where}: {value!r} is no {kind}"
        return
    fields = {field["name"]: field for field in known["types"][kind].get("fields", [])}
    yield from (f"{where}: {kind} has no field {name}" for name in value.keys() - fields.keys())
    for name, field in fields.items():
        if name in value:
            yield from wrong_in_field(known, value[name], field, f"{where}.{name}")
        elif field["required"]:
            yield f"{where}: {kind} wants {name}"


def wrong_in_field(known: Json, value: object, field: Json, where: str) -> Iterator[str]:
    """What is wrong with a field; some fields may hold one word only."""
    only = CONSTANT.search(field["description"])
    if only and field["name"] in {"type", "status", "source"} and value != only[1]:
        yield f"{where}: {value!r} is not {only[1]!r}"
    yield from wrong(known, value, field["types"], where)
