"""Access: a till's key, looked up in the database, and how many requests it has left in this hour."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Response
from limits import RateLimitItemPerHour
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from bench.peers.fastapi_shop.database import sessions
from bench.peers.fastapi_shop.models import ApiKey, Business

limiter = FixedWindowRateLimiter(MemoryStorage())


async def session() -> AsyncIterator[AsyncSession]:
    """A session for one request."""
    async with sessions() as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]


async def till(opened: Session, response: Response, authorization: Annotated[str, Header()] = "") -> ApiKey:
    """The key of a request, with its shop and the terms of its card. Raises 401, 403 or 429."""
    text = authorization.removeprefix("Bearer ").strip()
    _, _, rest = text.partition("_")
    public_id = rest.partition("_")[0]
    found = select(ApiKey).where(ApiKey.public_id == public_id, ApiKey.revoked_at.is_(None))
    key = await opened.scalar(found.options(joinedload(ApiKey.business).joinedload(Business.program)))
    if key is None or not hmac.compare_digest(key.digest, hashlib.sha256(text.encode()).digest()):
        raise HTTPException(401, "This API key is not known.")
    limit = RateLimitItemPerHour(key.business.rate_limit)
    if not await limiter.hit(limit, "key", str(key.id)):
        raise HTTPException(429, "Too many requests in this hour.")
    window = await limiter.get_window_stats(limit, "key", str(key.id))
    response.headers["X-RateLimit-Limit"] = str(key.business.rate_limit)
    response.headers["X-RateLimit-Remaining"] = str(window.remaining)
    response.headers["X-RateLimit-Reset"] = str(int(window.reset_time))
    if "stamps:write" not in key.scopes.split():
        raise HTTPException(403, "This key may not give stamps.")
    return key


Till = Annotated[ApiKey, Depends(till)]
