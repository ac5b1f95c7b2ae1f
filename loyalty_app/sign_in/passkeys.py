"""Passkeys: the way into the pages without a link from the chat. A person makes one while they are signed in.

A passkey belongs to one person at one bot. Only its public key is stored. It signs a challenge of ours, which is good
for five minutes and once, and only after the person was verified by fingerprint, face or PIN. What is signed, and for
which address, is checked by the library `webauthn` (W3C Web Authentication, level 2).
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, Row, delete, func, select, update

from loyalty_app.chat.bots import bot_there
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import passkey, passkey_challenge
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_core.fields import BotId, UserId

CHALLENGE_BYTES = 32
CHALLENGE_LIVES = timedelta(minutes=5)
MOST_PASSKEYS = 20
"""How many passkeys one person may have at one bot."""

Sent = Mapping[str, object]
"""What a browser sends of a passkey: `PublicKeyCredential.toJSON()`."""


class PasskeyPlace(msgspec.Struct, frozen=True, kw_only=True):
    """The bot that a passkey is for, the origin, and the host in it, by which browsers know the site."""

    bot_id: BotId
    origin: str
    host: str


class OwnPasskey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey of a person: its id, when it was made, and when it last signed them in."""

    credential_id: bytes
    created_at: datetime
    used_at: datetime | None


class PasskeyRefused(msgspec.Struct, frozen=True):
    """Why a passkey was not taken: for the log."""

    reason: str


def passkeys_of(connection: Connection, person: PagePerson) -> Sequence[OwnPasskey]:
    """The passkeys of a person, the oldest first."""
    columns = passkey.c
    own = select(columns.credential_id, columns.created_at, columns.used_at).where(
        columns.bot_id == person.bot_id, columns.user_id == person.user_id
    )
    return [OwnPasskey(**row._mapping) for row in connection.execute(own.order_by(columns.created_at))]  # noqa: SLF001  # what SQLAlchemy offers for it


async def ask_for_new(database: Database, place: PasskeyPlace, person: PagePerson, name: str, *, now: datetime) -> str:
    """What a browser needs to make a passkey, as JSON. `name` is what the person's device shows."""
    from webauthn import generate_registration_options, options_to_json  # noqa: PLC0415  # few processes make one
    from webauthn.helpers import structs  # noqa: PLC0415  # as above

    known = await database.read(lambda connection: passkeys_of(connection, person))
    options = generate_registration_options(
        rp_id=place.host,
        rp_name=place.host,
        user_id=hashlib.sha256(f"{person.bot_id}:{person.user_id}".encode()).digest(),
        user_name=name,
        user_display_name=name,
        challenge=await _new_challenge(database, place.bot_id, person.user_id, now=now),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
    )
    return options_to_json(options)


async def ask_for_one(database: Database, place: PasskeyPlace, *, now: datetime) -> str:
    """What a browser needs to sign in with a passkey, as JSON."""
    from webauthn import generate_authentication_options, options_to_json  # noqa: PLC0415  # few processes need it
    from webauthn.helpers.structs import UserVerificationRequirement  # noqa: PLC0415  # as above

    options = generate_authentication_options(
        rp_id=place.host,
        challenge=await _new_challenge(database, place.bot_id, None, now=now),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


async def keep_new(
    database: Database, place: PasskeyPlace, person: PagePerson, sent: Sent, *, now: datetime
) -> PasskeyRefused | None:
    """Keep a passkey that a person has made; what was sent is refused if it does not answer a challenge of theirs."""
    from webauthn import verify_registration_response  # noqa: PLC0415  # few processes make one
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415  # as above

    challenge = _challenge_in(sent)
    if not await _spend(database, place.bot_id, challenge, person.user_id, now=now):
        return PasskeyRefused("no such challenge")
    try:
        made = verify_registration_response(
            credential=dict(sent),
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        return PasskeyRefused(type(error).__name__)
    row = {
        **msgspec.structs.asdict(person),
        "credential_id": made.credential_id,
        "public_key": made.credential_public_key,
        "sign_count": made.sign_count,
        "created_at": now,
    }
    return await database.write(lambda connection: _insert(database, connection, person, row=row))


def _insert(
    database: Database, connection: Connection, person: PagePerson, *, row: dict[str, object]
) -> PasskeyRefused | None:
    if connection.execute(bot_there(database, person.bot_id)).first() is None:
        return PasskeyRefused("the bot is gone")
    own = (passkey.c.bot_id == person.bot_id, passkey.c.user_id == person.user_id)
    if (connection.scalar(select(func.count()).where(*own)) or 0) >= MOST_PASSKEYS:
        return PasskeyRefused("too many passkeys")
    same = select(passkey.c.bot_id).where(passkey.c.credential_id == row["credential_id"])
    if connection.execute(same).first() is not None:
        return PasskeyRefused("a passkey with that id is known")
    database.insert(connection, passkey, [row])
    return None


async def recognise(
    database: Database, place: PasskeyPlace, sent: Sent, *, now: datetime
) -> PagePerson | PasskeyRefused:
    """The person who signs in with a passkey. Its count must rise if it has one: that shows a copy."""
    from webauthn import verify_authentication_response  # noqa: PLC0415  # few processes need it
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415  # as above

    challenge = _challenge_in(sent)
    if not await _spend(database, place.bot_id, challenge, None, now=now):
        return PasskeyRefused("no such challenge")
    row = await _find(database, place.bot_id, _bytes_of(sent.get("rawId")))
    if row is None:
        return PasskeyRefused("no such passkey")
    try:
        signed = verify_authentication_response(
            credential=dict(sent),
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        return PasskeyRefused(type(error).__name__)
    same = (passkey.c.credential_id == row.credential_id, passkey.c.sign_count == row.sign_count)
    used = update(passkey).where(*same).values(sign_count=signed.new_sign_count, used_at=now)
    if await database.write(lambda connection: connection.execute(used).rowcount) != 1:
        return PasskeyRefused("used twice at once, or removed")
    return PagePerson(bot_id=row.bot_id, user_id=row.user_id, language=row.language)


async def _find(
    database: Database, bot_id: BotId, credential_id: bytes
) -> Row[tuple[bytes, int, int, str, bytes, int, datetime, datetime]] | None:
    own = select(passkey).where(passkey.c.credential_id == credential_id, passkey.c.bot_id == bot_id)
    return await database.read(lambda connection: connection.execute(own).one_or_none())


async def remove_passkey(database: Database, person: PagePerson, credential_id: bytes) -> bool:
    """Remove a passkey of a person; False if they have none with that id. Sessions that it opened go on."""
    columns = passkey.c
    own = (columns.credential_id == credential_id, columns.bot_id == person.bot_id, columns.user_id == person.user_id)
    return await database.write(lambda connection: connection.execute(delete(passkey).where(*own)).rowcount) == 1


async def _new_challenge(database: Database, bot_id: BotId, user_id: UserId | None, *, now: datetime) -> bytes:
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    row = {"challenge": challenge, "bot_id": bot_id, "user_id": user_id, "expires_at": now + CHALLENGE_LIVES}
    await database.write(lambda connection: database.insert(connection, passkey_challenge, [row]))
    return challenge


async def _spend(database: Database, bot_id: BotId, challenge: bytes, user_id: UserId | None, *, now: datetime) -> bool:
    """Whether a challenge was open for that person, or for somebody who signs in. It is used up by that."""
    columns = passkey_challenge.c
    theirs = columns.user_id.is_(None) if user_id is None else columns.user_id == user_id
    good = (columns.challenge == challenge, columns.bot_id == bot_id, theirs, columns.expires_at > now)
    spent = delete(passkey_challenge).where(*good)
    return await database.write(lambda connection: connection.execute(spent).rowcount) == 1


def _challenge_in(sent: Sent) -> bytes:
    """The challenge that was signed, as the browser says; empty if it says none."""
    response = sent.get("response")
    said = response.get("clientDataJSON") if isinstance(response, Mapping) else None
    try:
        told = msgspec.json.decode(_bytes_of(said))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return b""
    return _bytes_of(told.get("challenge")) if isinstance(told, dict) else b""


def _bytes_of(text: object) -> bytes:
    """Bytes out of base64url; empty if it is none."""
    from webauthn.helpers import base64url_to_bytes  # noqa: PLC0415  # few processes need it

    try:
        return base64url_to_bytes(text) if isinstance(text, str) else b""
    except ValueError:
        return b""
