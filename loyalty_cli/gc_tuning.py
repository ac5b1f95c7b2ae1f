"""Collecting: how often Python looks for garbage in a process that serves.

What was paid for: a full search goes through all that was loaded, a quarter of a million objects, and nobody is
answered meanwhile: 50 ms, many times a minute under load. What is there once a server is ready stays until its end, so
it need not be searched; what comes later is searched less often, and as surely.
"""

import atexit
import gc

YOUNG, MIDDLE, OLD = 10_000, 20, 20
"""As Python counts: after how many new objects the youngest are searched, and every how many times the older ones."""


def tune_garbage_collection() -> None:
    """Leave what is there now out of the search for garbage, and search the rest less often.

    At the end all of it is searched again, for some libraries want to see that nothing of theirs is left.
    """
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)
    gc.set_threshold(YOUNG, MIDDLE, OLD)
