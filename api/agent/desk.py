"""The desk: what a tool asks the API with, on behalf of an agent and with its key. No tool is known here."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

Json = dict[str, Any]
AGENT = "X-Agent"
"""The header that names the agent; the ledger notes it beside the name of the key."""


class Refused(Exception):
    """The API has refused; `problem` is what it said."""

    def __init__(self, problem: Json) -> None:
        self.problem = problem
        super().__init__(f"{problem.get('detail', 'The API did not answer.')} ({problem.get('code', 'no answer')})")


class Desk:
    """Asks with one key, for one agent. Every method raises Refused."""

    def __init__(self, client: httpx.AsyncClient, key: str, agent: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {key}", AGENT: agent}
        self._scopes: frozenset[str] | None = None

    async def scopes(self) -> frozenset[str]:
        """What the key may do."""
        if self._scopes is None:
            self._scopes = frozenset((await self.get("/key"))["data"]["scopes"])
        return self._scopes

    async def may(self, scope: str) -> bool:
        """Whether the key has a scope."""
        return scope in await self.scopes()

    async def get(self, path: str, query: Mapping[str, object] | None = None) -> Json:
        """Read; the whole answer."""
        given = {name: str(value) for name, value in (query or {}).items() if value is not None}
        return await self._ask("GET", path, params=given)

    async def send(self, method: str, path: str, body: Mapping[str, object], *, once: str) -> Json:
        """Write, once for each key `once`; what the answer holds under `data`."""
        answer = await self._ask(method, path, json=dict(body), headers={"Idempotency-Key": once})
        found: Json = answer["data"]
        return found

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,  # noqa: ANN401  # httpx's own
    ) -> Json:
        try:
            answer = await self._client.request(
                method, f"/v1{path}", headers={**self._headers, **(headers or {})}, **more
            )
        except httpx.HTTPError as error:
            raise Refused({"detail": f"The service could not be reached: {error}."}) from error
        told: Json = answer.json()
        if answer.is_error:
            raise Refused(told)
        return told


def at_customer(customer: int | str, tail: str = "") -> str:
    """The path of a customer, who is named by id or by code. Raises Refused if the name is no part of a path."""
    named = str(customer).strip()
    if named in {"", ".", ".."}:
        raise Refused({"detail": "A customer is named by the id or the code on the card.", "code": "invalid_request"})
    text = quote(named, safe="")
    return f"/customers/{text}{tail}" if text.isdecimal() else f"/customers/qr/{text}{tail}"
