"""Merged customers: to whom an id, a code or a phone number leads since its customer was merged into another.

Also what is written and forgotten of merges besides whole rows. Merging is decided at the counter.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, and_, delete, select, tuple_, update

from loyalty_app.db.tables import customer, customer_merge, past_profile
from loyalty_core.fields import BusinessId, CustomerId
from loyalty_core.unmerging import UNMERGE_DAYS

MERGED = tuple_(customer_merge.c.business_id, customer_merge.c.from_id)
Key = tuple[int, int]
Keys = Sequence[Key]
"""Customers: the ids of their businesses, and their own."""


def kept_id(connection: Connection, business_id: BusinessId, ref: int | str) -> CustomerId | None:
    """The id of the customer whom an id or a code means, erased or not; None if there is none."""
    named = customer.c.qr_code == ref if isinstance(ref, str) else customer.c.id == ref
    while True:
        found = select(customer.c.id, customer.c.merged_into).where(customer.c.business_id == business_id, named)
        row = connection.execute(found).one_or_none()
        if row is None or row.merged_into is None:
            return None if row is None else CustomerId(row.id)
        named = customer.c.id == row.merged_into


def with_merged_phone(connection: Connection, business_id: BusinessId, forms: Collection[str]) -> CustomerId | None:
    """The customer into whom one with a phone number was merged; `forms` are how it may have been kept."""
    own = (customer_merge.c.business_id == business_id, customer_merge.c.phone.in_(forms))
    into = connection.scalar(select(customer_merge.c.into_id).where(*own).order_by(customer_merge.c.from_id))
    return None if into is None else kept_id(connection, business_id, into)


class ProfileOfMerged(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody told who was merged into another: their last profile."""

    name: str
    phone: str | None
    email: str | None


def profiles_of_merged(connection: Connection, keys: Keys) -> dict[Key, list[ProfileOfMerged]]:
    """What those told who were merged into customers, and into those in turn. Customers without any are left out."""
    kept = _all_merged(connection, keys)
    if not kept:
        return {}
    theirs = _are(past_profile.c.business_id, past_profile.c.customer_id, kept.keys())
    rows = connection.execute(select(past_profile).where(theirs).order_by(past_profile.c.version)).all()
    last = {(row.business_id, row.customer_id): row for row in rows}
    found: dict[Key, list[ProfileOfMerged]] = {}
    for who, row in last.items():
        told = ProfileOfMerged(name=row.name, phone=row.phone, email=row.email)
        found.setdefault(kept[who], []).append(told)
    return found


def _all_merged(connection: Connection, keys: Keys) -> dict[Key, Key]:
    """The merged customers, and to which of `keys` each leads."""
    leads, level = {key: key for key in keys}, set(keys)
    while level:
        own = _are(customer_merge.c.business_id, customer_merge.c.into_id, level)
        columns = (customer_merge.c.business_id, customer_merge.c.from_id, customer_merge.c.into_id)
        rows = connection.execute(select(*columns).where(own))
        found = {(row.business_id, row.from_id): leads[row.business_id, row.into_id] for row in rows}
        level = found.keys() - leads.keys()
        leads |= {who: found[who] for who in level}
    return {who: kept for who, kept in leads.items() if who != kept}


def _are(shop: Column[int], number: Column[int], keys: Collection[Key]) -> ColumnElement[bool]:
    """Whether a row is of these customers. A single shop is named by itself: then a cluster knows where to look."""
    shops = {business_id for business_id, _ in keys}
    among = tuple_(shop, number).in_(keys)
    return and_(shop == shops.pop(), among) if len(shops) == 1 else among


def free_phones(connection: Connection, keys: Keys) -> None:
    """Take the numbers from customers of whom one gets another's: a number has one holder at any moment."""
    if keys:
        own = tuple_(customer.c.business_id, customer.c.id).in_(keys)
        connection.execute(update(customer).where(own).values(phone=None)).close()


def delete_merges(connection: Connection, keys: Keys) -> None:
    """Delete merges that are taken back."""
    if keys:
        connection.execute(delete(customer_merge).where(MERGED.in_(keys))).close()


def forget_merges(connection: Connection, keys: Keys) -> None:
    """Forget what erased customers told who had been merged into another."""
    if keys:
        connection.execute(update(customer_merge).where(MERGED.in_(keys)).values(phone=None, undo=None)).close()


def old_merges(now: datetime) -> ColumnElement[bool]:
    """Merges that cannot be taken back any more, of which what both told before is still kept."""
    return and_(customer_merge.c.undo.is_not(None), customer_merge.c.merged_at < now - timedelta(days=UNMERGE_DAYS))
