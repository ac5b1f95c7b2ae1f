"""The peers as contestants: how each is set up and served.

One process each, unless its name ends in 2; Django has two.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.server_process import PORT, ROOT, running
from bench.shops import Scale
from bench.virtual_environments import programs
from loyalty_app.settings import Settings

PEERS = {
    "fastapi-sqlite": "FastAPI, SQLAlchemy ORM, aiosqlite",
    "fastapi-postgres": "FastAPI, SQLAlchemy ORM, asyncpg",
    "fastapi-postgres-2": "the same, 2 processes",
    "django-sqlite": "Django REST, gunicorn 1 × 8 threads",
    "django-postgres": "Django REST, gunicorn 2 × 8 threads",
}
UVICORN = "uvicorn bench.peers.fastapi_shop.app:app --host 127.0.0.1 --no-access-log --loop uvloop --http httptools"
LOCK = Path(__file__).with_name("requirements.lock")
GUNICORN = "gunicorn bench.peers.django_shop.wsgi:application --worker-class gthread --threads 8 --log-level warning"


def python() -> str:
    """The Python of the peers' own environment. Why: nothing of theirs becomes a dependency of the project."""
    return str(programs("peers", LOCK) / "python")


def furnish(name: str, settings: Settings, scale: Scale) -> str:
    """Make a peer's tables and shops. Returns the list of its cards, in the format of the load."""
    command = [python(), "-m", f"bench.peers.{_package(name)}.seed", str(scale.shops), str(scale.guests)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **_environment(settings)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


@contextmanager
def served(name: str, settings: Settings) -> Iterator[int]:
    """Run a peer's server; gives its port."""
    with running([python(), "-m", *_server(name)], _environment(settings), ready="/health/ready") as port:
        yield port


def _package(name: str) -> str:
    return f"{name.partition('-')[0]}_shop"


def _server(name: str) -> list[str]:
    match name:
        case "django-sqlite":
            return [*GUNICORN.split(), "--workers", "1", "--bind", f"127.0.0.1:{PORT}"]
        case "django-postgres":
            return [*GUNICORN.split(), "--workers", "2", "--bind", f"127.0.0.1:{PORT}"]
        case _:
            return [*UVICORN.split(), "--workers", "2" if name.endswith("-2") else "1", "--port", PORT]


def _environment(settings: Settings) -> dict[str, str]:
    return {"DATABASE_URL": settings.database_url}
