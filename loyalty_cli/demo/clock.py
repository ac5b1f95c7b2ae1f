"""The test clock of `loyalty demo --clock`: the real time, plus what it was moved forward. It never goes back.

Integrators read it with GET /clock and move it with POST /clock; no other server has that address.
"""

import re
from datetime import datetime, timedelta
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.exceptions import HTTPException
from msgspec import UNSET, UnsetType

from api.parsing import read_json, whole_body
from api.problems import answer_failure, answer_http, answer_refusal
from api.request_log import add_headers
from loyalty_app.clock import utc_now
from loyalty_app.runtime import Runtime
from loyalty_app.upkeep.expiry import AT_ONCE, book_expired
from loyalty_cli.mounted_app import Application, Message, Receive, Send
from loyalty_core.errors import FieldError, InvalidRequest, LoyaltyError
from loyalty_core.views import utc

CLOCK = "/clock"
MOST_AHEAD = timedelta(days=3_653)
SPAN = re.compile(r"(?=\d)(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)
UNITS = ("weeks", "days", "hours", "minutes", "seconds")


class DemoClock:
    """A clock that goes by itself and can be moved forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        """The time that it shows, in UTC."""
        return utc_now() + self._ahead

    def move(self, asked: "ClockMove") -> None:
        """Move it forward. Raises InvalidRequest if that is backward, too far, or not understood."""
        if (asked.forward is UNSET) == (asked.to is UNSET):
            raise InvalidRequest(FieldError("", 'must be {"forward": "3d"} or {"to": "2026-12-24T18:00:00Z"}'))
        field = "to" if asked.forward is UNSET else "forward"
        by = _span(asked.forward) if isinstance(asked.forward, str) else _until(str(asked.to), self())
        if self._ahead + by > MOST_AHEAD:
            raise InvalidRequest.field(field, "must not be more than ten years ahead of the real time")
        self._ahead += by


class ClockMove(msgspec.Struct, frozen=True, kw_only=True):
    """How the clock is moved: by a span, as 1d12h, or to a moment; one of the two."""

    forward: str | UnsetType = UNSET
    to: str | UnsetType = UNSET


class ClockView(msgspec.Struct, frozen=True):
    """What the clock shows."""

    now: datetime


def _span(text: str) -> timedelta:
    match = SPAN.fullmatch(text.replace(" ", ""))
    if match is None:
        raise InvalidRequest.field("forward", "must be a span like 90s, 15m, 6h, 3d, 2w or 1d12h; it only goes forward")
    return timedelta(**{unit: int(count or 0) for unit, count in zip(UNITS, match.groups(), strict=True)})


def _until(text: str, now: datetime) -> timedelta:
    try:
        moment = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidRequest.field("to", "must be a time with its zone, as 2026-12-24T18:00:00Z")
    if moment < now:
        message = f"must not be before the time of the clock, {now:%Y-%m-%dT%H:%M:%SZ}; it only goes forward"
        raise InvalidRequest.field("to", message)
    return moment - now


def with_clock(app: Application, api: Litestar, *, clock: DemoClock) -> Application:
    """An application with the address /clock beside it. What becomes due by a move is done before it is answered."""
    own = _clock_app(clock, api)

    async def serve(scope: Message, receive: Receive, send: Send) -> None:
        its_own = scope["type"] == "http" and scope["path"].rstrip("/") == CLOCK
        await (own if its_own else app)(scope, receive, send)

    return serve


def _clock_app(clock: DemoClock, api: Litestar) -> Any:  # noqa: ANN401  # Litestar types ASGI more narrowly
    @get(CLOCK)
    async def show() -> Response[bytes]:
        return _shown(clock)

    @post(CLOCK, status_code=200)
    async def move(request: Request[Any, Any, Any]) -> Response[bytes]:
        clock.move(read_json(await whole_body(request) or b"{}", ClockMove))
        await _catch_up(api.state.runtime)
        return _shown(clock)

    return Litestar(
        route_handlers=[show, move],
        before_send=[add_headers],
        exception_handlers={LoyaltyError: answer_refusal, HTTPException: answer_http, Exception: answer_failure},
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


async def _catch_up(runtime: Runtime) -> None:
    """Book the rewards that have lapsed, and have the deliveries looked at that are due."""
    while await book_expired(runtime.database, runtime.counter, runtime.clock()) == AT_ONCE:
        pass
    if runtime.webhook_worker is not None:
        runtime.webhook_worker.wake()


def _shown(clock: DemoClock) -> Response[bytes]:
    headers = {"Cache-Control": "no-store"}
    content = msgspec.json.encode(ClockView(utc(clock())))
    return Response(content=content, media_type="application/json", headers=headers)
