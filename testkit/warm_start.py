"""The parent of warm processes: it has imported everything of the product once, and forks for each order.

    python -P testkit/warm_start.py PLACE        # a socket; it ends with its standard input

Only `warm_process` and the script `warm_relay.py` talk to it: an order comes over a connection, with three standard
streams; the answers are the id of the process, and its exit code when it has ended. When the connection is closed
before that, the process is killed.

A fork begins where `python -m` begins a module: in its folder, with its variables, arguments, streams and signals, and
without an event loop or a thread. What Python itself reads when it starts is the parent's.
"""

import atexit
import gc
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, NoReturn

import alembic.command
import alembic.config
import asyncpg
import click
import msgspec
import structlog.dev
import uvicorn.lifespan.on
import uvicorn.loops.auto
import uvloop

from api import app
from bots import supervisor
from loyalty_app import runtime
from loyalty_cli import applications, loyalty, process, server
from loyalty_cli.demo import session
from loyalty_cli.doctor import checks
from telegram_sandbox import create_sandbox
from testkit.warm_process import LONGEST_ORDER, Order

IMPORTED = (
    *(
        alembic.command,
        alembic.config,
        asyncpg,
        structlog.dev,
        uvicorn.lifespan.on,
        uvicorn.loops.auto,
        uvloop,
    ),
    *(app, applications, checks, process, runtime, server, session, supervisor),
)
"""What commands import when they run."""
STREAMS = 3


class Born(NamedTuple):
    """A process that runs: its id, what can be read when it has ended, and who ordered it."""

    pid: int
    ended: int
    connection: socket.socket


class Parent:
    """The processes that run, and a socket for more orders."""

    def __init__(self, place: Path) -> None:
        self.selector = selectors.DefaultSelector()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(str(place))
        self.listener.listen()
        for source in (sys.stdin, self.listener):
            self.selector.register(source, selectors.EVENT_READ)

    def next_order(self) -> Order | None:
        """Serve until the input ends. Returns None then, and its order in each process that is born."""
        while True:
            [(key, _), *_] = self.selector.select()
            if key.data is not None:
                self._bury(key.data, left=key.fileobj is key.data.connection)
            elif key.fileobj is sys.stdin:
                return None
            elif (order := self._bear()) is not None:
                return order

    def _bear(self) -> Order | None:
        """Fork. Returns None here, and the order in the new process."""
        connection, _ = self.listener.accept()
        message, streams, _, _ = socket.recv_fds(connection, LONGEST_ORDER, STREAMS)
        if not message:
            connection.close()
            return None
        if not (pid := os.fork()):
            self._leave(connection, streams)
            return msgspec.json.decode(message, type=Order)
        born = Born(pid, os.pidfd_open(pid), connection)
        for source in (born.ended, connection):
            self.selector.register(source, selectors.EVENT_READ, born)
        for stream in streams:
            os.close(stream)
        connection.send(b"%d" % pid)
        return None

    def _leave(self, connection: socket.socket, streams: list[int]) -> None:
        """In the new process: take the streams, and leave all other files to the parent."""
        for key in list(self.selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
            elif isinstance(key.fileobj, int):
                os.close(key.fileobj)
        self.selector.close()
        connection.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)

    def _bury(self, born: Born, *, left: bool) -> None:
        """Tell how a process ended; one that was left alone is killed."""
        if left:
            signal.pidfd_send_signal(born.ended, signal.SIGKILL)
        _, status = os.waitpid(born.pid, 0)
        with suppress(OSError):  # there is nobody who wants to know
            born.connection.send(b"%d" % os.waitstatus_to_exitcode(status))
        for source in (born.ended, born.connection):
            self.selector.unregister(source)
        os.close(born.ended)
        born.connection.close()


def become(order: Order) -> None:
    """Be the process that was ordered, until it ends."""
    os.chdir(order.folder)
    os.environ.clear()
    os.environ.update(order.environment)
    time.tzset()
    signal.signal(signal.SIGHUP, signal.Handlers(order.hangup))
    sys.path.insert(0, order.folder)
    sys.argv[1:] = order.words
    try:
        runpy.run_module(order.module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)  # noqa: T201  # as Python does
        leave(end.code if isinstance(end.code, int) else int(end.code is not None))
    except Exception:  # noqa: BLE001  # as Python does
        sys.excepthook(*sys.exc_info())
        leave(1)
    leave(0)


def leave(code: int) -> NoReturn:
    """End as Python does, but leave the modules in place: to take them down would copy the memory of the parent."""
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001  # as multiprocessing ends a fork
    atexit._run_exitfuncs()  # noqa: SLF001
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def main() -> None:
    """Be the parent, and in each fork what was ordered."""
    for name in loyalty.list_commands(click.Context(loyalty)):
        loyalty.get_command(click.Context(loyalty), name)
    create_sandbox()  # it imports what every application of Litestar does
    assert threading.active_count() == 1, "another thread may hold a lock, which a fork would never get"
    parent = Parent(Path(sys.argv[1]))
    gc.freeze()
    print("ready", flush=True)  # noqa: T201  # the process that started it waits for this
    if (order := parent.next_order()) is not None:
        become(order)


if __name__ == "__main__":
    main()
