"""The load over HTTP, the same for every server that is measured.

`at_full_rate` keeps 32 connections busy (wrk, installed from Debian if it may; else `bench.load_generator`).
`at_fixed_rate` sends a fixed number a second, whether answers come or not, and counts a stamp's time from when it was
due (`bench.fixed_rate`). Cards are drawn at random.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

from bench.server_process import ROOT
from bench.shops import Card

CONNECTIONS = 32
BATCHES_AT_ONCE = 4
PATIENCE = "30s"
"""A late answer counts as late, not as a failure."""
SCRIPT = Path(__file__).with_suffix(".lua")


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent: to the cards listed in a file, each with a fresh Idempotency-Key if `once_only`.

    With `batch`, each request has so many stamps, all with keys.
    """

    port: int
    cards: Path
    once_only: bool = False
    batch: int = 1
    connections: int = CONNECTIONS


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a round; shares of one core that the load itself used, and the database."""

    answers: int
    failures: int = 0
    seconds: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    client: float | None = None
    database: float | None = None

    @property
    def rate(self) -> float:
        """Stamps a second."""
        return self.answers / self.seconds


def write_cards(path: Path, cards: Sequence[Card]) -> Path:
    """List cards in a file for the load."""
    path.write_text("".join(f"{card.path}\t{card.key}\n" for card in cards))
    return path


@cache
def wrk() -> str | None:
    """The program wrk, installed if this user may; None if it is not available."""
    if not shutil.which("wrk") and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], check=False, capture_output=True)  # noqa: S607
    return shutil.which("wrk")


def tool() -> str:
    """The program that keeps the connections busy."""
    return "wrk" if wrk() else "bench.load_generator"


def at_full_rate(load: Load, seconds: float) -> Round:
    """As many stamps as 32 connections get through, each of which waits for its answer."""
    program = wrk()
    if program is None or load.batch > 1:
        connections = load.connections if load.batch == 1 else BATCHES_AT_ONCE
        order = {"connections": connections, "seconds": seconds, "batch": load.batch}
        return _drive([sys.executable, "-m", "bench.load_generator"], order, load)
    url = f"http://127.0.0.1:{load.port}"
    options = [f"-d{max(1, round(seconds))}s", "--timeout", PATIENCE, "-s", str(SCRIPT)]
    command = [program, "-t1", f"-c{load.connections}", *options, url, "--"]
    return _measured([*command, str(load.cards), "keys" if load.once_only else "plain"], "", load)


def at_fixed_rate(load: Load, seconds: float, *, rate: float) -> Round:
    """Stamps at a fixed rate a second."""
    order = {"connections": CONNECTIONS, "seconds": seconds, "rate": rate}
    return _drive([sys.executable, "-m", "bench.fixed_rate"], order, load)


def _drive(command: Sequence[str], order: dict[str, float], load: Load) -> Round:
    reached = {"port": load.port, "cards": str(load.cards), "once_only": load.once_only}
    return _measured(command, json.dumps({**order, **reached}), load)


def _measured(command: Sequence[str], given: str, load: Load) -> Round:
    before = _cpu()
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603  # ours
    found = msgspec.json.decode(done.stdout.strip().splitlines()[-1], type=Round)
    if found.failures:
        message = f"{load.cards.stem}: {found.failures} of {found.answers} requests failed"
        raise SystemExit(message)
    return msgspec.structs.replace(found, client=(_cpu() - before) / found.seconds)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
