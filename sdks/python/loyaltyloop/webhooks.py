"""Webhooks: whether one came from the service, and what it says.

    event = loyaltyloop.webhooks.verify(request.body, request.headers, "whsec_...")
    if event.type == "stamp.added":
        print(event.data["customer"]["name"])

The rules are those of Standard Webhooks 1.0.0. While a secret is rotated, several signatures come; one is enough.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import timedelta

from loyaltyloop._events import Event
from loyaltyloop.errors import InvalidSignature

PREFIX = "whsec_"
TOLERANCE = timedelta(minutes=5)


def verify(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str,
    *,
    tolerance: timedelta | float = TOLERANCE,
    now: float | None = None,
) -> Event:
    """Check the signature of a webhook; return its event, of an own class where the type is known.

    body       as it came, not parsed and written again
    headers    of the request; names in any case
    tolerance  how far its time may be from `now`, in seconds or as a timedelta
    now        in seconds since 1970, the clock's if it is not given

    Raises InvalidSignature; ValueError: the secret is none.
    """
    raw = body.encode() if isinstance(body, str) else body
    given = {name.lower(): value for name, value in headers.items()}
    number, sent, signatures = (_header(given, f"webhook-{name}") for name in ("id", "timestamp", "signature"))
    _check_time(sent, now if now is not None else time.time(), _seconds(tolerance))
    expected = sign(raw, number, sent, secret)
    if not any(hmac.compare_digest(expected.encode(), one.encode()) for one in signatures.split()):
        raise InvalidSignature("The signature does not belong to this body and secret.")
    return event_of(raw, number)


def sign(body: bytes, number: str, timestamp: str, secret: str) -> str:
    """The signature of a webhook: `v1,<base64>`. Raises ValueError: the secret is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("A secret of a webhook is whsec_ and base64.") from error
    signed = b".".join((number.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def event_of(body: bytes, number: str) -> Event:
    """The event of a body, unchecked. Raises InvalidSignature: it is no event."""
    try:
        told = json.loads(body)
    except ValueError as error:
        raise InvalidSignature("The body is no event.") from error
    if not isinstance(told, dict) or not isinstance(told.get("type"), str):
        raise InvalidSignature("The body is no event.")
    return Event.of({**told, "id": number})


def _header(headers: Mapping[str, str], name: str) -> str:
    if not (found := headers.get(name, "")):
        raise InvalidSignature(f"The header {name} is missing.")
    return found


def _seconds(tolerance: timedelta | float) -> float:
    return tolerance.total_seconds() if isinstance(tolerance, timedelta) else tolerance


def _check_time(sent: str, now: float, tolerance: float) -> None:
    if not sent.isdecimal():
        raise InvalidSignature("webhook-timestamp is no time.")
    if abs(now - int(sent)) > tolerance:
        raise InvalidSignature("The webhook was sent too long ago, or the clock of this machine is wrong.")
