"""Init data: what Telegram tells a page about the person who opened it, and whether that can be believed.

The rules:

- Telegram signs all fields with the token of the bot through which the page was opened (`hash`), so the data of another
  bot, or data that somebody changed, is refused. A key that stands there twice is refused: two readers could take
  different ones.
- A process that does not hold the token checks Telegram's own signature (`signature`) over the bot's id and all other
  fields.
- The data is taken for one hour from its `auth_date`, and not before it. Ten seconds are forgiven, for clocks.
- Nothing in it says what a person may do: only who they are.

Source: <https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app>, and the section after it for
those without the token. No key and no token is kept here.
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta

from loyalty_core.fields import LARGEST_ID, BotId, UserId

OLDEST, AHEAD = timedelta(hours=1), timedelta(seconds=10)
LONGEST, MOST_FIELDS = 8_192, 40
SIGNATURE_BYTES = 64

Verify = Callable[[bytes, bytes], bool]
"""Whether a signature (64 bytes) belongs to a message, by Telegram's public key (Ed25519)."""


class InitDataFault(StrEnum):
    """Why init data is refused."""

    MALFORMED = "malformed"
    REPEATED = "repeated"
    FORGED = "forged"
    TOO_OLD = "too_old"
    AHEAD = "ahead"


class InitData(msgspec.Struct, frozen=True, kw_only=True):
    """Who opened a page, when, and with which parameter of the link."""

    user_id: UserId
    language_code: str | None
    start_param: str | None
    auth_date: datetime


class _User(msgspec.Struct, frozen=True):
    id: Annotated[int, Meta(ge=1, le=LARGEST_ID)]
    language_code: str | None = None


Read = InitData | InitDataFault


def check_with_token(text: str, token: str, *, now: datetime) -> Read:
    """Read init data that must be signed for the bot with that token."""
    fields = _fields_of(text)
    if isinstance(fields, InitDataFault):
        return fields
    key = hmac.digest(b"WebAppData", token.encode(), "sha256")
    right = hmac.digest(key, _lines(fields, without=("hash",)).encode(), "sha256").hex()
    if not hmac.compare_digest(right.encode(), fields.get("hash", "").encode()):
        return InitDataFault.FORGED
    return _read(fields, now)


def check_with_signature(text: str, bot_id: BotId, verify: Verify, *, now: datetime) -> Read:
    """Read init data that Telegram must have signed for that bot; its token is not needed."""
    fields = _fields_of(text)
    if isinstance(fields, InitDataFault):
        return fields
    signed = f"{bot_id}:WebAppData\n{_lines(fields, without=('hash', 'signature'))}"
    signature = _decoded(fields.get("signature", ""))
    if signature is None or not verify(signature, signed.encode()):
        return InitDataFault.FORGED
    return _read(fields, now)


def _fields_of(text: str) -> dict[str, str] | InitDataFault:
    if len(text) > LONGEST:
        return InitDataFault.MALFORMED
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        return InitDataFault.MALFORMED
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else InitDataFault.REPEATED


def _lines(fields: Mapping[str, str], *, without: tuple[str, ...]) -> str:
    """What is signed: the fields as lines, sorted by their names."""
    return "\n".join(f"{name}={fields[name]}" for name in sorted(fields) if name not in without)


def _decoded(signature: str) -> bytes | None:
    """A signature, which is written as base64url without its padding; None if it is none."""
    try:
        read = base64.b64decode(signature.rstrip("=") + "=" * (-len(signature.rstrip("=")) % 4), b"-_", validate=True)
    except ValueError:
        return None
    return read if len(read) == SIGNATURE_BYTES else None


def _read(fields: Mapping[str, str], now: datetime) -> Read:
    try:
        user = msgspec.json.decode(fields["user"], type=_User)
        auth_date = datetime.fromtimestamp(int(fields["auth_date"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return InitDataFault.MALFORMED
    if auth_date > now + AHEAD:
        return InitDataFault.AHEAD
    if auth_date < now - OLDEST:
        return InitDataFault.TOO_OLD
    return InitData(
        user_id=UserId(user.id),
        language_code=user.language_code,
        start_param=fields.get("start_param"),
        auth_date=auth_date,
    )
