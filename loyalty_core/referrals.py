"""Referrals: who brought whom along, and what the shop gives for it.

The rules, in words:
- A person who joins by the link of a friend is brought along by that customer, if the shop gives something for it then,
  and if they never had a card of the shop in this Telegram account. The new card has the gift from the beginning.
- At the first visit of the friend, of whichever program, the other gets a gift, as the shop gives it then: once for
  each friend, and so often in a calendar month of the shop at most. What is above that is not made up for later.
- Nobody brings themselves: there is no gift if both turned out to be one customer, if the friend had a card of the
  shop before after all, or if one of them is no customer any more.
- What was given stays, also if the visit is undone. The next one brings no second gift.

How much that is, is in `gifts`; how it comes onto a card, in `giving` and `joining`. Links are not known here.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from loyalty_core.changes import Change, Occasion
from loyalty_core.customers import Customer
from loyalty_core.giving import give
from loyalty_core.ledger import Entry, Gift
from loyalty_core.outcomes import Stamped
from loyalty_core.programs import Program


class ReferralResult(StrEnum):
    """What came of a referral: whether the customer who brought the friend had a gift, and why not."""

    THANKED = "thanked"
    CAPPED = "capped"
    OFF = "off"
    REFUSED = "refused"


class Referral(msgspec.Struct, frozen=True, kw_only=True):
    """Customer `customer_id` was brought along by `referrer_id`. It waits for the first visit until it has a `result`.

    `transaction_id` is the entry of the gift for the customer who brought them.
    """

    business_id: int
    customer_id: int
    referrer_id: int
    referred_at: datetime
    result: ReferralResult | None = None
    ended_at: datetime | None = None
    transaction_id: int | None = None


class Settled(NamedTuple):
    """A referral that has come to its end, and the gift, if there is one."""

    referral: Referral
    change: Change[Stamped] | None = None


def can_be_brought(referrer: Customer | None, program: Program, *, had_card: bool) -> bool:
    """Whether somebody who joins now is brought along by a customer; `had_card` is whether they ever had a card."""
    return is_customer(referrer) and program.terms.referral is not None and not had_card


def has_referrals(program: Program) -> bool:
    """Whether the shop of a program gives something for friends, or ever did."""
    return any(terms.referral is not None for one in program.all_of_shop for terms in one.versions)


def is_customer(customer: Customer | None) -> bool:
    """Whether somebody is a customer, and not erased."""
    return customer is not None and customer.erased_at is None


def visits_of(customer: Customer) -> int:
    """The visits of a customer, of all programs."""
    return sum(held.card.total_visits for held in customer.cards)


def settle(
    referral: Referral,
    friend: Customer | None,
    referrer: Customer | None,
    *,
    program: Program,
    entries: Iterable[Entry],
    at: Occasion,
) -> Settled | None:
    """End a referral; None as long as there was no visit, or once it has ended.

    `friend` and `referrer` are as they are now, after merges; `program` is the main one, whose card the referrer has at
    hand; `entries` are those of all cards of the referrer.
    """
    if referral.result is not None:
        return None
    if friend is None or referrer is None or _is_void(referral, friend, referrer):
        return _ended(referral, ReferralResult.REFUSED, at)
    if not visits_of(friend):
        return None
    gift = program.terms.referral
    if gift is None:
        return _ended(referral, ReferralResult.OFF, at)
    if thanks_in_month(entries, at.now) >= gift.monthly_cap:
        return _ended(referral, ReferralResult.CAPPED, at)
    change = give(referrer, program, Gift.REFERRAL, at=at)
    return _ended(referral, ReferralResult.THANKED, at, change)


def _is_void(referral: Referral, friend: Customer, referrer: Customer) -> bool:
    """Whether nobody was brought along: both are one, the friend had a card before, or somebody is erased."""
    gone = not (is_customer(friend) and is_customer(referrer))
    return gone or friend.id == referrer.id or friend.created_at < referral.referred_at


def thanks_in_month(entries: Iterable[Entry], now: datetime) -> int:
    """How many gifts for friends there were in the month of `now`, by its time zone."""
    given = (entry.occurred_at.astimezone(now.tzinfo) for entry in entries if entry.is_thanks)
    return sum((moment.year, moment.month) == (now.year, now.month) for moment in given)


def _ended(referral: Referral, result: ReferralResult, at: Occasion, change: Change[Stamped] | None = None) -> Settled:
    number = change.answer.transaction_id if change else None
    return Settled(msgspec.structs.replace(referral, result=result, ended_at=at.now, transaction_id=number), change)
