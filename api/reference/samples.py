"""Samples: a call in curl, Python, JavaScript and PHP. One template for each language; a test runs every sample.

The same calls with the SDKs are in `sdk_samples`.

They read the address from the variable API and the key from KEY, as docs/howto/integrate.md does. Each makes a new
Idempotency-Key where it runs, and names no order, so that a second one that is pasted works like the first.
"""

import json
import shlex
from collections.abc import Callable
from string import Template

import msgspec

from api.reference.calls import PICTURE, Call
from api.reference.dialects import JAVASCRIPT, PHP, PYTHON, indented
from api.reference.sdk_samples import with_node, with_php, with_python

NEW_IN_SHELL = "$(uuidgen 2> /dev/null || openssl rand -hex 16)"
"""A new Idempotency-Key each time; not every system has uuidgen."""
WRITE_FILE = 'import { writeFile } from "node:fs/promises";\n\n'
RANDOM_UUID = 'import { randomUUID } from "node:crypto";\n\n'

IN_PYTHON = Template("""\
import os
$imports
import httpx

answer = httpx.request(
    "$method",
    f"{os.environ['API']}$address",
    headers={
        "Authorization": f"Bearer {os.environ['KEY']}",
$headers    },
$body)
answer.raise_for_status()
$result
""")
IN_JAVASCRIPT = Template("""\
${imports}const { API, KEY } = process.env;

const answer = await fetch(`$${API}$address`, {
  method: "$method",
  headers: {
    Authorization: `Bearer $${KEY}`,
$headers  },
$body});
if (!answer.ok) throw new Error(await answer.text());
$result
""")
IN_PHP = Template("""\
<?php
$$curl = curl_init(getenv('API') . '$address');
curl_setopt_array($$curl, [
    CURLOPT_CUSTOMREQUEST => '$method',
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => [
        'Authorization: Bearer ' . getenv('KEY'),
$headers    ],
$body]);
$$answer = curl_exec($$curl);
if ($$answer === false || curl_getinfo($$curl, CURLINFO_RESPONSE_CODE) >= 400) {
    throw new RuntimeException($$answer ?: curl_error($$curl));
}
$result
""")


def in_curl(call: Call) -> str:
    """The call as a line of a shell."""
    method = "" if call.method == "GET" or (call.body and call.method == "POST") else f"-X {call.method} "
    headers = {"Authorization": "Bearer $KEY"} | call.headers
    options = [f'-H "{name}: {value}"' for name, value in headers.items()]
    options += [f'-H "Idempotency-Key: {NEW_IN_SHELL}"'] if call.operation.once_only else []
    sent = call.repeatable_body
    options += [f"-d {shlex.quote(json.dumps(sent, ensure_ascii=False))}"] if sent else []
    options += [f"--output {PICTURE}"] if call.operation.picture else []
    return " \\\n  ".join([f'curl {method}"$API{call.address}"', *options]) + "\n"


def in_python(call: Call) -> str:
    """The call with httpx."""
    picture, once_only, sent = call.operation.picture, call.operation.once_only, call.repeatable_body
    return IN_PYTHON.substitute(
        _place(call),
        imports=("import uuid\n" if once_only else "") + ("from pathlib import Path\n" if picture else ""),
        headers='        "Idempotency-Key": str(uuid.uuid4()),\n' if once_only else "",
        body=f"    json={indented(PYTHON.write(sent, 4), 4)},\n" if sent else "",
        result=f'Path("{PICTURE}").write_bytes(answer.content)' if picture else 'print(answer.json()["data"])',
    )


def in_javascript(call: Call) -> str:
    """The call with fetch, as a module of Node.js."""
    picture, once_only, sent = call.operation.picture, call.operation.once_only, call.repeatable_body
    saved = f'await writeFile("{PICTURE}", Buffer.from(await answer.arrayBuffer()));'
    body = f"  body: JSON.stringify({indented(JAVASCRIPT.write(sent, 2), 2)}),\n" if sent else ""
    return IN_JAVASCRIPT.substitute(
        _place(call),
        imports=WRITE_FILE if picture else RANDOM_UUID if once_only else "",
        headers="".join(f'    "{name}": "{value}",\n' for name, value in call.headers.items())
        + ('    "Idempotency-Key": randomUUID(),\n' if once_only else ""),
        body=body,
        result=saved if picture else "console.log((await answer.json()).data);",
    )


def in_php(call: Call) -> str:
    """The call with PHP's curl."""
    sent = call.repeatable_body
    body = f"    CURLOPT_POSTFIELDS => json_encode({indented(PHP.write(sent, 4), 4)}),\n" if sent else ""
    saved, shown = f"file_put_contents('{PICTURE}', $answer);", "print_r(json_decode($answer, true)['data']);"
    return IN_PHP.substitute(
        _place(call),
        headers="".join(f"        '{name}: {value}',\n" for name, value in call.headers.items())
        + ("        'Idempotency-Key: ' . bin2hex(random_bytes(16)),\n" if call.operation.once_only else ""),
        body=body,
        result=saved if call.operation.picture else shown,
    )


def _place(call: Call) -> dict[str, str]:
    return {"method": call.method, "address": call.address}


class Language(msgspec.Struct, frozen=True):
    """A language: its name in OpenAPI's x-codeSamples, its name for people, and how it writes a call."""

    name: str
    label: str
    write: Callable[[Call], str]


LANGUAGES = (
    Language("Shell", "curl", in_curl),
    Language("Python", "Python", in_python),
    Language("JavaScript", "JavaScript", in_javascript),
    Language("PHP", "PHP", in_php),
    Language("Python", "SDK for Python", with_python),
    Language("TypeScript", "SDK for Node", with_node),
    Language("PHP", "SDK for PHP", with_php),
)


def samples_of(call: Call) -> list[dict[str, str]]:
    """The value of x-codeSamples for a call."""
    return [
        {"lang": language.name, "label": language.label, "source": language.write(call).rstrip()}
        for language in LANGUAGES
    ]
