"""No test decides what the next one hears in the log."""

import logging

from testkit.own_logging import own_logging


def test_what_is_changed_in_logging_is_undone_afterwards() -> None:
    root, known, handler = logging.getLogger(), logging.getLogger("loyalty_app"), logging.NullHandler()
    before = (root.handlers[:], root.level, known.level)
    with own_logging():
        for logger in (root, known, logging.getLogger("loyalty_app.seen_here_first")):
            logger.setLevel(logging.CRITICAL)
        root.addHandler(handler)
    assert (root.handlers, root.level, known.level) == before
    assert logging.getLogger("loyalty_app.seen_here_first").level == logging.NOTSET
