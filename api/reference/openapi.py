"""The OpenAPI 3.1 document, made from the operations beside the routes and from the structs of the wire."""

from collections import defaultdict
from collections.abc import Iterable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import msgspec
from msgspec import UNSET

from api.operations import Operation
from api.problems import MEDIA_TYPE, Problem
from api.reference.calls import ONCE, Call
from api.reference.errors import example_problems
from api.reference.prose import introduction
from api.reference.samples import samples_of
from loyalty_app.pagination import Pagination

Json = dict[str, Any]

REF = "#/components/schemas/{name}"
PARAMETERS: dict[str, Json] = {
    "id": {"schema": {"type": "integer", "minimum": 1}, "description": "The numeric id."},
    "qr_code": {
        "schema": {"type": "string"},
        "description": "The code on the card, typed or scanned, or the card's whole link, URL-encoded.",
    },
}
IN_HEADERS: dict[str, Json] = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Makes the request once-only: the same key with the same request gets the first answer. It must "
        "never come twice: the till, the day and the receipt, or a UUID. All API keys of a shop share their keys.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        "example": ONCE,
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "The ETag of what you have; if it is still the same, the answer is 304 without a body.",
        "schema": {"type": "string"},
        "example": '"9-10-1"',
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The ETag of what you know; if it was changed meanwhile, the answer is 412 and nothing changes.",
        "schema": {"type": "string"},
        "example": '"9-10-1"',
    },
}
LIMIT_HEADERS = {
    "X-RateLimit-Limit": "Requests that the key has in each hour.",
    "X-RateLimit-Remaining": "Requests that are left in this hour.",
    "X-RateLimit-Reset": "When the next hour begins, in Unix seconds.",
}
HEADERS: dict[str, Json] = {
    "X-Request-Id": {"schema": {"type": "string"}, "description": "Names this request in logs."},
    **{name: {"schema": {"type": "integer"}, "description": text} for name, text in LIMIT_HEADERS.items()},
    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait before the next try."},
    "WWW-Authenticate": {"schema": {"type": "string"}, "description": "How to sign in: Bearer."},
    "Idempotent-Replayed": {
        "schema": {"const": "true"},
        "description": "There if this is the answer of an "
        "earlier request, once more. Nothing was booked now: do not hand over a second reward.",
    },
    "ETag": {"schema": {"type": "string"}, "description": "Names this state, for If-None-Match and If-Match."},
    "Location": {"schema": {"type": "string", "format": "uri-reference"}, "description": "Where it is now."},
}
PICTURE = {"type": "string", "format": "binary"}
RESUME = {"type": "string", "description": "Send it as `cursor` the next time. It is always there."}
ANYWHERE = (
    *("not_found", "method_not_allowed", "malformed_request"),
    *("request_timed_out", "uri_too_long", "headers_too_large"),
)


def openapi_document(calls: Iterable[Call]) -> Json:
    """The whole document for the calls of /v1."""
    paths: dict[str, Json] = defaultdict(dict)
    operations = []
    for call in calls:
        operations.append(call.operation)
        paths[call.path][call.method.lower()] = _operation(call)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Loyalty API", "version": version("loyalty-stamps"), "description": introduction()},
        "servers": [{"url": "/v1"}, {"url": "/api/v1", "description": "for clients of the original"}],
        "security": [{"bearer": []}, {"header": []}],
        "tags": [{"name": name} for name in dict.fromkeys(operation.tag for operation in operations)],
        "paths": dict(paths),
        "components": _components(operations),
    }


def _components(operations: list[Operation]) -> Json:
    types: set[type] = {Problem, Pagination}
    for operation in operations:
        types |= {kind for kind in (operation.answer, operation.body, operation.query) if kind not in {None, bytes}}
    _, schemas = msgspec.json.schema_components(sorted(types, key=lambda kind: kind.__name__), ref_template=REF)
    return {
        "schemas": _wire_names(schemas),
        "headers": HEADERS,
        "responses": {code: _refusal([example_problems()[code]]) for code in ANYWHERE},
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer ll_…"},
            "header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
        },
    }


def _wire_names(schemas: Json) -> Json:
    """Name views after what they show: CustomerView → Customer."""
    text = msgspec.json.encode(schemas).decode()
    for name in schemas:
        if name.endswith("View"):
            text = text.replace(f'/{name}"', f'/{_wire_name(name)}"').replace(
                f'"title":"{name}"', f'"title":"{_wire_name(name)}"'
            )
    renamed: Json = msgspec.json.decode(text)
    return {_wire_name(name): schema for name, schema in renamed.items()}


def _wire_name(name: str) -> str:
    return name.removesuffix("View")


def _ref(kind: type) -> Json:
    return {"$ref": REF.format(name=_wire_name(kind.__name__))}


def _operation(call: Call) -> Json:
    operation = call.operation
    document: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.needs,
        "tags": [operation.tag],
        "parameters": _parameters(call),
        "responses": {**_successes(call), **_refusals(operation)},
        "x-codeSamples": samples_of(call),
    }
    if operation.body is not None:
        content = {"schema": _ref(operation.body), "example": operation.body_example}
        required = any(field.required for field in msgspec.structs.fields(operation.body))
        document["requestBody"] = {"required": required, "content": {"application/json": content}}
    return document


def _parameters(call: Call) -> list[Json]:
    operation = call.operation
    parameters = [_path_parameter(name, value) for name, value in call.values.items()]
    if operation.query is not None:
        parameters += _query_parameters(operation.query)
    return parameters + [IN_HEADERS[name] for name, there in _headers_asked(call).items() if there]


def _path_parameter(name: str, value: str) -> Json:
    parameter = PARAMETERS[name]
    example = int(value) if parameter["schema"]["type"] == "integer" else value
    return {"name": name, "in": "path", "required": True, **parameter, "example": example}


def _headers_asked(call: Call) -> dict[str, bool]:
    return {
        "Idempotency-Key": call.operation.once_only,
        "If-None-Match": call.operation.tagged and call.method == "GET",
        "If-Match": "precondition_failed" in call.operation.refusals,
    }


def _query_parameters(query: type[msgspec.Struct]) -> list[Json]:
    """The parameters of a query. None of them is ever null: clients leave out what they do not want."""
    properties = msgspec.json.schema_components([query], ref_template=REF)[1][query.__name__]["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": _not_null(schema)}
        for name, schema in properties.items()
    ]


def _not_null(schema: Json) -> Json:
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    return kinds[0] if kinds else schema


def _headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *names)}


def _successes(call: Call) -> Json:
    operation, headers = call.operation, _headers(*LIMIT_HEADERS, *_headers_given(call.operation))
    content = {"image/png": {"schema": PICTURE}} if operation.picture else {"application/json": _json(operation)}
    successes = {
        str(operation.status): {"description": operation.summary, "headers": headers, "content": content},
    }
    if operation.tagged and call.method == "GET":
        successes["304"] = {"description": "The caller has this state already", "headers": headers, "content": {}}
    return successes


def _headers_given(operation: Operation) -> list[str]:
    """The headers of a success, beside those that every answer has."""
    given = {
        "Idempotent-Replayed": operation.once_only,
        "ETag": operation.tagged,
        "Location": operation.status in {HTTPStatus.CREATED, HTTPStatus.ACCEPTED},
    }
    return [name for name, there in given.items() if there]


def _json(operation: Operation) -> Json:
    if operation.listed:
        properties = {"data": {"type": "array", "items": _ref(operation.answer)}, "pagination": _ref(Pagination)}
        properties |= {"resume_cursor": RESUME} if operation.resumes else {}
        example = msgspec.to_builtins(operation.example)
    else:
        data = _ref(operation.answer)
        properties = {"data": {"type": "array", "items": data} if operation.many else data}
        example = {"data": msgspec.to_builtins(operation.example)}
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"schema": schema, "example": example}


def _refusals(operation: Operation) -> Json:
    by_status: dict[str, list[Problem]] = defaultdict(list)
    problems = example_problems()
    for code in operation.codes:
        by_status[str(problems[code].status)].append(problems[code])
    return {status: _refusal(same, *_headers_of(same)) for status, same in sorted(by_status.items())}


def _headers_of(problems: list[Problem]) -> tuple[str, ...]:
    """The headers of refusals with one status."""
    if problems[0].status == HTTPStatus.UNAUTHORIZED:
        return ("WWW-Authenticate",)
    waits = any(problem.retry_after is not UNSET for problem in problems)
    return (*LIMIT_HEADERS, *(["Retry-After"] if waits else []))


def _refusal(problems: list[Problem], *headers: str) -> Json:
    examples = {p.code: {"summary": p.title, "value": msgspec.to_builtins(p)} for p in problems}
    return {
        "description": "; ".join(problem.title for problem in problems),
        "headers": _headers(*headers),
        "content": {MEDIA_TYPE: {"schema": _ref(Problem), "examples": examples}},
    }
