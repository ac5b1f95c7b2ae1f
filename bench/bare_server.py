"""A bare server of the same library: it answers that it is ready, and does nothing else. Runs as a process.

Its cost is that of Python, Litestar and uvicorn; the rest of a server's cost is ours.
"""

import sys

import uvicorn
from litestar import Litestar, get


@get("/health/ready")
async def ready() -> dict[str, str]:
    """Answer that the server is ready."""
    return {"status": "ok"}


if __name__ == "__main__":
    app = Litestar([ready], openapi_config=None)
    uvicorn.run(app, port=int(sys.argv[1]), log_config=None, http="httptools", ws="none", access_log=False)
