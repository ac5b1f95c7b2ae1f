"""Referrals of a batch: which ones it knows and changes, and who had a card in a chat before.

Nothing is decided here; the rules are in the core.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, select

from loyalty_app.db import tables
from loyalty_app.db.bulk import BulkInsert, BulkUpdate, BulkWrite, Values
from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import once_key_of
from loyalty_core.referrals import Referral, ReferralResult

Key = tuple[int, int]
"""A business's id, and a customer's, or the number of a person."""


def person_number(user_id: int) -> int:
    """The number by which shops recognise a person of Telegram who had a card: 64 bits, with a sign.

    It is made from theirs, which cannot be read out of it, but tried. The number of the shop is no part of it: that may
    change if the shop moves.
    """
    return once_key_of(f"holder {user_id}")


def referral_of(row: Row[Any]) -> Referral:
    """Read a row of the table `referral`."""
    return Referral(
        business_id=row.business_id,
        customer_id=row.customer_id,
        referrer_id=row.referrer_id,
        referred_at=row.referred_at,
        result=ReferralResult(row.result) if row.result else None,
        ended_at=row.ended_at,
        transaction_id=row.transaction_id,
    )


class Referrals:
    """The referrals that a batch knows; `new` and `changed` are to be written."""

    def __init__(self) -> None:
        self.known: dict[Key, Referral] = {}
        self.new: dict[Key, Referral] = {}
        self.changed: dict[Key, Referral] = {}
        self.former: set[Key] = set()
        """People who had a card of a shop in a chat before, by their numbers."""

    def keep(self, row: Row[Any]) -> None:
        """Remember a referral."""
        self.known[row.business_id, row.customer_id] = referral_of(row)

    def keep_former(self, row: Row[Any]) -> None:
        """Remember that somebody had a card."""
        self.former.add((row.business_id, row.person))

    def note(self, referral: Referral) -> None:
        """Note a referral that this batch has made or ended."""
        key = referral.business_id, referral.customer_id
        (self.new if key in self.new or key not in self.known else self.changed)[key] = referral
        self.known[key] = referral


def referral_writes(referrals: Referrals) -> list[BulkWrite]:
    """What is new of referrals; nearly always nothing."""
    if not referrals.new and not referrals.changed:
        return []
    return [
        BulkInsert(tables.referral, [_row(one) for one in referrals.new.values()]),
        BulkUpdate(tables.referral, [_row(one) for one in referrals.changed.values()], ("business_id", "customer_id")),
    ]


def _row(referral: Referral) -> Values:
    return {name: getattr(referral, name) for name in referral.__struct_fields__} | {
        "result": referral.result.value if referral.result else None
    }


def remember_holders(database: Database, connection: Connection, customers: Iterable[Key]) -> None:
    """Remember who has the cards of these customers in a chat, now that they go."""
    cards = tables.telegram_card.c
    people: list[tuple[int, int]] = []
    for business_id, customer_id in customers:
        own = (cards.business_id == business_id, cards.customer_id == customer_id)
        people += [(business_id, number) for number in connection.scalars(select(cards.user_id).where(*own))]
    remember_people(database, connection, people)


def remember_people(database: Database, connection: Connection, people: Iterable[tuple[int, int]]) -> None:
    """Remember people, each with the business, whose card goes out of their chat."""
    wanted = {(business_id, person_number(user_id)) for business_id, user_id in people}
    if not wanted:
        return
    there = database.fetch(connection, tables.former_holder, ("business_id", "person"), wanted)
    new = sorted(wanted - {(row.business_id, row.person) for row in there})
    rows = [{"business_id": business_id, "person": number} for business_id, number in new]
    database.insert(connection, tables.former_holder, rows)
