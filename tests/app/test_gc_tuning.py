"""Collecting: a server does not search what it has loaded, and yet lets go of whatever nobody holds."""

import subprocess
import sys

SCRIPT = """
import gc, weakref
from loyalty_cli.process import start_without_searches, tune_garbage_collection

class Ring:
    def __init__(self):
        self.own = self

start_without_searches()
print(gc.isenabled())
before = len(gc.get_objects())
tune_garbage_collection()
searched = len(gc.get_objects())
rings = [weakref.ref(Ring()) for _ in range(100_000)]
print(before > 10_000, searched < 100, sum(ring() is not None for ring in rings) < 20_000)
"""


def test_what_a_server_has_loaded_is_not_searched_and_what_nobody_holds_goes() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True", "True", "True"]
