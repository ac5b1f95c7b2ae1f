"""A bare server of the same library: it answers that it is ready, and does nothing else. Runs as a process.

What it takes is the price of Python, Litestar and uvicorn; the rest is ours.
"""

import sys

import uvicorn
from litestar import Litestar, get


@get("/health/ready")
async def ready() -> dict[str, str]:
    """Say so."""
    return {"status": "ok"}


if __name__ == "__main__":
    app = Litestar([ready], openapi_config=None)
    uvicorn.run(app, port=int(sys.argv[1]), log_config=None, http="httptools", ws="none", access_log=False)
