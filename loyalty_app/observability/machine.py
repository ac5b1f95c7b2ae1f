"""The machine: figures that are read when they are asked for, from disks and folders and not from the database.

They are there while the database is away. Which process reads what is not known here: the runtime collects `Readings`.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

NO_LABELS: Mapping[str, str] = {}


class MachineReading(msgspec.Struct, frozen=True):
    """A figure: its name, one sentence, its value, and labels, of which there are few."""

    name: str
    text: str
    value: float
    labels: Mapping[str, str] = NO_LABELS


Readings: TypeAlias = Callable[[], Iterable[MachineReading]]
"""Reads figures, quickly, and raises nothing."""


def read_machine(readings: Iterable[Readings]) -> list[MachineReading]:
    """All figures of a process."""
    return [one for read in readings for one in read()]


def disk_readings(places: Mapping[str, Path]) -> Iterator[MachineReading]:
    """How much room is left on the disks; `places` are folders by what they hold. What cannot be seen is left out."""
    for holds, folder in places.items():
        try:
            usage = shutil.disk_usage(folder)
        except OSError:
            continue
        labels = {"holds": holds}
        yield MachineReading("loyalty_disk_free_bytes", "Room that is left on a disk.", usage.free, labels)
        yield MachineReading("loyalty_disk_size_bytes", "The size of a disk.", usage.total, labels)
