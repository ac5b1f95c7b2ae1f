"""Memory and processor: the memory that a process has and the CPU time that it has used, as Linux reports them."""

import os
from pathlib import Path

import msgspec

TICKS = os.sysconf("SC_CLK_TCK")
KILOBYTES_A_MEGABYTE = 1_024


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """Memory in MB: all pages of a process (`rss`), and with shared pages counted in proportion (`pss`)."""

    rss: float
    pss: float


def weigh(pid: int) -> Weight:
    """The memory of a process."""
    lines = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    sizes = {words[0]: int(words[1]) / KILOBYTES_A_MEGABYTE for words in lines}
    return Weight(rss=sizes["Rss:"], pss=sizes["Pss:"])


def cpu_seconds(pid: int) -> float:
    """The CPU time of all threads of a process, in seconds."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / TICKS


def cpu_seconds_of_family(pid: int) -> float:
    """The CPU time of a process and of all that it has started, also of those that have ended, in seconds."""
    living = sum(sum(_times(child)[:2]) for child in children_of(pid))
    return (sum(_times(pid)) + living) / TICKS


def _times(pid: int) -> list[int]:
    """The CPU time of a process in ticks, in its own code and in the system's, and of its children that have ended."""
    try:
        found = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended meanwhile
        return [0]
    return [int(word) for word in found[11:15]]


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    entries = (entry for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [int(entry.name) for entry in entries if _parent_of(entry) == pid]


def _parent_of(entry: Path) -> int | None:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended meanwhile
        return None
