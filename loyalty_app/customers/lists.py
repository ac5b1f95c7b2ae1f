"""Lists: one customer with details, and the lists of customers, their transactions and their rewards.

Nothing is written here: writing goes through the counter.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, Row, Select, Subquery, and_, func, literal_column, or_, select

from loyalty_app.contacts import checked_phone
from loyalty_app.counter.orders import CustomerRef
from loyalty_app.customers.analytics import count_rewards, kept_totals
from loyalty_app.customers.changed_since import ChangedSince, changed_since
from loyalty_app.customers.search import CustomerSearch
from loyalty_app.customers.transactions import is_of_program
from loyalty_app.db.merged_customers import kept_id, with_merged_phone
from loyalty_app.db.rows import customer_of, entry_of, reward_of
from loyalty_app.db.tables import customer, referral, reward, transaction
from loyalty_app.pagination import Page, PageRequest, Walk, page_of, read_page
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.further_programs import with_cards
from loyalty_app.shops.programs import read_program
from loyalty_core.customers import Customer
from loyalty_core.errors import CustomerNotFound
from loyalty_core.fields import BusinessId, CustomerId
from loyalty_core.number_plans import forms_of
from loyalty_core.programs import Program
from loyalty_core.referrals import has_referrals
from loyalty_core.rewards import RewardStatus
from loyalty_core.views import (
    CustomerDetails,
    CustomerView,
    RewardView,
    TransactionView,
    customer_details,
    customer_view,
    program_named,
    reward_view,
    transaction_view,
)

RECENT = 10


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """Which customers to list: all, or those with a phone number, or with a text in name, phone or e-mail.

    `changed` leaves out those that have not changed since a moment.
    """

    phone: str | None = None
    q: str | None = None
    changed: ChangedSince | None = None


def find_customer(connection: Connection, business_id: BusinessId, ref: CustomerRef) -> Customer:
    """The customer with that id or code, or into whom that one was merged, with all cards. Raises CustomerNotFound."""
    column = customer.c.qr_code if isinstance(ref, str) else customer.c.id
    found = select(customer).where(customer.c.business_id == business_id, column == ref, customer.c.erased_at.is_(None))
    row = connection.execute(found).one_or_none()
    if row is None:
        row = _find_merged(connection, business_id, ref)
    [holder] = with_cards(connection, [customer_of(row)])
    return holder


def _find_merged(connection: Connection, business_id: BusinessId, ref: CustomerRef) -> Row[Any]:
    kept = select(customer).where(customer.c.business_id == business_id, customer.c.erased_at.is_(None))
    row = connection.execute(kept.where(customer.c.id == kept_id(connection, business_id, ref))).one_or_none()
    if row is None:
        raise CustomerNotFound
    return row


def _all_cards(connection: Connection, program: Program, customers: list[Customer]) -> list[Customer]:
    return with_cards(connection, customers) if program.others else customers


def show_customer(connection: Connection, business: Business, ref: CustomerRef, *, now: datetime) -> CustomerDetails:
    """A customer with the last ten transactions and the rewards that can be redeemed. Raises CustomerNotFound."""
    [found] = as_of(connection, [find_customer(connection, business.id, ref)], now)
    entries = (
        select(transaction)
        .where(transaction.c.business_id == business.id, transaction.c.customer_id == found.id)
        .order_by(transaction.c.id.desc())
        .limit(RECENT)
    )
    rewards = (
        select(reward)
        .where(reward.c.business_id == business.id, reward.c.customer_id == found.id)
        .where(_has_status(RewardStatus.AVAILABLE, now))
        .order_by(reward.c.id)
    )
    program = read_program(connection, business.id)
    return customer_details(
        customer_view(found, program),
        entries=[entry_of(row) for row in connection.execute(entries)],
        rewards=[reward_of(row) for row in connection.execute(rewards)],
        opted_out=found.opted_out_at is not None,
        referred_by=_referrer_of(connection, found) if has_referrals(program) else None,
    )


def _referrer_of(connection: Connection, customer: Customer) -> int | None:
    own = (referral.c.business_id == customer.business_id, referral.c.customer_id == customer.id)
    found: int | None = connection.scalar(select(referral.c.referrer_id).where(*own))
    return found


def list_customers(
    connection: Connection, business: Business, search: Search, *, wanted: PageRequest, now: datetime | None = None
) -> Page[CustomerView]:
    """The customers of a business in order of joining, with the rewards that they have at `now`.

    Without `now` rewards count until their end is booked. May raise InvalidRequest or PageTooDeep.
    """
    program, conditions = read_program(connection, business.id), _matching(connection, search, business)
    if search.changed is not None:
        conditions.append(changed_since(connection, business.id, search.changed))
    if search.q is not None:
        named = CustomerSearch(connection, business, *conditions, handful=search.phone is not None)
        ids, pagination = named.find(search.q, wanted)
        found = as_of(connection, _all_cards(connection, program, _with_ids(connection, business, ids)), now)
        return Page([customer_view(one, program) for one in found], pagination)
    own = (customer.c.business_id == business.id, customer.c.erased_at.is_(None), *conditions)
    total = None if conditions else kept_totals(connection, business.id).customers
    walk = Walk("customers", customer.c.id)
    rows, pagination = read_page(connection, select(customer).where(*own), walk, wanted=wanted, total=total)
    found = as_of(connection, _all_cards(connection, program, [customer_of(row) for row in rows]), now)
    return Page([customer_view(one, program) for one in found], pagination)


def _matching(connection: Connection, search: Search, business: Business) -> list[ColumnElement[bool]]:
    if search.phone is None:
        return []
    forms = forms_of(checked_phone(search.phone, business.country))
    has_it, merged = customer.c.phone.in_(forms), with_merged_phone(connection, business.id, forms)
    return [has_it if merged is None else or_(has_it, customer.c.id == merged)]


def _with_ids(connection: Connection, business: Business, ids: Sequence[int]) -> list[Customer]:
    """The customers with these ids, in order of joining."""
    own = select(customer).where(customer.c.business_id == business.id, customer.c.id.in_(ids))
    return [customer_of(row) for row in connection.execute(own.order_by(customer.c.id))] if ids else []


def as_of(connection: Connection, customers: Sequence[Customer], now: datetime | None) -> list[Customer]:
    """Customers of one shop with the rewards that they have at `now`; None leaves them as they are booked.

    Why: the end of a reward is booked within moments (`upkeep/expiry.py`); what people read does not wait for it.
    """
    holders = [one.id for one in customers if any(held.card.rewards_available for held in one.cards)]
    if now is None or not holders:
        return list(customers)
    found = {one.id: one for one in customers}
    for row in connection.execute(_lapsed(customers[0].business_id, holders, now)):
        found[row.customer_id] = _without(found[row.customer_id], row.program_id, row.lapsed)
    return list(found.values())


def _lapsed(business_id: BusinessId, holders: Sequence[CustomerId], now: datetime) -> Select[Any]:
    """How many rewards of some customers are over, by customer and program.

    Why they are counted out of all that these customers have: with the status as a condition, SQLite would rather read
    all open rewards of the shop.
    """
    over = func.count().filter(reward.c.status == RewardStatus.AVAILABLE.value, reward.c.expires_at <= now)
    theirs = (reward.c.business_id == business_id, reward.c.customer_id.in_(holders))
    counted = select(reward.c.customer_id, reward.c.program_id, over.label("lapsed")).where(*theirs)
    return counted.group_by(reward.c.customer_id, reward.c.program_id).having(over > 0)


def _without(customer: Customer, program_id: int | None, lapsed: int) -> Customer:
    """The customer without some rewards of a program; the card that was at hand still is."""
    turned = customer.turned_to(program_id)
    card = replace(turned.card, rewards_available=turned.card.rewards_available - lapsed)
    return replace(turned, card=card).turned_to(customer.program_id)


def list_transactions(
    connection: Connection, business: Business, ref: CustomerRef, *, wanted: PageRequest
) -> Page[TransactionView]:
    """The ledger of a card, the newest first. Raises CustomerNotFound, PageTooDeep, InvalidCursor."""
    holder = find_customer(connection, business.id, ref)
    own = (transaction.c.business_id == business.id, transaction.c.customer_id == holder.id)
    walk = Walk("transactions", transaction.c.id, newest_first=True)
    found = read_page(connection, select(transaction).where(*own), walk, wanted=wanted, total=holder.entries)
    return page_of(found, lambda row: transaction_view(entry_of(row)))


class RewardSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Which rewards to list: of one customer or all, with one status or any, of one program or any, as of a moment."""

    now: datetime
    customer: CustomerRef | None = None
    status: RewardStatus | None = None
    program_id: int | None = None


def list_rewards(
    connection: Connection, business: Business, search: RewardSearch, *, wanted: PageRequest
) -> Page[RewardView]:
    """Rewards, the newest first. Raises CustomerNotFound, PageTooDeep, InvalidCursor."""
    named = None if search.customer is None else find_customer(connection, business.id, search.customer)
    rows = _rewards(business, search, None if named is None else named.id)
    if search.program_id is not None:
        total = None
    elif named is None:
        total = count_rewards(connection, business.id, search.status, now=search.now)
    else:
        total = connection.execute(select(func.count()).select_from(rows)).scalar_one()
    walk = Walk("rewards", rows.c.id, newest_first=True)
    found = read_page(connection, select(rows), walk, wanted=wanted, total=total)
    return page_of(found, lambda row: reward_view(reward_of(row), search.now))


def _rewards(business: Business, search: RewardSearch, customer_id: int | None) -> Subquery:
    """The rewards to list, of all customers or of one.

    Why a union: rewards that count as expired come from two places, each with its own order. With an OR the database
    would read and sort them all for one page.
    """
    own = [reward.c.business_id == business.id]
    if customer_id is not None:
        own.append(reward.c.customer_id == customer_id)
    if search.program_id is not None:
        own.append(_is_of(business, search.program_id))
    if search.status is None:
        return select(reward).where(*own).subquery()
    first = select(reward).where(*own, _has_status(search.status, search.now))
    if search.status is not RewardStatus.EXPIRED:
        return first.subquery()
    over = and_(reward.c.status == literal_column("'available'"), reward.c.expires_at <= search.now)  # see `analytics`
    return first.union_all(select(reward).where(*own, over)).subquery()


def _is_of(business: Business, program_number: int) -> ColumnElement[bool]:
    """Whether a reward is of the program of that number."""
    return is_of_program(reward.c.program_id, program_named(business.id, program_number))


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """A reward that can be redeemed, whose it is, and of which program: None is the one with which the shop began."""

    customer_id: CustomerId
    customer_name: str
    description: str
    earned_at: datetime
    expires_at: datetime | None
    program_id: int | None


def list_owed(
    connection: Connection, business: Business, *, now: datetime, wanted: PageRequest, of_program: int | None = None
) -> Page[Owed]:
    """What a business owes: the available rewards, the oldest first; perhaps those of the program of that number.

    Raises PageTooDeep, InvalidCursor.
    """
    own = [reward.c.business_id == business.id, _has_status(RewardStatus.AVAILABLE, now)]
    if of_program is not None:
        own.append(_is_of(business, of_program))
    counted = of_program is None
    total = count_rewards(connection, business.id, RewardStatus.AVAILABLE, now=now) if counted else None
    theirs = and_(customer.c.business_id == reward.c.business_id, customer.c.id == reward.c.customer_id)
    named = select(
        reward.c.id,
        reward.c.customer_id,
        reward.c.description,
        reward.c.earned_at,
        reward.c.expires_at,
        reward.c.program_id,
        customer.c.name.label("customer_name"),
    )
    rows = named.join_from(reward, customer, theirs).where(*own)
    found = read_page(connection, rows, Walk("owed", reward.c.id), wanted=wanted, total=total)
    return page_of(found, lambda row: Owed(**{name: getattr(row, name) for name in Owed.__struct_fields__}))


def _has_status(status: RewardStatus, now: datetime) -> ColumnElement[bool]:
    """A reward whose time is over is not available, whether or not it is booked as expired yet."""
    if status is RewardStatus.AVAILABLE:
        return and_(reward.c.status == status.value, or_(reward.c.expires_at.is_(None), reward.c.expires_at > now))
    return reward.c.status == status.value
