"""The OpenAPI 3.1 document, made from the operations beside the routes and from the structs of the wire."""

from collections import defaultdict
from collections.abc import Iterable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import msgspec
from msgspec import UNSET

from api.operations import PREFIXES, Operation
from api.problems import MEDIA_TYPE, Problem
from api.reference.calls import Call
from api.reference.errors import example_problems
from api.reference.event_schemas import KINDS, logged_schemas, webhooks
from api.reference.prose import HERE, introduction
from api.reference.samples import samples_of
from api.reference.schemas import ID_OR_TEXT, REF, component_schemas, query_schemas, ref, wire_name
from loyalty_app.pagination import Pagination
from loyalty_app.webhooks.event_log import LoggedEvent

Json = dict[str, Any]

VERSION = "1.0.0"
"""The version of the API: the first number is that of /v1."""
OTHERWISE = "Otherwise"
PARAMETERS: dict[str, Json] = {
    "id": {"schema": {"type": "integer", "format": "int64", "minimum": 1}, "description": "The numeric id."},
    "customer": {
        "schema": ID_OR_TEXT,
        "description": "The customer's numeric id, or the code on the card as `/customers/qr/{qr_code}` takes it.",
    },
    "qr_code": {
        "schema": {"type": "string"},
        "description": "The code on the card, also a rotating one, typed or scanned, or its whole link, URL-encoded.",
    },
}
IN_HEADERS: dict[str, Json] = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Makes the request once-only: the same key with the same request gets the first answer. It must "
        "never come twice: the till, the day and the receipt, or a UUID. All API keys of a shop share their keys.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
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
WHOLE = {"type": "integer", "format": "int64"}
HEADERS: dict[str, Json] = {
    "X-Request-Id": {"schema": {"type": "string"}, "description": "Names this request in logs."},
    **{
        name: {"schema": {"type": "integer", "format": "int64"}, "description": text}
        for name, text in LIMIT_HEADERS.items()
    },
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


TAGS = {
    "Customers": "Who holds a card: found by id, by code, by phone number.",
    "Stamps": "Giving stamps and handing out rewards, at the counter.",
    "Transactions": "The ledger: what was done to all cards, and undoing it.",
    "Events": "What happened, in order, for those who ask.",
    "Rewards": "What full cards have earned, and what the shop owes.",
    "Program": "How many stamps make which reward, under which policies.",
    "Analytics": "Figures of the last days.",
    "Flags": "Entries that the owner may want to look at, and what is flagged.",
    "Webhooks": "Where the server sends events to, what it has sent, and what it sends.",
    "Shop": "The shop of the key: what the key may do, and the branches.",
}
"""The groups of operations, in the order in which the reference shows them."""


def openapi_document(calls: Iterable[Call], address: str = HERE) -> Json:
    """The whole document for the calls of /v1, of an installation at `address` (without a slash at its end)."""
    paths: dict[str, Json] = defaultdict(dict)
    operations = []
    for call in calls:
        operations.append(call.operation)
        paths[call.path][call.method.lower()] = _operation(call)
    used = {operation.tag for operation in operations}
    return {
        "openapi": "3.1.0",
        **of_address(address),
        "security": [{"bearer": []}, {"header": []}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items() if name in used],
        "paths": dict(paths),
        "webhooks": webhooks(),
        "components": _components(operations),
    }


def of_address(address: str) -> Json:
    """What of the document depends on the address of the installation."""
    return {
        "info": {
            "title": "Loyalty API",
            "summary": "The stamp cards of a shop.",
            "version": VERSION,
            "description": introduction(address),
            "contact": {"name": "The operator of this installation", "url": f"{address}/docs"},
            "license": {"name": "MIT", "identifier": "MIT"},
            "x-server-version": version("loyalty-stamps"),
        },
        "servers": [
            {"url": f"{address}{PREFIXES[0]}"},
            {"url": f"{address}{PREFIXES[1]}", "description": "The same, for clients of the original."},
        ],
    }


def _components(operations: list[Operation]) -> Json:
    answers = {operation.answer for operation in operations} - {bytes, LoggedEvent}
    bodies = {operation.body for operation in operations if operation.body is not None}
    schemas = component_schemas({*answers, *KINDS, Problem, Pagination}, bodies)
    envelopes = {_envelope_name(one): _envelope(one) for one in operations if not one.picture}
    return {
        "schemas": {**schemas, **logged_schemas(schemas), **envelopes},
        "headers": HEADERS,
        "responses": {OTHERWISE: _refusal([example_problems()[code] for code in ANYWHERE])},
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer ll_…"},
            "header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
        },
    }


def _envelope_name(operation: Operation) -> str:
    """The name of an answer as a whole: CustomerPage, StampedResponse."""
    kind = "Page" if operation.listed else "List" if operation.many else "Response"
    return f"{wire_name(operation.answer.__name__)}{kind}"


def _envelope(operation: Operation) -> Json:
    data = ref(operation.answer.__name__)
    properties = {"data": {"type": "array", "items": data} if operation.listed or operation.many else data}
    properties |= {"pagination": ref(Pagination.__name__)} if operation.listed else {}
    properties |= {"resume_cursor": RESUME} if operation.resumes else {}
    title = _envelope_name(operation)
    return {"title": title, "type": "object", "properties": properties, "required": list(properties)}


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
        content = {"schema": ref(operation.body.__name__), "example": operation.body_example}
        required = any(field.required for field in msgspec.structs.fields(operation.body))
        document["requestBody"] = {"required": required, "content": {"application/json": content}}
    return document


def _parameters(call: Call) -> list[Json]:
    operation = call.operation
    kinds = {"id": "customer"} if call.path.startswith("/customers/") else {}
    parameters = [_path_parameter(name, kinds.get(name, name), value) for name, value in call.values.items()]
    if operation.query is not None:
        parameters += _query_parameters(operation.query)
    return parameters + [IN_HEADERS[name] for name, there in _headers_asked(call).items() if there]


def _path_parameter(name: str, kind: str, value: str) -> Json:
    parameter = PARAMETERS[kind]
    example = int(value) if "integer" in parameter["schema"]["type"] else value
    return {"name": name, "in": "path", "required": True, **parameter, "example": example}


def _headers_asked(call: Call) -> dict[str, bool]:
    return {
        "Idempotency-Key": call.operation.once_only,
        "If-None-Match": call.operation.tagged and call.method == "GET",
        "If-Match": "precondition_failed" in call.operation.refusals,
    }


def _query_parameters(query: type[msgspec.Struct]) -> list[Json]:
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in query_schemas(query).items()
    ]


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
    example = operation.example if operation.listed else {"data": operation.example}
    return {"schema": {"$ref": REF.format(name=_envelope_name(operation))}, "example": msgspec.to_builtins(example)}


def _refusals(operation: Operation) -> Json:
    by_status: dict[str, list[Problem]] = defaultdict(list)
    problems = example_problems()
    for code in operation.codes:
        by_status[str(problems[code].status)].append(problems[code])
    refusals = {status: _refusal(same, *_headers_of(same)) for status, same in sorted(by_status.items())}
    return {**refusals, "default": {"$ref": f"#/components/responses/{OTHERWISE}"}}


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
        "content": {MEDIA_TYPE: {"schema": ref(Problem.__name__), "examples": examples}},
    }
