"""Calls: every operation as one request that can be sent, with the values of its examples.

The reference, its samples in four languages and the Postman collection are made from these. Texts are elsewhere.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler

from api import examples
from api.operations import Operation

Json = dict[str, Any]

IDS = {
    "customers": examples.CUSTOMER.id,
    "imports": examples.IMPORT.id,
    "transactions": examples.TRANSACTION.id,
    "webhooks": examples.WEBHOOK.id,
    "programs": examples.OTHER_PROGRAM.id,
}
ONCE = "till-1-2026-03-02-000123"
PICTURE = "card.png"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One operation at one path. The path is written as in OpenAPI: /customers/{id}/stamps."""

    operation: Operation
    method: str
    path: str

    @property
    def values(self) -> dict[str, str]:
        """The example values of the path's parameters, by name."""
        known = {"id": str(IDS.get(self.path.split("/")[1], "")), "qr_code": examples.CUSTOMER.qr_code}
        return {name: value for name, value in known.items() if "{" + name + "}" in self.path}

    @property
    def address(self) -> str:
        """The path with its examples in place: /customers/42/stamps."""
        return self.path.format(**self.values)

    @property
    def headers(self) -> dict[str, str]:
        """The headers to send besides the key, and besides the Idempotency-Key, which is a new one each time."""
        return {"Content-Type": "application/json"} if self.body else {}

    @property
    def body(self) -> Json | None:
        """The example body, or None if the operation needs none."""
        return self.operation.body_example or None

    @property
    def repeatable_body(self) -> Json | None:
        """The same for a sample, which may be tried on any day and twice: an order can be stamped once only."""
        body: Json = _repeatable(self.body or {})
        return body or None


def _repeatable(body: Any) -> Any:  # noqa: ANN401  # any JSON
    if isinstance(body, dict):
        return {name: _repeatable(value) for name, value in body.items() if name not in {"order_ref", "occurred_at"}}
    return [_repeatable(one) for one in body] if isinstance(body, list) else body


def calls_of(handlers: Iterable[HTTPRouteHandler]) -> Iterator[Call]:
    """The calls of the handlers of /v1, in their order."""
    for handler in handlers:
        for path in handler.paths:
            for method in sorted(handler.http_methods):
                yield Call(operation=handler.opt["operation"], method=method, path=path.replace(":str}", "}"))
