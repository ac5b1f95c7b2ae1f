"""One connection of a client: uvicorn's HTTP protocol, with limits on what may be sent and on how long that may take.

A request that breaks a limit is answered by the application, which finds the refusal under `refused` in the state of
the request: so it has the form, the headers and the log line of every other one. Then the connection lingers: what
still comes is thrown away for some seconds. Why: closing at once would reset the connection, and the client would not
read why. How many connections there are, and the clock that looks after them, is in `open_connections`.

Limits of time are deadlines that are only noted here. Why: a timer for each request would cost more than all the rest.
"""

import asyncio
import math
from collections import deque
from collections.abc import Mapping
from typing import Any, Protocol

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from api.messages import END_OF_STREAM, SEND_WHOLE
from api.refusals import HeadersTooLarge, MalformedRequest, RequestTimedOut, UriTooLong
from loyalty_cli.connection_limits import ConnectionLimits, LingeringTransport, PausableFlow, Phase
from loyalty_cli.whole_answers import Headers, send_whole
from loyalty_core.errors import LoyaltyError

NEVER = math.inf
PIECE_BYTES = 8 * 1024
"""How much is parsed at a time; so what one piece can cost is bounded."""
MOST_PIPELINED = 32
"""Requests of one connection that wait for the answer to one before; further ones are not read yet."""
FRAMING_BYTES, FRAMING_RATIO = 64 * 1024, 8
"""A body in chunks may take that many bytes for its chunks, and that many more for each byte of the body."""


class Keeper(Protocol):
    """What looks after connections: it knows their limits, and is told of each that opens."""

    limits: ConnectionLimits

    def opened(self, connection: "HttpConnection") -> None:
        """Look after a connection from now on."""


class HttpConnection(HttpToolsProtocol):
    """A connection that keeps its limits. `time_out` is to be called once its `deadline` is over."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        keeper: Keeper,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.limits, self.phase, self.now = keeper.limits, Phase.BETWEEN, self.loop.time()
        self.deadline, self._body_deadline = self.now + self.limits.head_seconds, NEVER
        self._begun = self._head = self._body = self._framing = 0
        self._refusal: LoyaltyError | None = None
        self._unparsed, self._keeper, self._stopping = b"", keeper, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)  # type: ignore[arg-type]  # it is one for streams
        self.flow: PausableFlow = PausableFlow(self.transport)
        self._keeper.opened(self)

    def data_received(self, data: bytes) -> None:
        """Parse what came, in pieces. Nothing is kept of it once the request is refused."""
        self.now = self.loop.time()
        if len(data) <= PIECE_BYTES and not self.flow.held and len(self.pipeline) < MOST_PIPELINED:
            self._parse(data)
        elif self.phase is not Phase.LINGERING:
            self._unparsed += data
            self._parse_on()

    def _parse_on(self) -> None:
        """Parse what waits, piece by piece, until too many requests wait for their answers."""
        data, self._unparsed, done = self._unparsed, b"", 0
        while done < len(data) and len(self.pipeline) < MOST_PIPELINED and self.phase is not Phase.LINGERING:
            self._parse(data[done : done + PIECE_BYTES])
            done += PIECE_BYTES
        if self.phase is not Phase.LINGERING:
            self._unparsed = data[done:]
        self.flow.held = bool(self._unparsed)
        if self.flow.held:
            self.flow.pause_reading()

    def _parse(self, data: bytes) -> None:
        phase, begun, body = self.phase, self._begun, self._body
        if phase is Phase.LINGERING:
            return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # the request is served as HTTP/1.1; what follows it is another protocol
        except httptools.HttpParserError:
            self.refuse(self._refusal or MalformedRequest())
            return
        if self.phase is Phase.HEAD and self._begun - begun == (phase is Phase.BETWEEN):
            self._count_head(len(data))
        elif self.phase is Phase.BODY and self._begun == begun:
            self._count_framing(len(data) - (self._body - body))

    def _count_head(self, size: int) -> None:
        """Count a piece that lies wholly in one head. One that began in the middle of a piece is counted at its end."""
        self._head += size
        if self._head > self.limits.head_bytes or len(self.url) > self.limits.url_bytes:
            self.refuse(self._too_large())

    def _count_framing(self, size: int) -> None:
        self._framing += size
        if self._framing > FRAMING_BYTES + FRAMING_RATIO * self._body:
            self.refuse(MalformedRequest())

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _too_large(self) -> LoyaltyError:
        if len(self.url) > self.limits.url_bytes:
            return UriTooLong(self.limits.url_bytes)
        return HeadersTooLarge(self.limits.head_bytes, self.limits.headers)

    def on_message_begin(self) -> None:
        """Begin to count a new request."""
        super().on_message_begin()
        self._begun += 1
        self._head = self._body = self._framing = 0
        self.phase, self.deadline = Phase.HEAD, self.now + self.limits.head_seconds

    def on_headers_complete(self) -> None:
        """Check the head, and pass the request on. Raises a refusal, which the parser wraps."""
        limits = self.limits
        if (
            len(self.headers) > limits.headers
            or len(self.url) > limits.url_bytes
            # Only its first and its last piece may not have been counted, so most heads need no second look.
            or (self._head + 2 * PIECE_BYTES > limits.head_bytes and self._head_size() > limits.head_bytes)
        ):
            self._refusal = self._too_large()
            raise self._refusal
        self.scope["state"][SEND_WHOLE] = self._send_whole
        super().on_headers_complete()
        self.headers = []  # so trailers are never taken for headers
        if self.expect_100_continue:
            self.cycle.keep_alive = False  # unless the body comes: else nobody knows whether it still will
        self.phase, self._body_deadline = Phase.BODY, self.now + limits.body_seconds
        self.deadline = self.now + limits.body_pause_seconds

    def _send_whole(self, scope: Mapping[str, Any], status: int, headers: Headers, body: bytes) -> bool:
        """Send the whole answer to the request with that scope; False if it is to be sent as any other."""
        return self.cycle.scope is scope and send_whole(self.cycle, status, headers, body)

    def on_body(self, body: bytes) -> None:
        """Count a part of a body."""
        super().on_body(body)
        self._body += len(body)
        self.deadline = min(self.now + self.limits.body_pause_seconds, self._body_deadline)

    def on_message_complete(self) -> None:
        """Wait no longer: the whole request is there."""
        super().on_message_complete()
        if self.expect_100_continue and not self._stopping:
            self.cycle.keep_alive = self.parser.should_keep_alive() and self.scope["http_version"] == "1.1"
        self.phase, self.deadline = Phase.BETWEEN, NEVER

    def on_response_complete(self) -> None:
        """Go on with the next request, or wait for one. uvicorn's own timer is not used: the deadline does its work."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.now = self.loop.time()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self.phase is Phase.BETWEEN:
            self.deadline = self.now + self.timeout_keep_alive
        if self._unparsed and len(self.pipeline) < MOST_PIPELINED:
            self._parse_on()
        self.flow.resume_reading()

    @property
    def idle(self) -> bool:
        """Whether nothing is under way for this client: it is the client that is waited for."""
        return not self.pipeline and (self.phase is Phase.BODY or not self._answering)

    def shutdown(self) -> None:
        """Close once what is under way is answered. An answer without an end is told to end now."""
        self._stopping = True
        if self._answering and (end := self.cycle.scope["state"].get(END_OF_STREAM)) is not None:
            end()
        super().shutdown()

    @property
    def at_rest(self) -> bool:
        """Whether the client has had its answers and has begun nothing new."""
        return self.phase is Phase.BETWEEN and self._begun > 0

    @property
    def stalled(self) -> bool:
        """Whether the client does not read what is written, or is being closed."""
        return self.flow.write_paused or self.transport.is_closing()

    def give_way(self) -> None:
        """Make room for another connection, without a word: nothing is under way."""
        self.phase = Phase.LINGERING
        self.transport.abort()

    def time_out(self, now: float) -> None:
        """Give up what is late: a head, a body, or a client that does not close."""
        self.now = now
        if self.phase is Phase.LINGERING:
            self.transport.abort()
        elif self.flow.read_paused or (self.phase is Phase.BODY and self.cycle.waiting_for_100_continue):
            self.deadline = now + self.limits.body_pause_seconds  # the client waits for the server, not the reverse
        elif self.phase is Phase.BETWEEN:
            self.transport.close()  # nothing was asked, so nothing is answered
        else:
            self.refuse(RequestTimedOut())

    def refuse(self, refusal: LoyaltyError) -> None:
        """Let the application answer with a refusal, after the requests before this one. Then linger."""
        if self.phase is Phase.LINGERING or self.transport.is_closing():
            return
        answered = self.phase is Phase.BODY and self.cycle.response_started
        earlier = self._give_up_body() if self.phase is Phase.BODY else self._answering
        cycle = self._refused_cycle(refusal)
        self.phase, self._unparsed, self.deadline = Phase.LINGERING, b"", self.now + self.limits.stalled_seconds
        if answered:
            self._linger()
        elif earlier:
            self.cycle = cycle
            self.pipeline.appendleft((cycle, self.app))
        else:
            self.cycle = cycle
            self._start_asgi_task(cycle, self.app)

    @property
    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _give_up_body(self) -> bool:
        """Tell the application that the rest of a body will not come; tell whether earlier requests are under way."""
        cycle = self.cycle
        earlier = [entry for entry in self.pipeline if entry[0] is not cycle]
        queued = len(earlier) < len(self.pipeline)
        self.pipeline = deque(earlier)
        cycle.disconnected = True
        cycle.message_event.set()
        return queued

    def _refused_cycle(self, refusal: LoyaltyError) -> RequestResponseCycle:
        """What answers a refused request: with its headers as far as they came, and with no path."""
        if self.phase is Phase.BETWEEN:
            super().on_message_begin()  # not even the first line was one
        method = self.parser.get_method().decode("ascii") if self.url else "GET"
        known = {"method": method, "path": "/", "raw_path": b"/", "query_string": b""}
        state = {**self.app_state, "refused": refusal}
        cycle = RequestResponseCycle(
            scope={**self.scope, **known, "state": state},  # type: ignore[typeddict-item]
            transport=LingeringTransport(self.transport, self._linger),  # type: ignore[arg-type]  # all that it uses
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=False,
            on_response=self._count_answer,
        )
        cycle.more_body = False
        return cycle

    def _count_answer(self) -> None:
        self.server_state.total_requests += 1

    def _linger(self) -> None:
        """Write no more, and wait a little for the client to close."""
        self.deadline, self.flow.held = self.loop.time() + self.limits.linger_seconds, False
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
