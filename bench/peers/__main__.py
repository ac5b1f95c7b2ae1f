"""Installs the peers, and proves that each does the same work as ours: `python -m bench.peers`.

Each fills one card over HTTP; afterwards all must have written as many rows of each kind. Then 32 connections stamp at
once, and no stamp may be lost. Nothing is measured here.
"""

import argparse
import http.client
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.databases import open_databases
from bench.http_load import at_full_rate
from bench.peers.contestants import PEERS
from bench.rows_written import check, rows
from bench.setup import OURS, Plan, Setup
from bench.shops import GOAL, Scale

SCALE = Scale(shops=1, customers=1)


def main(arguments: Sequence[str] = ()) -> None:
    """Prove it, and print the rows that each wrote for a full card. Raises SystemExit."""
    argparse.ArgumentParser(prog="python -m bench.peers", description="Proves that peers do the same work.").parse_args(
        arguments
    )
    plan = Plan(names=(*OURS, *PEERS), rounds=1, seconds=1, scale=SCALE, once_only=True)
    written = {}
    with open_databases() as found, ExitStack() as stack:
        setup = Setup(plan, found, stack)
        for name in plan.names:
            setup.open(name)
            written[name] = prove(name, setup)
            print(f"{name:<20}{json.dumps(written[name])}")
    if len({json.dumps(one) for one in written.values()}) != 1:
        raise SystemExit("They do not write the same.")


def prove(name: str, setup: Setup) -> dict[str, int]:
    """Fill a card, then stamp it from many connections. Returns how many rows each table gained for the full card."""
    load, settings = setup.loads[name], setup.settings[name]
    before = rows(settings)
    path, key = Path(load.cards).read_text().split()
    answers = [stamp(load.port, path, key, f"{name}-{number}") for number in range(GOAL)]
    after = rows(settings)
    last, again = answers[-1], stamp(load.port, path, key, f"{name}-{GOAL - 1}")
    card = last["customer"]["current_stamps"], last["customer"]["rewards_available"]
    if (last, card, last["reward_earned"]) != (again, (0, 1), True):
        raise SystemExit(f"{name} has answered {last}, and asked once more {again}.")
    check(name, settings, GOAL + at_full_rate(load, 1).answers)
    return {table: after[table] - before[table] for table in after}


def stamp(port: int, path: str, key: str, own_key: str) -> dict[str, Any]:
    """Give one stamp. Returns the answer's data. Raises SystemExit."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Idempotency-Key": own_key}
    connection.request("POST", path, b'{"stamps": 1}', headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != http.client.OK:
        raise SystemExit(f"A stamp was answered with {answer.status}: {body.decode()}")
    told: dict[str, Any] = json.loads(body)["data"]
    return told


if __name__ == "__main__":
    main(sys.argv[1:])
