"""Events in the OpenAPI document: the bodies of webhooks, and the same events as the event log has them."""

from copy import deepcopy
from typing import Any, get_args

import msgspec

from api.reference.schemas import REF, ref
from loyalty_app.webhooks.event_log import LoggedEvent
from loyalty_core.events import Event, WebhookTest

Json = dict[str, Any]

KINDS: tuple[type[msgspec.Struct], ...] = get_args(Event)
SIGNED = {
    "webhook-id": "The id of the event, the same on every try.",
    "webhook-timestamp": "When it was sent, in Unix seconds.",
    "webhook-signature": "`v1,` and the signature; several, with spaces between them, while a secret is renewed.",
}
SIGNATURES = [
    {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
    for name, text in SIGNED.items()
]


def name_of(kind: type[msgspec.Struct]) -> str:
    """The name of an event, as stamp.added."""
    return str(kind.__struct_config__.tag)


def webhooks() -> Json:
    """The section of webhooks: what the server sends to endpoints."""
    return {name_of(kind): {"post": _sent(kind)} for kind in KINDS}


def _sent(kind: type[msgspec.Struct]) -> Json:
    return {
        "operationId": f"webhook.{name_of(kind)}",
        "summary": str(kind.__doc__).rstrip("."),
        "description": f"Sent to endpoints that chose `{name_of(kind)}`, signed as Standard Webhooks says.",
        "tags": ["Webhooks"],
        "security": [],
        "parameters": SIGNATURES,
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref(kind.__name__)}}},
        "responses": {
            "200": {"description": "Taken. Any 2xx will do."},
            "410": {"description": "Send nothing more: the endpoint is switched off."},
        },
    }


def logged_schemas(schemas: Json) -> Json:
    """The schemas of events in the log: those of the webhooks' bodies, each with the id, and the one of any of them."""
    logged = {name_of(kind): kind.__name__ for kind in KINDS if kind is not WebhookTest}
    with_id = {f"Logged{name}": _with_id(schemas[name], f"Logged{name}") for name in logged.values()}
    refs = {tag: REF.format(name=f"Logged{name}") for tag, name in logged.items()}
    union = {
        "title": LoggedEvent.__name__,
        "description": "An event of the log: the body of its webhook, and the webhook-id as `id`.",
        "oneOf": [{"$ref": one} for one in refs.values()],
        "discriminator": {"propertyName": "type", "mapping": refs},
    }
    return {**with_id, LoggedEvent.__name__: union}


def _with_id(schema: Json, title: str) -> Json:
    one = deepcopy(schema)
    number = {"type": "string", "description": "The webhook-id of the event."}
    return {
        **one,
        "title": title,
        "properties": {"id": number, **one["properties"]},
        "required": ["id", *one["required"]],
    }
