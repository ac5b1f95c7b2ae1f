"""Authentication and authorisation of requests. It runs before a handler, as a Litestar guard.

In this order: the API key is checked, the request is counted, the plan and the key's scope are checked. Failed sign-ins
are counted by address, apart from the requests of keys. `loyalty_app/shops/api_key_check.py` recognises keys;
`api/rate_limits.py` counts requests.
"""

import asyncio
import logging
import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from api.messages import RequestLike, runtime_of
from api.rate_limits import RateLimits, RateLimitState
from api.refusals import MissingApiKey, RateLimited
from api.request_log import request_log_of
from loyalty_app.counter import Caller
from loyalty_app.counter.orders import CHAT_KEYS
from loyalty_app.db.idempotency import KeyedRequest, fingerprint_of
from loyalty_app.db.outages import will_pass
from loyalty_app.shops.api_key_check import KeyHolder
from loyalty_core.access import Scope, requests_per_hour, require_api, require_scope
from loyalty_core.errors import InvalidApiKey, InvalidRequest, LoyaltyError
from loyalty_core.ledger import Actor, ActorType

Connection = ASGIConnection[Any, Any, Any, Any]

PATIENCE_SECONDS = 1
"""How long a refused request waits for its key to be looked up."""
log = logging.getLogger(__name__)

AGENT_NAME = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,58}[\x21-\x7e])?")
IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")


async def authorise(connection: Connection, handler: BaseRouteHandler) -> None:
    """Litestar's guard: let a request through if its key has the handler's scope. Raises what `admit` raises.

    OPTIONS, which Litestar answers by itself, needs no key.
    """
    if connection.scope.get("method") != "OPTIONS":
        await admit(cast("RequestLike", connection), handler.opt["scope"])


async def admit(request: RequestLike, scope: Scope | None) -> None:
    """Let a request through if its key has `scope`; None lets any key in.

    Puts the key and the rate limit's headers into the request log.

    Raises MissingApiKey, InvalidApiKey, RateLimited, PlanRequired or ScopeRequired.
    """
    holder, rate = await _count(request)
    require_api(holder.business.plan)
    if rate.exceeded:
        raise RateLimited(rate.seconds_left)
    if scope is not None:
        require_scope(holder.key.scopes, scope)


async def identify(request: RequestLike) -> None:
    """Count a request that is refused anyhow, if its key is known and can be looked up at once.

    Raises nothing of the database's: the refusal is the answer, with or without the headers of the rate limit.
    """
    if request_log_of(request.scope).holder is not None:
        return
    try:
        _key_text(request.headers)  # a request without a key is no failed sign-in here
        async with asyncio.timeout(PATIENCE_SECONDS):
            await _count(request)
    except LoyaltyError:
        return
    except Exception as error:
        if not will_pass(error):
            raise
        log.info("the key of a refused request could not be looked up")


async def _count(request: RequestLike) -> tuple[KeyHolder, RateLimitState]:
    """Check the key, count the request, and put both into the request log. Raises what `_check_key` raises."""
    limits: RateLimits = request.app.state.limits
    holder, record = await _check_key(request, limits), request_log_of(request.scope)
    rate = await limits.count(holder.key.key_id, hourly_limit(holder))
    record.holder = holder
    record.headers += rate.headers()
    return holder, rate


async def _check_key(request: RequestLike, limits: RateLimits) -> KeyHolder:
    try:
        return await runtime_of(request).api_keys.recognise(_key_text(request.headers))
    except (MissingApiKey, InvalidApiKey):
        wait = await limits.failed(request.client.host if request.client else "")
        if wait is not None:
            raise RateLimited(wait) from None
        raise


def _key_text(headers: Mapping[str, str]) -> str:
    scheme, _, text = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and text.strip():
        return text.strip()
    key_text = headers.get("x-api-key")
    if not key_text:
        raise MissingApiKey
    return key_text.strip()


def caller_of(request: RequestLike) -> Caller:
    """The caller of a request: its key as the actor, and its Idempotency-Key. Raises InvalidRequest."""
    holder = key_holder(request)
    key = request.headers.get("idempotency-key")
    actor = Actor(ActorType.API_KEY, holder.key.key_id, _actor_name(holder, request.headers.get("x-agent", "")))
    return Caller(business=holder.business, actor=actor, key=checked_key(key, "Idempotency-Key"))


def _actor_name(holder: KeyHolder, agent: str) -> str:
    """The name in the ledger: that of the key, with the agent that it acts through, if one says who it is."""
    return f"{holder.key.name} ({agent})" if AGENT_NAME.fullmatch(agent) else holder.key.name


def checked_key(key: str | None, field: str) -> str | None:
    """An idempotency key that a client may use. Raises InvalidRequest."""
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidRequest.field(field, "must be 1 to 255 visible ASCII characters")
    if key is not None and key.startswith(CHAT_KEYS):
        raise InvalidRequest.field(field, "must not begin with chat:, which is taken by the chat")
    return key


async def charge(request: RequestLike, requests: int) -> None:
    """Count more requests for one that does the work of many.

    Raises RateLimited: then nothing of it may be done, and none of them is counted.
    """
    if not requests:
        return
    holder, limits = key_holder(request), request.app.state.limits
    rate = await limits.charge(holder.key.key_id, hourly_limit(holder), requests)
    record, told = request_log_of(request.scope), rate.headers()
    names = {name for name, _ in told}
    record.headers = [header for header in record.headers if header[0] not in names] + told
    if rate.exceeded:
        raise RateLimited(rate.seconds_left)


def hourly_limit(holder: KeyHolder) -> int:
    """How many requests a key has in an hour."""
    return requests_per_hour(holder.business.plan, holder.business.rate_limit)


def keyed(request: RequestLike, operation: str, *asked: object) -> KeyedRequest:
    """A request that its Idempotency-Key, if it has one, makes once-only. Raises InvalidRequest.

    `operation` and `asked` distinguish it from others: they stay as they are when code is renamed.
    """
    caller = caller_of(request)
    fingerprint = fingerprint_of(msgspec.json.encode([operation, *asked]))
    return KeyedRequest(business_id=caller.business.id, key=caller.key, fingerprint=fingerprint)


def key_holder(request: RequestLike) -> KeyHolder:
    """The key of a request, and its business. Raises MissingApiKey where the guard has not run."""
    holder = request_log_of(request.scope).holder
    if holder is None:
        raise MissingApiKey
    return holder
