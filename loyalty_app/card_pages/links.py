"""Card links: the long private addresses at which people without Telegram have their cards.

Anyone who has the address has the card, so it is kept as a key is: its SHA-256 finds it, and beside that it is
encrypted with the key of the vault, because a till and a poster print it again. A stolen backup of the database opens
no card. A card has one valid link at most. A revoked one is remembered, without its secret, so that its page can say
what to do; erasing a customer forgets them all. What the page shows is not known here.
"""

import hashlib
import re
import secrets
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from loyalty_app.db.each_shard import ask_each_shard
from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import KeyedAnswer, KeyedRequest, answer_once, write_once
from loyalty_app.db.merged_customers import kept_id
from loyalty_app.db.tables import card_link, customer
from loyalty_app.settings import SettingsError
from loyalty_core.access import base62
from loyalty_core.errors import CustomerNotFound
from loyalty_core.fields import BusinessId, CustomerId

if TYPE_CHECKING:  # the counter asks for links, and needs no cryptography
    from loyalty_app.vault import Vault

SECRET_LETTERS, SECRET_BYTES = 32, 24
"""190 bits, and short enough for a text message and a QR code."""
PATH = "/c/"
CustomerRef = int | str
"""A customer's id, or their code in its exact form."""

_SECRET = re.compile(rf"[0-9A-Za-z]{{{SECRET_LETTERS}}}")


class CardLinkView(msgspec.Struct, frozen=True, kw_only=True):
    """The private link of a customer's card. Anyone who has it has the card, so give it to nobody else."""

    customer_id: int
    url: str
    created_at: datetime


class CardLinkRevoked(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a card's private link; `revoked` is false if there was none."""

    customer_id: int
    revoked: bool


class CardId(msgspec.Struct, frozen=True):
    """A card: its business, and its customer."""

    business_id: BusinessId
    customer_id: CustomerId


class LinkedCard(msgspec.Struct, frozen=True):
    """The card that a link leads to, or led to if it was revoked."""

    card: CardId
    revoked: bool


class LinkMaker(msgspec.Struct, frozen=True, kw_only=True):
    """What links are made with: the public address of the pages, without a slash at its end, and the vault."""

    base: str
    vault: "Vault"

    def url(self, secret: str) -> str:
        """The whole link."""
        return f"{self.base}{PATH}{secret}"


def digest_of(secret: str) -> bytes:
    """The stored form of a secret: its SHA-256, 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()


async def follow_link(database: Database, secret: str) -> LinkedCard | None:
    """The card that a secret leads to; None if there is no such link, or the customer was erased.

    Raises Busy if it may lead to a machine that is away.
    """
    if not _SECRET.fullmatch(secret):
        return None
    found = await ask_each_shard(database, lambda connection: _followed(connection, secret))
    return found[0] if found else None


def _followed(connection: Connection, secret: str) -> list[LinkedCard]:
    columns = card_link.c
    found = select(columns.business_id, columns.customer_id, columns.revoked_at).where(
        columns.digest == digest_of(secret)
    )
    row = connection.execute(found).one_or_none()
    if row is None:
        return []
    business_id = BusinessId(row.business_id)
    card = CardId(business_id, kept_id(connection, business_id, row.customer_id) or CustomerId(row.customer_id))
    return [LinkedCard(card, revoked=row.revoked_at is not None)]


async def link_of(database: Database, card: CardId, *, maker: LinkMaker, now: datetime) -> CardLinkView:
    """The valid link of a card, which is made if there is none. Raises CustomerNotFound."""

    def work(connection: Connection) -> CardLinkView:
        _lock(connection, card.business_id, card.customer_id)
        return _valid_link(database, connection, card, maker=maker, now=now)

    return await write_once(database, work)


async def link_once(
    database: Database, request: KeyedRequest, ref: CustomerRef, *, maker: LinkMaker, now: datetime
) -> KeyedAnswer:
    """The same for an API key; the answer is a CardLinkView. Raises CustomerNotFound, IdempotencyKeyReused."""

    def work(connection: Connection) -> bytes:
        card = _lock(connection, BusinessId(request.business_id), ref)
        return msgspec.json.encode(_valid_link(database, connection, card, maker=maker, now=now))

    return await answer_once(database, request, work, now=now, vault=maker.vault)


async def revoke_once(database: Database, request: KeyedRequest, ref: CustomerRef, *, now: datetime) -> KeyedAnswer:
    """Revoke the link of a card; the answer is a CardLinkRevoked. Raises CustomerNotFound, IdempotencyKeyReused."""

    def work(connection: Connection) -> bytes:
        card = _lock(connection, BusinessId(request.business_id), ref)
        revoked = revoke_link(connection, card, now)
        return msgspec.json.encode(CardLinkRevoked(customer_id=card.customer_id, revoked=revoked))

    return await answer_once(database, request, work, now=now)


def revoke_link(connection: Connection, card: CardId, now: datetime) -> bool:
    """Revoke the link of a card; tell whether it had one."""
    valid = and_(_of(card), card_link.c.revoked_at.is_(None))
    return connection.execute(update(card_link).where(valid).values(revoked_at=now, secret=None)).rowcount > 0


def forget_links(connection: Connection, card: CardId) -> None:
    """Delete all that is known of the links of an erased customer."""
    connection.execute(delete(card_link).where(_of(card))).close()


def _of(card: CardId) -> ColumnElement[bool]:
    return and_(card_link.c.business_id == card.business_id, card_link.c.customer_id == card.customer_id)


def _lock(connection: Connection, business_id: BusinessId, ref: CustomerRef) -> CardId:
    """Lock a customer, by id or code, so that nobody is erased meanwhile. Raises CustomerNotFound."""
    kept = customer.c.id == kept_id(connection, business_id, ref)
    own = (customer.c.business_id == business_id, kept, customer.c.erased_at.is_(None))
    found: int | None = connection.scalar(select(customer.c.id).where(*own).with_for_update())
    if found is None:
        raise CustomerNotFound
    return CardId(business_id, CustomerId(found))


def _valid_link(
    database: Database, connection: Connection, card: CardId, *, maker: LinkMaker, now: datetime
) -> CardLinkView:
    valid = select(card_link).where(_of(card), card_link.c.revoked_at.is_(None))
    row = connection.execute(valid).one_or_none()
    secret = _read(maker.vault, row.secret) if row is not None else None
    if row is not None and secret is not None:
        return CardLinkView(customer_id=card.customer_id, url=maker.url(secret), created_at=row.created_at)
    revoke_link(connection, card, now)
    secret = base62(int.from_bytes(secrets.token_bytes(SECRET_BYTES), "big"), SECRET_LETTERS)
    database.insert(connection, card_link, [_new_row(card, secret, maker.vault, now)])
    return CardLinkView(customer_id=card.customer_id, url=maker.url(secret), created_at=now)


def _read(vault: "Vault", locked: bytes) -> str | None:
    """The secret; None if its key is lost: then there will be another link."""
    try:
        return vault.unlock(locked)
    except SettingsError:
        return None


def _new_row(card: CardId, secret: str, vault: "Vault", now: datetime) -> dict[str, object]:
    return {
        "business_id": card.business_id,
        "digest": digest_of(secret),
        "customer_id": card.customer_id,
        "secret": vault.lock(secret),
        "created_at": now,
    }
