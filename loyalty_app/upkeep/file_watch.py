"""The watch on the file of a server on SQLite: if it is lost, that is said loudly, again and again.

`db/sqlite/served_file.py` tells what is wrong, and refuses writes meanwhile; readiness fails. Nothing is repaired here:
which file is the right one is for the operator to say.
"""

import logging

from loyalty_app.db.sqlite.served_file import ServedFile
from loyalty_app.upkeep.periodic import Every, Stop

LOOK_SECONDS, SAY_AGAIN_LOOKS = 2.0, 30
TO_REPLACE = "Stop the server, put the right file in its place, and start it again"
TO_FOLLOW = "Stop the server, set LOYALTY_DATABASE_URL to that place, and start it again"

log = logging.getLogger(__name__)


class FileWatch:
    """Looks at a served file, and says what has become of it."""

    def __init__(self, served: ServedFile) -> None:
        self._served = served
        self._lost_looks = 0

    async def look(self, stop: Stop | None = None) -> None:
        """Look once."""
        del stop
        trouble = self._served.trouble()
        if trouble is None and self._lost_looks:
            log.warning("the database file %s is back: stamps are taken again", self._served.path)
        if trouble is not None and self._lost_looks % SAY_AGAIN_LOOKS == 0:
            log.critical(
                "the database file %s %s: nothing is written any more, so that nothing is lost. %s",
                self._served.path,
                trouble,
                TO_FOLLOW if self._served.moved else TO_REPLACE,
            )
        self._lost_looks = self._lost_looks + 1 if trouble is not None else 0


def file_watch(served: ServedFile) -> Every:
    """The watch as periodic work."""
    return Every(LOOK_SECONDS, FileWatch(served).look, "the database file could not be looked at")
