"""Lease tokens: each claim has one that no other has, and it tells which process made it.

So a process that starts on a machine knows which leases nobody there is going to finish, and their rows need not wait
until the leases end. Of processes on other machines nothing is known. A machine is a host, or a container with a name
of its own, since it was started.
"""

import hashlib
import os
import secrets
import socket
from functools import cache
from pathlib import Path

BOOT_ID, STATUS = Path("/proc/sys/kernel/random/boot_id"), "/proc/{}/stat"
STARTED_FIELD = 19
"""The place of the start time in /proc/<pid>/stat, counted from behind the name, which may hold spaces."""
MACHINE_LETTERS, CHANCE_BYTES = 8, 6


def new_token() -> str:
    """A token that no other claim has: machine, process, start of the process, chance. At most 40 letters."""
    pid = os.getpid()
    return f"{_machine()}.{pid:x}.{_started(pid)}.{secrets.token_hex(CHANCE_BYTES)}"


def is_gone(token: str) -> bool:
    """Whether the process that made a token ran on this machine and no longer runs."""
    machine, _, rest = token.partition(".")
    pid, _, rest = rest.partition(".")
    started, _, chance = rest.partition(".")
    return bool(chance) and machine == _machine() and started != _started(int(pid, 16))


@cache
def _machine() -> str:
    try:
        since = BOOT_ID.read_text()
    except OSError:  # no Linux
        since = ""
    return hashlib.sha256(f"{socket.gethostname()}\0{since}".encode()).hexdigest()[:MACHINE_LETTERS]


def _started(pid: int) -> str:
    """When a process was started, in ticks since the machine was; "" if there is none, "0" if it cannot be known."""
    try:
        status = Path(STATUS.format(pid)).read_text()
    except FileNotFoundError:
        return "" if BOOT_ID.exists() or not _runs(pid) else "0"
    except OSError:
        return "0"
    return f"{int(status.rpartition(')')[2].split()[STARTED_FIELD]):x}"


def _runs(pid: int) -> bool:
    """Whether there is such a process; for systems without /proc."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
