"""Sending over the standard library: connections that are kept and shared by threads, and the driver of `attempts`."""

import http.client
import ssl
import time
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

from loyaltyloop._calls import Answer, Attempts, Pause, Request
from loyaltyloop.errors import ConnectionFailed

KEPT_CONNECTIONS = 16
KEPT_SECONDS = 60.0
"""The server closes a connection that was idle for 75 seconds."""


class Transport:
    """Sends requests to one server; threads may share it."""

    def __init__(self, base_url: str, *, timeout: float, context: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(base_url)
        self._idle: deque[tuple[float, http.client.HTTPConnection]] = deque(maxlen=None)
        self._secure, self._timeout = parts.scheme == "https", timeout
        self._host, self._port = parts.hostname, parts.port
        self._context = context or (ssl.create_default_context() if self._secure else None)

    def send(self, request: Request) -> Answer:
        """Send one request. Raises ConnectionFailed."""
        connection = self._take()
        try:
            answer = self._exchange(connection, request)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ConnectionFailed(f"{request.method} {request.url}: {error or type(error).__name__}") from error
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)
        return answer

    def close(self) -> None:
        """Close all connections that wait for another request."""
        while self._idle:
            self._idle.pop()[1].close()

    def __del__(self) -> None:
        self.close()

    def _exchange(self, connection: http.client.HTTPConnection, request: Request) -> Answer:
        parts = urlsplit(request.url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(request.method, target, request.body, dict(request.headers))
        response = connection.getresponse()
        body = response.read()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)

    def _take(self) -> http.client.HTTPConnection:
        while self._idle:
            try:
                since, connection = self._idle.pop()
            except IndexError:  # another thread was quicker
                break
            if time.monotonic() - since < KEPT_SECONDS:
                return connection
            connection.close()
        return self._connect()

    def _connect(self) -> http.client.HTTPConnection:
        host, port, timeout = self._host or "", self._port, self._timeout
        if self._secure:
            return http.client.HTTPSConnection(host, port, timeout=timeout, context=self._context)
        return http.client.HTTPConnection(host, port, timeout=timeout)

    def _give_back(self, connection: http.client.HTTPConnection) -> None:
        if connection.sock is None:
            return
        self._idle.append((time.monotonic(), connection))
        if len(self._idle) > KEPT_CONNECTIONS:
            self._idle.popleft()[1].close()


def drive(steps: Attempts, send: Callable[[Request], Answer], sleep: Callable[[float], None] = time.sleep) -> Answer:
    """Do what `attempts` asks for, and return its answer. Raises LoyaltyLoopError."""
    met: Answer | ConnectionFailed | None = None
    try:
        while True:
            step, met = steps.send(met), None
            if isinstance(step, Pause):
                sleep(step.seconds)
            else:
                met = _send(step, send)
    except StopIteration as ended:
        answer: Answer = ended.value
        return answer


def _send(request: Request, send: Callable[[Request], Answer]) -> Answer | ConnectionFailed:
    try:
        return send(request)
    except ConnectionFailed as failure:
        return failure
