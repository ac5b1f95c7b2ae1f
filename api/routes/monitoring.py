"""Routes for the people and programs that watch the server: /health/live, /health/ready and /metrics.

They take no key; a proxy keeps /metrics private. The figures are in `loyalty_app/observability`.
"""

import asyncio

from litestar import get
from litestar.response.base import ASGIResponse

from api.messages import AppRequest, encode, runtime_of
from loyalty_app.observability.exposition import MEDIA_TYPE, exposition
from loyalty_app.observability.machine import MachineReading, read_machine

PATIENCE_SECONDS = 5


@get("/health/live", include_in_schema=False)
async def live(request: AppRequest) -> ASGIResponse:
    """Answer that the process is alive."""
    del request
    return ASGIResponse(body=b'{"status":"ok"}')


@get("/health/ready", include_in_schema=False)
async def ready(request: AppRequest) -> ASGIResponse:
    """Answer whether the process can serve: its database can be written to, and no order waits for too long.

    Redis is reported too, but stamping goes on without it. So is each node of a cluster that is away, for shops on the
    others are served.
    """
    database = await _database_answers(request)
    redis = await request.app.state.limits.reachable()
    words = {True: "ok", False: "unreachable"}
    report = {"status": "ok" if database else "failing", "database": words[database], "redis": words[redis]}
    away = await runtime_of(request).database.away() if database else ()
    body = encode({**report, "nodes_away": [str(node) for node in away]} if away else report)
    return ASGIResponse(body=body, status_code=200 if database else 503)


async def _database_answers(request: AppRequest) -> bool:
    try:
        return await asyncio.wait_for(runtime_of(request).answers(), PATIENCE_SECONDS)
    except TimeoutError:
        return False


@get("/metrics", include_in_schema=False)
async def metrics(request: AppRequest) -> ASGIResponse:
    """All figures of this server, of all its processes, for Prometheus."""
    runtime, limits = runtime_of(request), request.app.state.limits
    redis = MachineReading(
        "loyalty_redis_answers", "1 if Redis answers or none is set, 0 if not.", float(await limits.reachable())
    )
    body = exposition(await runtime.queue_depths.measured(), [*read_machine(runtime.machine), redis])
    return ASGIResponse(body=body, headers={"Content-Type": MEDIA_TYPE})


HANDLERS = [live, ready, metrics]
