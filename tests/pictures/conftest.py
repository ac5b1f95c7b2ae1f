"""What tests of pictures can ask for: the library of directions, without which letters are not joined either."""

import ctypes.util
from pathlib import Path

import pytest

from loyalty_app.pictures.fonts import SHAPED
from testkit.servers import Missing
from tests.conftest import leg


@pytest.fixture(scope="session")
def fribidi(home: Path) -> str:
    """The name of the system's fribidi, which Pillow uses too."""
    return leg("Joined letters", find_fribidi, home)


def find_fribidi(_home: Path) -> str:
    name = ctypes.util.find_library("fribidi")
    if name is None or not SHAPED:
        raise Missing("Pillow finds no fribidi; on Debian and Ubuntu: apt install libfribidi0")
    return name
