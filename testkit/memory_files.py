"""Where the temporary files of tests lie: in memory, on machines that have room for them there.

Databases of tests are real, so each commit waits until the disk has it; in memory it is there at once. That takes a
tenth of the processor time of tests with a database, and a third of the time that they take alone.
"""

import os
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  # it is where Linux keeps files in memory
ROOM = 4 << 30
"""So many bytes have to be free. All test processes together use less than a quarter of that."""


def keep_files_in_memory(memory: Path = MEMORY, *, room: int = ROOM) -> None:
    """Let this process, and those that it starts, make their temporary files in memory, if there is room.

    Where TMPDIR is set, a folder has been chosen already.
    """
    if "TMPDIR" not in os.environ and has_room(memory, room):
        os.environ["TMPDIR"] = str(memory)
        tempfile.tempdir = None  # it is looked for again


def has_room(memory: Path, room: int) -> bool:
    """Whether a folder is there that takes so many bytes, and programs that can be run."""
    if not (memory.is_dir() and os.access(memory, os.W_OK)):
        return False
    known = os.statvfs(memory)
    return known.f_bavail * known.f_frsize >= room and not known.f_flag & os.ST_NOEXEC
