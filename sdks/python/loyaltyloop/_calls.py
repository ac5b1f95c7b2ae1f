"""One call, from the request to the answer, without input and output: what is sent, what is tried again, and when.

`attempts` yields what a driver must do, a `Request` to send or a `Pause` to wait, and is sent the `Answer`. The clients
drive it: `_transport` on the standard library, `_aiohttp` on aiohttp. No socket and no clock is known here.
"""

import json
import random
import uuid
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum, auto
from typing import Any
from urllib.parse import quote, urlencode

from loyaltyloop.errors import ConnectionFailed, LoyaltyLoopError, error_of

RETRIES = 2
LONGEST_WAIT_SECONDS = 30.0
"""A longer `Retry-After` is the caller's business: the error carries it as `retry_after`."""
FIRST_PAUSE_SECONDS = 0.5
RETRIED = frozenset({408, 429, 502, 503, 504})
FIRST_SUCCESS, FIRST_ELSEWHERE, FIRST_REFUSAL = 200, 300, 400
READS = frozenset({"GET", "HEAD"})

Query = Mapping[str, "str | int | bool | date | NotGiven | None"]


class NotGiven(Enum):
    """The type of a field that is left out; None is a value and clears the field."""

    NOT_GIVEN = auto()


NOT_GIVEN = NotGiven.NOT_GIVEN


@dataclass(frozen=True)
class Call:
    """What is asked: an operation of the reference with its values. A write carries an idempotency key."""

    method: str
    path: str
    query: Query = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    idempotency_key: str | None = None

    def at(self, cursor: str | None) -> "Call":
        """The same call for the page at a cursor."""
        return replace(self, query={**self.query, "cursor": cursor})

    @classmethod
    def of(
        cls,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> "Call":
        """A call; a write without a key of its own gets a new one, which stays the same when the call is repeated."""
        key = None if method in READS else idempotency_key or str(uuid.uuid4())
        return cls(method, path, query or {}, body, key)


@dataclass(frozen=True)
class Request:
    """What goes over the line. Its representation holds no header, so no API key."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """With names in small letters."""
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON; None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True)
class Pause:
    """Seconds to wait before the next attempt."""

    seconds: float


Attempts = Generator["Request | Pause", "Answer | ConnectionFailed | None", Answer]


def attempts(base_url: str, headers: Mapping[str, str], call: Call, *, retries: int = RETRIES) -> Attempts:
    """Send a call, and again after a failure that may pass; return the answer.

    A driver sends back the Answer of each Request, or the ConnectionFailed that it met.
    Raises a LoyaltyLoopError: the refusal of the server, or the last ConnectionFailed.
    """
    request = _request(base_url, headers, call)
    for left in range(retries, -1, -1):
        met = yield request
        error = met if isinstance(met, ConnectionFailed) else _failure(request, met)
        if error is None and isinstance(met, Answer):
            return met
        pause = _pause_before(retries - left, error) if left else None
        if pause is None:
            break
        yield Pause(pause)
    raise error or ConnectionFailed("the driver sent no answer")


def _request(base_url: str, headers: Mapping[str, str], call: Call) -> Request:
    given = {name: _text(value) for name, value in call.query.items() if value is not None and value is not NOT_GIVEN}
    url = base_url + call.path + (f"?{urlencode(given)}" if given else "")
    more = {"Idempotency-Key": call.idempotency_key} if call.idempotency_key else {}
    if call.body is None:
        return Request(call.method, url, {**headers, **more})
    given_body = {name: value for name, value in call.body.items() if value is not NOT_GIVEN}
    body = json.dumps(given_body, default=encoded_time).encode()
    return Request(call.method, url, {**headers, **more, "Content-Type": "application/json"}, body)


def _text(value: object) -> str:
    if isinstance(value, (date, datetime)):
        return encoded_time(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def encoded_time(value: object) -> str:
    """A time or a day as the wire has it, for `json.dumps`. Raises ValueError: a time without its zone; TypeError."""
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError(f"A time needs its zone, and {value} has none: datetime.now(timezone.utc) has one.")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be sent")


def _failure(request: Request, met: Answer | None) -> LoyaltyLoopError | None:
    """What is wrong with an answer; None if it is one."""
    if met is None or _is_ours(met):
        return None
    if met.status >= FIRST_REFUSAL:
        return error_of(met.status, met.json(), met.headers)
    where = f", and points to {met.headers['location']}" if "location" in met.headers else ""
    return ConnectionFailed(
        f"{request.method} {request.url}: something else than the service answered {met.status}{where}"
    )


def _is_ours(answer: Answer) -> bool:
    """Whether the service has done what it was asked: it answers with a picture, or with JSON that has `data`.

    Why: the page of a network that wants a login comes with 200 too, and so does half an answer.
    """
    if not FIRST_SUCCESS <= answer.status < FIRST_ELSEWHERE:
        return False
    if answer.headers.get("content-type", "").startswith("image/"):
        return True
    body = answer.json()
    return isinstance(body, dict) and "data" in body


def _pause_before(failures: int, error: LoyaltyLoopError | None) -> float | None:
    """Seconds before the next attempt; None if there must not be one."""
    if error is None or not (isinstance(error, ConnectionFailed) or error.status in RETRIED):
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= LONGEST_WAIT_SECONDS else None
    return FIRST_PAUSE_SECONDS * float(2**failures) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing


def path_of(path: str, subject: int | str, code_path: str = "") -> str:
    """The path of a call about something. A text that is no number is a QR code, or the link that a card shows.

    Raises ValueError, as `name_of`.
    """
    text = name_of(subject)
    if code_path and not text.isdecimal():
        return code_path.replace("{qr_code}", quote(text, safe=""))
    return path.replace("{qr_code}", quote(text, safe="")).replace("{id}", quote(text, safe=""))


def name_of(subject: int | str | None) -> str:
    """An id or a code as a text. Raises ValueError: it is empty, as after a scan of nothing, or a part of a path.

    Why: a path without it would be that of something else, such as of all customers.
    """
    text = "" if subject is None else str(subject).strip()
    if not text:
        raise ValueError("The id or code is empty. Was anything scanned?")
    if text in {".", ".."}:
        raise ValueError(f"{text} is no id and no code.")
    return text
