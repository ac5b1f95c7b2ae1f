"""`python -m bench`: runs all benchmarks, or the named ones, one after the other, and shows their results in a table.

Each runs in a process of its own, so that none inherits what another has warmed up or left behind. With `--table`
nothing runs: the table shows the last results.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence

from bench.results_table import table
from bench.server_process import ROOT

BENCHMARKS = (
    "stamps",
    "batches",
    "reads",
    "searches",
    "large_shop",
    "analytics",
    "crowd_growth",
    "neighbours",
    "processes",
    "endpoints",
    "webhooks",
    "cards",
    "photos",
    "scan",
    "chat",
    "importing",
    "moves",
    "lasting_bytes",
    "encodings",
    "cost",
    "start",
)
"""`kills` and `high_availability` are proofs, `cluster` needs one of yours, `peers` belongs to `stamps`, `live` and
`messages` print figures."""


def main(arguments: Sequence[str] = ()) -> int:
    """Run the benchmarks and print the table. Returns how many failed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="All benchmarks, and one table.")
    parser.add_argument("only", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    parser.add_argument("--table", action="store_true", help="only gather what was measured last")
    given = parser.parse_args(arguments)
    if unknown := set(given.only) - set(BENCHMARKS):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    names = [name for name in BENCHMARKS if not given.only or name in given.only]
    failed = [] if given.table else [name for name in names if not _run(name)]
    print(table(names))
    for name in failed:
        print(f"{name} has failed; `make bench-{name.replace('_', '-')}` runs it alone.", file=sys.stderr)
    return len(failed)


def _run(name: str) -> bool:
    print(f"# {name}", flush=True)
    command = [sys.executable, "-m", f"bench.{name}"]
    return subprocess.run(command, check=False, cwd=ROOT).returncode == 0  # noqa: S603  # our own


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
