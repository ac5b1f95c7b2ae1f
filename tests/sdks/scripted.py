"""A line that fails as it is told: a server of scripted answers, and a relay that cuts answers off."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Seen(NamedTuple):
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Script(NamedTuple):
    """A server that gives its answers in turn: a status, headers and a body; None closes the connection."""

    url: str
    answers: list[tuple[int, dict[str, str], bytes] | None]
    seen: list[Seen]


@contextmanager
def scripted(*answers: tuple[int, dict[str, str], bytes] | None) -> Iterator[Script]:
    """Serve these answers, one after the other."""
    left, seen = list(answers), list[Seen]()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            seen.append(Seen(self.command, self.path, headers, body))
            told = left.pop(0)
            if told is None:
                self.close_connection = True
                return
            self.tell(*told)

        def tell(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - the names of the library

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield Script(f"http://127.0.0.1:{server.server_port}", left, seen)
        server.shutdown()


@contextmanager
def cutting(port: int, *, times: int) -> Iterator[str]:
    """A relay to a server that takes the first `times` requests on and closes before their answers come back."""
    left = [times]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_relay, args=(listener, port, left), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def _relay(listener: socket.socket, port: int, left: list[int]) -> None:
    while True:
        try:
            near, _ = listener.accept()
        except OSError:
            return
        left[0] -= 1
        threading.Thread(target=_carry, args=(near, port, left[0] >= 0), daemon=True).start()


def _carry(near: socket.socket, port: int, cut: bool) -> None:  # noqa: FBT001 - a thread's argument
    with near, socket.create_connection(("127.0.0.1", port)) as far:
        there = threading.Thread(target=_pump, args=(near, far), daemon=True)
        there.start()
        if cut:
            far.recv(1)  # the answer has come; nobody hears it
            near.shutdown(socket.SHUT_RDWR)
        else:
            _pump(far, near)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            sink.sendall(data)
    except OSError:
        return
