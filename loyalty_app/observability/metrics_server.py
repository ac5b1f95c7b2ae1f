"""The metrics server: /metrics on a port of its own, for processes that serve nobody else by HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from loyalty_app.observability.exposition import MEDIA_TYPE, exposition
from loyalty_app.observability.queue_depths import QueueDepths
from loyalty_app.settings import Settings, SettingsError


@asynccontextmanager
async def serve_metrics(settings: Settings, depths: QueueDepths) -> AsyncIterator[None]:
    """Answer Prometheus at LOYALTY_HOST and LOYALTY_METRICS_PORT, if that is set. Raises SettingsError."""
    if settings.metrics_port is None:
        yield
        return
    runner = _runner(depths)
    await runner.setup()
    try:
        await _listen(runner, settings.host, settings.metrics_port)
        yield
    finally:
        await runner.cleanup()


def _runner(depths: QueueDepths) -> web.AppRunner:
    async def metrics(_request: web.Request) -> web.Response:
        body = exposition(await depths.measured())
        return web.Response(body=body, headers={"Content-Type": MEDIA_TYPE})

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    return web.AppRunner(app, access_log=None, handle_signals=False)


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise SettingsError(f"LOYALTY_METRICS_PORT: port {port} of {host} cannot be had, {error.strerror}.") from error
