"""Samples of the SDKs: a call with the client of each language. A test runs every one of them.

Like the samples of `samples`, they read the address from API and the key from KEY. Which method an operation is, is
said here once: the generator of the SDKs asks here, too.
"""

import json
from collections.abc import Iterable
from string import Template

from api.reference.calls import PICTURE, Call
from api.reference.dialects import JAVASCRIPT, PHP, PYTHON, Dialect, indented

BY_CODE = "_by_code"
KEPT = frozenset({"customers.get_by_code"})
LONGEST = 90
"""Arguments that are longer stand in lines of their own."""

IN_PYTHON = Template("""\
import os
$imports
from loyaltyloop import Client

client = Client(os.environ["KEY"], base_url=os.environ["API"])
$does
""")
IN_NODE = Template("""\
${imports}import { LoyaltyLoop } from "@loyaltyloop/sdk";

const client = new LoyaltyLoop({ apiKey: process.env.KEY, baseUrl: process.env.API });
$does
""")
IN_PHP = Template("""\
<?php
require 'vendor/autoload.php';

$$client = new \\LoyaltyLoop\\Client(getenv('KEY'), ['baseUrl' => getenv('API')]);
$does
""")


def method_of(operation: str) -> str:
    """The method of an operation: `X_by_code` is `X`, which takes an id or a code, except those that are kept."""
    return operation if operation in KEPT else operation.removesuffix(BY_CODE)


def with_python(call: Call) -> str:
    """The call with the SDK for Python."""
    given = [f"{name}={PYTHON.write(value, 4)}" for name, value in _body(call).items()]
    asked = f"client.{method_of(call.operation.name)}({_arguments([*_subject(call, PYTHON), *given], 4)})"
    if call.operation.picture:
        does = f'Path("{PICTURE}").write_bytes({asked})'
    else:
        shown = f"{asked}.secret" if _tells_secret(call) else asked
        does = f"for one in {asked}:\n    print(one)" if _is_list(call) else f"print({shown})"
    imports = "from pathlib import Path\n" if call.operation.picture else ""
    return IN_PYTHON.substitute(imports=imports, does=does)


def with_node(call: Call) -> str:
    """The call with the SDK for Node, which is that for TypeScript."""
    fields = [f"{_camel(name)}: {JAVASCRIPT.write(_camels(value), 2)}" for name, value in _body(call).items()]
    given = [_object(fields)] if fields else []
    asked = f"client.{_camel(method_of(call.operation.name))}({', '.join([*_subject(call, JAVASCRIPT), *given])})"
    imports = ""
    if call.operation.picture:
        imports, does = (
            'import { writeFile } from "node:fs/promises";\n',
            f'await writeFile("{PICTURE}", await {asked});',
        )
    elif call.operation.listed:
        does = f"for await (const one of {asked}) console.log(one);"
    else:
        does = f"console.log({f'(await {asked}).secret' if _tells_secret(call) else f'await {asked}'});"
    return IN_NODE.substitute(imports=imports, does=does)


def with_php(call: Call) -> str:
    """The call with the SDK for PHP."""
    given = [f"{_camel(name)}: {PHP.write(value, 4)}" for name, value in _body(call).items()]
    method = _camel(method_of(call.operation.name)).replace(".", "->")
    asked = f"$client->{method}({_arguments([*_subject(call, PHP), *given], 4)})"
    if call.operation.picture:
        does = f"file_put_contents('{PICTURE}', {asked});"
    else:
        shown = f"{asked}->secret" if _tells_secret(call) else asked
        does = f"foreach ({asked} as $one) {{\n    print_r($one);\n}}" if _is_list(call) else f"print_r({shown});"
    return IN_PHP.substitute(does=does)


def _is_list(call: Call) -> bool:
    return call.operation.listed or call.operation.many


def _tells_secret(call: Call) -> bool:
    """Whether the answer is there for its secret, which a print of the whole answer leaves out."""
    return "secret" in getattr(call.operation.answer, "__struct_fields__", ())


def _body(call: Call) -> dict[str, object]:
    return call.repeatable_body or {}


def _subject(call: Call, dialect: Dialect) -> list[str]:
    """What the path names: a number as it is, a code in quotes."""
    return [dialect.write(json.loads(text) if text.isdecimal() else text, 0) for text in call.values.values()]


def _arguments(arguments: Iterable[str], indent: int) -> str:
    """Arguments in one line if they fit, else each in a line of its own."""
    listed = list(arguments)
    line = ", ".join(listed)
    if "\n" not in line and len(line) <= LONGEST:
        return line
    return "\n" + "".join(f"{' ' * indent}{indented(one, indent)},\n" for one in listed)


def _object(fields: list[str]) -> str:
    inside = _arguments(fields, 2)
    return f"{{{inside}}}" if inside.startswith("\n") else f"{{ {inside} }}"


def _camels(value: object) -> object:
    if isinstance(value, dict):
        return {_camel(name): _camels(one) for name, one in value.items()}
    return [_camels(one) for one in value] if isinstance(value, list) else value


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(part.capitalize() for part in more)
