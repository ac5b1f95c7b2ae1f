"""Processes that are killed in the middle of a write, as by the power or by kill -9. SQLite only."""

import os
import signal
from collections.abc import Callable
from typing import Any

from loyalty_app.db.sqlite.engine import SqliteDatabase


def killed_at(write: int, work: Callable[[], Any]) -> bool:
    """Do something in a process of its own, which is killed when it begins its write of that number; whether it was."""
    child = os.fork()
    if child == 0:
        os.environ["PYTHONWARNINGS"] = "ignore"
        _die_at(write)
        os._exit(_ended(work))
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) or os.WEXITSTATUS(status) != 0


def _ended(work: Callable[[], Any]) -> int:
    try:
        work()
    except BaseException:  # noqa: BLE001  # the process ends here
        return 1
    return 0


def _die_at(write: int) -> None:
    checked, count = SqliteDatabase._checked, [0]  # noqa: SLF001  # runs right before each commit

    def counting(self: SqliteDatabase, result: Any) -> Any:  # noqa: ANN401  # whatever was written
        count[0] += 1
        if count[0] == write:
            os.kill(os.getpid(), signal.SIGKILL)  # all is written, and nothing committed
        return checked(self, result)

    SqliteDatabase._checked = counting  # type: ignore[method-assign]  # noqa: SLF001  # the same
