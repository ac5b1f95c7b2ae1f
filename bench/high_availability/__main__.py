"""High availability, proven: two machines and a standby under load; things break, and every stamp is counted.

The tills stamp without a pause. Meanwhile the primary is crashed and the standby promoted, with both servers named in
the URL and through PgBouncer in both modes; a machine is killed and comes back; both machines are renewed in turn,
from the commit before the newest migration to this tree, so that two versions serve at once. Then each answered
stamp must be in the ledger once. This is a proof and no measurement, but the longest gap is told.
"""

import argparse
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from bench.high_availability.installation import STRAIGHT, WAYS, Installation, installed
from bench.high_availability.machines import command
from bench.high_availability.tills import longest_gap, longest_wait
from bench.rounds import keep
from bench.server_process import ROOT

MIGRATIONS = "loyalty_app/db/migrations/versions"
CALM_SECONDS = 3.0
HEADINGS = ("what happened", "stamps", "lost", "doubled", "longest gap, s", "longest wait of a stamp, s")
COLUMNS = "{:46} {:>8} {:>5} {:>8} {:>15} {:>27}"


class Survived(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, the stamps that were answered, and what became of them."""

    what: str
    stamps: int
    lost: int
    doubled: int
    gap: float
    wait: float

    @property
    def whole(self) -> bool:
        """Whether each stamp is there once."""
        return not self.lost and not self.doubled

    def line(self) -> str:
        """A row of the table."""
        return COLUMNS.format(self.what, self.stamps, self.lost, self.doubled, f"{self.gap:.2f}", f"{self.wait:.2f}")


Happening = Callable[[Installation], None]


def fail_over(installation: Installation) -> None:
    """The primary crashes, and the standby takes over."""
    installation.fail_over()


def lose_a_machine(installation: Installation) -> None:
    """A machine dies, and comes back while the other serves."""
    installation.machines[0].kill()
    installation.stamp_for(CALM_SECONDS)
    installation.machines[0].start()


def renew(installation: Installation) -> None:
    """The database is migrated while both older machines serve; then each is replaced, the other serving meanwhile."""
    command(ROOT, installation.urls, ["migrate"])
    for machine in installation.machines:
        installation.stamp_for(CALM_SECONDS)
        machine.end()
        machine.start()


def survive(what: str, folder: Path, happening: Happening, *, way: str = STRAIGHT, tree: Path = ROOT) -> Survived:
    """Have it happen in the middle of a load, and count."""
    with installed(folder, way, tree) as installation:
        installation.stamp_for(CALM_SECONDS)
        happening(installation)
        installation.stamp_for(CALM_SECONDS)
        counted = installation.counted()
        gap, wait = longest_gap(installation.tills), longest_wait(installation.tills)
    return Survived(what=what, stamps=counted.stamps, lost=counted.lost, doubled=counted.doubled, gap=gap, wait=wait)


def all_of_it(folder: Path, revision: str | None) -> list[Survived]:
    """Everything, one after the other, each with databases and machines of its own."""
    print(COLUMNS.format(*HEADINGS), flush=True)
    found = []
    for way in WAYS:
        named = "both servers in the URL" if way == STRAIGHT else f"PgBouncer, {way} mode"
        found.append(survive(f"failover, {named}", folder / way, fail_over, way=way))
        print(found[-1].line(), flush=True)
    found.append(survive("a machine killed and back", folder / "machine", lose_a_machine))
    print(found[-1].line(), flush=True)
    before = revision or before_the_newest_migration()
    older = tree_of(before, folder / "older")
    found.append(survive(f"both machines renewed, from {before[:9]}", folder / "renewed", renew, tree=older))
    print(found[-1].line(), flush=True)
    return found


def before_the_newest_migration() -> str:
    """The commit before the newest migration came."""
    came = _git("log", "--diff-filter=A", "-1", "--format=%H", "--", MIGRATIONS).decode().strip()
    return _git("rev-parse", f"{came}^").decode().strip()


def tree_of(revision: str, folder: Path) -> Path:
    """The project as it was, in a folder."""
    with tarfile.open(fileobj=io.BytesIO(_git("archive", revision))) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout  # noqa: S603, S607


def main(arguments: Sequence[str] = ()) -> int:
    """Run it. Returns 1 if a stamp was lost or doubled."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.high_availability", description="Two machines and a standby."
    )
    parser.add_argument("--before", metavar="REVISION", help="the older version, instead of the default")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="loyalty-ha-") as folder:
        Path(folder).chmod(0o755)
        found = all_of_it(Path(folder), given.before)
    keep("high_availability", {"survived": [msgspec.to_builtins(one) for one in found]})
    return 0 if all(one.whole for one in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
