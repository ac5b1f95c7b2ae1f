"""The Postman collection, format v2.1: the ten requests of the original first, then our own.

It is made from the same calls as the rest of the reference. It can be run from top to bottom; see `postman_scripts`.
"""

import json
import re
import uuid
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import msgspec

from api.operations import Operation
from api.reference import postman_scripts as scripts
from api.reference.calls import Call

Json = dict[str, Any]

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
NAME = "Loyalty API"
ABOUT = (
    "Set `api_key` to a key of the shop, and `base_url` if it is another. The collection can be run from top to "
    "bottom: it makes a customer, works with them, and erases them. The other variables are kept by the requests."
)
ORIGINAL = {
    "Customers": ("customers.list", "customers.get", "customers.get_by_code", "customers.create"),
    "Stamps": ("customers.stamp", "customers.stamp_by_code"),
    "Analytics": ("analytics.get",),
    "Webhooks": ("webhooks.list", "webhooks.create", "webhooks.delete"),
}
LAST = "Customers"
"""The last of the added folders: it erases the customer that the others work with."""

ERASING = "customers.delete"

OF_NEW_CUSTOMER = {ERASING, "customers.merge", "customers.unmerge"}
"""Operations that are about a customer of the collection's own making, never about one of the shop's."""

A_SECOND: Json = {"from_id": "{{second_customer_id}}"}
STAMPING: Json = {"stamps": 10, "order_ref": "{{$guid}}"}
BODIES: dict[str, Json] = {
    "customers.create": {"name": "Ana Lovelace", "phone": "{{phone}}", "email": "ana@example.com"},
    "imports.create": {"customers": [{"name": "Ana Lovelace", "phone": "{{phone}}"}]},
    "customers.stamp": STAMPING,
    "customers.stamp_by_code": STAMPING,
    "customers.merge": A_SECOND,
    "customers.unmerge": A_SECOND,
    "stamps.batch": {"items": [{"idempotency_key": "{{$guid}}", "qr_code": "{{qr_code}}", "stamps": 1}]},
    "customers.redeem": {},
    "customers.redeem_by_code": {},
    "program.update": {"reward_description": "{{reward_description}}"},
    "webhooks.create": {"url": "{{webhook_url}}", "events": ["stamp.added", "reward.redeemed"]},
    "webhooks.replay": {"since": "{{$isoTimestamp}}"},
}
"""Operation → the body it sends here, where the reference's example would work only once or only there."""

IN_QUOTES = re.compile(r'"({{\w+_id}})"')
"""A variable that holds an id; it is sent as a number."""

VARIABLES = {"base_url": "", "api_key": "ll_YOUR_API_KEY", "webhook_url": "https://example.com/hook"}


def postman_collection(calls: Iterable[Call], base_url: str) -> Json:
    """The collection for an installation at that address, without a slash at its end."""
    known = {call.operation.name: call for call in calls}
    folders = [_folder(name, [known[operation] for operation in operations]) for name, operations in ORIGINAL.items()]
    variables = {**VARIABLES, "base_url": base_url}
    return {
        "info": {"_postman_id": _id(NAME), "name": NAME, "description": ABOUT, "schema": SCHEMA},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{api_key}}", "type": "string"}]},
        "variable": [{"key": key, "value": value, "type": "string"} for key, value in variables.items()],
        "event": [_event("test", scripts.ALWAYS)],
        "item": [*folders, *_added(list(known.values()))],
    }


def _added(calls: list[Call]) -> list[Json]:
    """Folders, by tag, of the operations that the original lacks; deletions come last."""
    originals = {name for names in ORIGINAL.values() for name in names}
    by_tag: dict[str, list[Call]] = {}
    for call in sorted(calls, key=_late):
        if call.operation.name not in originals:
            by_tag.setdefault(call.operation.tag, []).append(call)
    return [_folder(f"More about {tag.lower()}" if tag in ORIGINAL else tag, calls) for tag, calls in by_tag.items()]


def _late(call: Call) -> tuple[bool, bool, bool]:
    return call.operation.tag == LAST, call.method == "DELETE", call.operation.name == ERASING


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{SCHEMA}#{name}"))


def _folder(name: str, calls: list[Call]) -> Json:
    return {"name": name, "item": [_item(call) for call in calls]}


def _item(call: Call) -> Json:
    operation, request = call.operation, _request(call)
    before = scripts.before(operation.name, _variables(call).values())
    events = {"prerequest": before, "test": scripts.after(operation.name)}
    return {
        "name": operation.summary,
        "id": _id(operation.name),
        "event": [_event(listen, script) for listen, script in events.items() if script],
        "request": request,
        "response": [_response(operation, request)],
    }


def _event(listen: str, script: str) -> Json:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": script.splitlines()}}


def _request(call: Call) -> Json:
    operation, body = call.operation, BODIES.get(call.operation.name, call.body)
    once = {"Idempotency-Key": "{{$guid}}"} if operation.once_only else {}
    headers = once | ({} if body is None else {"Content-Type": "application/json"})
    request: Json = {
        "method": call.method,
        "header": [{"key": key, "value": value} for key, value in headers.items()],
        "url": _url(call),
        "description": operation.needs,
    }
    if body is not None:
        raw = IN_QUOTES.sub(r"\1", json.dumps(body, indent=2, ensure_ascii=False))
        request["body"] = {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}
    return request


def _url(call: Call) -> Json:
    path = re.sub(r"\{(\w+)\}", r":\1", f"/v1{call.path}")
    query = () if call.operation.query is None else call.operation.query.__struct_fields__
    url = {
        "raw": "{{base_url}}" + path,
        "host": ["{{base_url}}"],
        "path": path.strip("/").split("/"),
        "query": [{"key": name, "value": "", "disabled": True} for name in query],
        "variable": [{"key": key, "value": "{{" + name + "}}"} for key, name in _variables(call).items()],
    }
    return {name: value for name, value in url.items() if value}


def _variables(call: Call) -> dict[str, str]:
    """The path's parameters, each with the variable of the collection that holds its value."""
    of_new = call.operation.name in OF_NEW_CUSTOMER
    id_variable = "new_customer_id" if of_new else f"{call.path.split('/')[1][:-1]}_id"
    return {name: id_variable if name == "id" else name for name in call.values}


def _response(operation: Operation, request: Json) -> Json:
    """The example response."""
    answer: object = operation.example if operation.listed else {"data": operation.example}
    body = "" if operation.picture else msgspec.json.format(msgspec.json.encode(answer), indent=2).decode()
    kind = "image/png" if operation.picture else "application/json"
    return {
        "name": operation.summary,
        "originalRequest": request,
        "status": HTTPStatus(operation.status).phrase,
        "code": operation.status,
        "_postman_previewlanguage": "text" if operation.picture else "json",
        "header": [{"key": "Content-Type", "value": kind}],
        "body": body,
    }
