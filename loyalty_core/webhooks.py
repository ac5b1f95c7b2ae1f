"""Webhooks: how an event is signed, and how a receiver checks that it is genuine.

The rules, in words (Standard Webhooks 1.0.0):
- A signature is HMAC-SHA256 over "id.timestamp.body"; a receiver takes those of the last 5 minutes only.
- While a secret is replaced, a request carries one signature for each secret that is valid.

Retries of failed deliveries are in `delivery_retries`. Nothing is sent from here; the clock comes in as an argument.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

SECRET_PREFIX = "whsec_"  # noqa: S105  # a prefix, not a secret
SECRET_RANDOM_BYTES = 32
TOLERANCE = timedelta(minutes=5)
SECONDS = re.compile(r"[1-9][0-9]{0,11}")


class InvalidSignature(Exception):  # named as a fact, like every refusal
    """The request does not carry a valid, recent signature: do not trust it."""


def make_secret(random: bytes) -> str:
    """Make an endpoint's secret from 32 random bytes: whsec_ and standard base64."""
    return SECRET_PREFIX + base64.b64encode(random[:SECRET_RANDOM_BYTES]).decode()


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not key:  # an empty key would let anybody sign
        message = "a secret is whsec_ and standard base64"
        raise ValueError(message)
    return key


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The signature of a body, "v1,<base64>"; `timestamp` in Unix seconds. Raises ValueError for a broken secret."""
    signed = b"%b.%d.%b" % (webhook_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def signature_header(secrets: Iterable[str], webhook_id: str, timestamp: int, body: bytes) -> str:
    """The header webhook-signature: one signature for each secret that is valid now, separated by spaces."""
    return " ".join(sign(secret, webhook_id, timestamp, body) for secret in secrets)


def verify(secrets: str | Iterable[str], headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
    """For receivers: raise InvalidSignature unless one of the signatures fits one of the secrets and is recent.

    `headers` are the request's (in any case), `body` its bytes as they came, `now` an aware datetime.
    """
    given = {name.lower(): value for name, value in headers.items()}
    webhook_id, seconds, signatures = (given.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (webhook_id and SECONDS.fullmatch(seconds) and signatures and f"{webhook_id}{signatures}".isascii()):
        message = "the headers webhook-id, webhook-timestamp and webhook-signature are needed"
        raise InvalidSignature(message)
    timestamp = int(seconds)
    if abs(now.timestamp() - timestamp) > TOLERANCE.total_seconds():
        message = "the timestamp is more than 5 minutes away"
        raise InvalidSignature(message)
    ours = [sign(one, webhook_id, timestamp, body) for one in ([secrets] if isinstance(secrets, str) else secrets)]
    fits = [hmac.compare_digest(own.encode(), theirs.encode()) for own in ours for theirs in signatures.split()]
    if not any(fits):
        message = "no signature fits"
        raise InvalidSignature(message)
