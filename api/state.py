"""State: what the application keeps for its handlers, with its types."""

from typing import Any

from litestar import Request

from loyalty_app.running import Running

AppRequest = Request[Any, Any, Any]


def running(request: AppRequest) -> Running:
    """What the process holds open."""
    held: Running = request.app.state.running
    return held
