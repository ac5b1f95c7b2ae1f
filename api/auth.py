"""Auth: who asks, and whether they may. Runs before a handler, as a Litestar guard.

In this order: the key is recognised, the request is counted, the plan and the key's scope are checked. Failed sign-ins
are counted by address, apart from the requests of keys.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from api.rate_limits import RateLimits
from api.refusals import MissingApiKey, RateLimited
from api.request_context import ApiRequest, running
from api.request_log import request_log_of
from loyalty_app.counter import Caller
from loyalty_app.shops.api_keys import KeyHolder
from loyalty_core.access import Scope, requests_per_hour, require_api, require_scope
from loyalty_core.errors import InvalidApiKey, InvalidRequest
from loyalty_core.ledger import Actor, ActorType

Connection = ASGIConnection[Any, Any, Any, Any]

CHAT_KEYS = "chat:"
IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")


async def authorise(connection: Connection, handler: BaseRouteHandler) -> None:
    """Litestar's guard: let a request pass whose key has the scope that the handler names. Raises what `admit` raises.

    OPTIONS, which Litestar answers by itself, is for everybody.
    """
    if connection.scope.get("method") != "OPTIONS":
        await admit(cast("ApiRequest", connection), handler.opt["scope"])


async def admit(request: ApiRequest, wanted: Scope) -> None:
    """Let a request pass whose key has a scope.

    Raises MissingApiKey, InvalidApiKey, RateLimited, PlanRequired or ScopeRequired.
    """
    visit = request_log_of(request.scope)
    limits: RateLimits = request.app.state.limits
    holder = await _recognise(request, limits)
    business = holder.business
    standing = await limits.count(holder.key.key_id, requests_per_hour(business.plan, business.rate_limit))
    visit.holder = holder
    visit.headers += standing.headers()
    require_api(business.plan)
    if standing.exceeded:
        raise RateLimited(standing.seconds_left)
    require_scope(holder.key.scopes, wanted)


async def _recognise(request: ApiRequest, limits: RateLimits) -> KeyHolder:
    try:
        return await running(request).api_keys.recognise(_key_text(request.headers))
    except (MissingApiKey, InvalidApiKey):
        wait = await limits.failed(request.client.host if request.client else "")
        if wait is not None:
            raise RateLimited(wait) from None
        raise


def _key_text(headers: Mapping[str, str]) -> str:
    scheme, _, text = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and text.strip():
        return text.strip()
    other = headers.get("x-api-key")
    if not other:
        raise MissingApiKey
    return other.strip()


def caller(request: ApiRequest) -> Caller:
    """On whose behalf a request writes, with its Idempotency-Key. Raises InvalidRequest."""
    holder = key_holder(request)
    key = request.headers.get("idempotency-key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidRequest.field("Idempotency-Key", "must be 1 to 255 visible ASCII characters")
    if key is not None and key.startswith(CHAT_KEYS):
        raise InvalidRequest.field("Idempotency-Key", "must not begin with chat:, which is taken by the chat")
    actor = Actor(ActorType.API_KEY, holder.key.key_id, holder.key.name)
    return Caller(business=holder.business, actor=actor, key=key)


def key_holder(request: ApiRequest) -> KeyHolder:
    """Who asks. The guard has seen to it that there is somebody."""
    holder = request_log_of(request.scope).holder
    if holder is None:
        raise MissingApiKey
    return holder
