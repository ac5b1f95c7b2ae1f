"""Routes of health, for whoever runs the process. They take no key."""

import asyncio

from litestar import get
from litestar.response.base import ASGIResponse

from api.request_context import AppRequest, running
from api.responses import encode

PATIENCE_SECONDS = 5


@get("/health/live", include_in_schema=False)
async def live(request: AppRequest) -> ASGIResponse:
    """The process answers."""
    del request
    return ASGIResponse(body=b'{"status":"ok"}')


@get("/health/ready", include_in_schema=False)
async def ready(request: AppRequest) -> ASGIResponse:
    """The process can serve: its database answers. Redis is told too, but stamping goes on without it."""
    database = await _answers(request)
    redis = await request.app.state.limits.reachable()
    words = {True: "ok", False: "unreachable"}
    report = {"status": "ok" if database else "failing", "database": words[database], "redis": words[redis]}
    return ASGIResponse(body=encode(report), status_code=200 if database else 503)


async def _answers(request: AppRequest) -> bool:
    try:
        return await asyncio.wait_for(running(request).answers(), PATIENCE_SECONDS)
    except TimeoutError:
        return False


HANDLERS = [live, ready]
