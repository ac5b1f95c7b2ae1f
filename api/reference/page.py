"""The reference as a page that needs nothing but itself: every operation with its fields, examples and refusals."""

import html
from typing import Any

import msgspec

Json = dict[str, Any]

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
h2 { margin-top: 3rem; border-bottom: 1px solid #ddd } h3 { margin: 2rem 0 .3rem }
code, pre { font: 14px/1.4 ui-monospace, monospace } pre { background: #f6f6f4; padding: .8rem; overflow-x: auto }
.method { color: #fff; background: #7a4b21; border-radius: 4px; padding: .1rem .5rem; font-size: .8rem }
table { border-collapse: collapse; width: 100% } td { border-top: 1px solid #eee; padding: .3rem .6rem .3rem 0;
vertical-align: top } td:first-child { white-space: nowrap }
"""


def reference_page(document: Json) -> str:
    """The whole page for an OpenAPI document."""
    operations = [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    sections = [_section(tag["name"], operations) for tag in document["tags"]]
    info = document["info"]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{info["title"]}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
        f"<h1>{info['title']} {info['version']}</h1><p>{_text(info['description'])}</p>"
        '<p>The same for machines: <a href="/openapi.json">/openapi.json</a>. '
        "Every request carries <code>Authorization: Bearer ll_…</code>.</p>"
        f"{''.join(sections)}{_refusals(document)}</html>"
    )


def _text(text: str) -> str:
    parts = html.escape(text, quote=False).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))


def _section(tag: str, operations: list[tuple[str, str, Json]]) -> str:
    own = [_operation(method, path, op) for method, path, op in operations if tag in op["tags"]]
    return f"<h2>{tag}</h2>{''.join(own)}"


def _operation(method: str, path: str, operation: Json) -> str:
    success = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    codes = [
        code
        for status, answer in operation["responses"].items()
        if not status.startswith("2")
        for code in answer["content"].get("application/problem+json", {"examples": ()})["examples"]
    ]
    return (
        f'<h3 id="{operation["operationId"]}"><span class="method">{method.upper()}</span> '
        f"<code>/v1{path}</code></h3><p><b>{operation['summary']}.</b> {_text(operation['description'])}</p>"
        f"{_parameters(operation['parameters'])}"
        f"{'<p>Body</p>' + _example(body['example']) if body else ''}"
        f"<p>Answer</p>{_answer(success['content'])}"
        f"<p>Refusals: {', '.join(f'<a href=#{code}><code>{code}</code></a>' for code in codes)}</p>"
    )


def _parameters(parameters: list[Json]) -> str:
    rows = "".join(
        f"<tr><td><code>{p['name']}</code> ({p['in']})"
        f"<td>{_text(p.get('description') or p['schema'].get('description', ''))}"
        for p in parameters
    )
    return f"<table>{rows}</table>" if rows else ""


def _answer(content: Json) -> str:
    [(media_type, shown)] = content.items()
    return _example(shown["example"]) if "example" in shown else f"<p><code>{media_type}</code></p>"


def _example(value: object) -> str:
    return f"<pre>{html.escape(msgspec.json.format(msgspec.json.encode(value), indent=2).decode(), quote=False)}</pre>"


def _refusals(document: Json) -> str:
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    answers = [answer for operation in operations for answer in operation["responses"].values()]
    problems: dict[str, Json] = {}
    for answer in (*answers, *document["components"]["responses"].values()):
        for code, example in answer["content"].get("application/problem+json", {}).get("examples", {}).items():
            problems[code] = example["value"]
    rows = (
        f'<tr id="{code}"><td><code>{code}</code><td>{problem["status"]}<td>{_text(problem["detail"])}'
        for code, problem in sorted(problems.items(), key=lambda item: (item[1]["status"], item[0]))
    )
    return f"<h2>Refusals</h2><table>{''.join(rows)}</table>"
