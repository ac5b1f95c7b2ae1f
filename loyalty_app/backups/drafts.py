"""Drafts: the folder in which a backup is made, beside its target, and what killed backups have left there.

Whoever works in such a folder holds its lock. One that nobody holds holds copies of personal data for nobody.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = ".backup-"
LOCK = "lock"


@contextmanager
def draft_folder(parent: Path) -> Iterator[Path]:
    """A new folder that only its owner may open, and that goes at the end; those of killed processes go at once."""
    take_away_left(parent)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent) as name, FileLock(Path(name, LOCK)):
        yield Path(name)


def take_away_left(parent: Path) -> None:
    """Remove the drafts in a folder on which nobody works any more."""
    for lock in parent.glob(f"{PREFIX}*/{LOCK}"):
        with suppress(Timeout, OSError), FileLock(lock, timeout=0):  # held, or somebody else's
            shutil.rmtree(lock.parent)
