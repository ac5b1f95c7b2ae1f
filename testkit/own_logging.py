"""Logging of a test's own: what a test, or a command in its process, changes in it is undone afterwards.

Loggers belong to the whole process. A level that one test leaves would decide what the next one hears.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def own_logging() -> Iterator[None]:
    """Restore the levels of all loggers, and the handlers of the root, as they were; new loggers lose their level."""
    root = logging.getLogger()
    handlers, level, before = root.handlers[:], root.level, _levels()
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for logger, now in _levels().items():
            if now != before.get(logger, logging.NOTSET):
                logger.setLevel(before.get(logger, logging.NOTSET))


def _levels() -> dict[logging.Logger, int]:
    known = list(logging.root.manager.loggerDict.values())
    return {logger: logger.level for logger in known if isinstance(logger, logging.Logger)}
