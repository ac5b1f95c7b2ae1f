"""The route of Prometheus, for whoever runs the server. It takes no key; a proxy keeps it from the world."""

from litestar import get
from litestar.response.base import ASGIResponse

from api.request_context import AppRequest, running
from loyalty_app.observability.exposition import MEDIA_TYPE, exposition


@get("/metrics", include_in_schema=False)
async def metrics(request: AppRequest) -> ASGIResponse:
    """All figures of this server, of all its processes."""
    body = exposition(await running(request).queue_depths.measured())
    return ASGIResponse(body=body, headers={"Content-Type": MEDIA_TYPE})


HANDLERS = [metrics]
