"""Rows to structs of the core and back. Nothing is decided here."""

from collections.abc import Sequence
from datetime import UTC
from operator import attrgetter, itemgetter
from typing import Any

from msgspec import json
from msgspec.structs import asdict
from sqlalchemy import Row

from loyalty_app.db.tables import customer
from loyalty_core.access import Role
from loyalty_core.bonus_hours import BonusHours
from loyalty_core.customers import Card, Customer, ProgramCard
from loyalty_core.gifts import BirthdayGift, ReferralGift, WinBack
from loyalty_core.ledger import Actor, ActorType, Entry, EntryType, Gift
from loyalty_core.programs import CardCodes, Surplus, Terms
from loyalty_core.rewards import Reward, RewardStatus
from loyalty_core.search_words import search_text
from loyalty_core.steps import Step

CARD_FIELDS = Card.__struct_fields__
read_steps = json.Decoder(tuple[Step, ...]).decode
read_hours = json.Decoder(tuple[BonusHours, ...]).decode
read_gift = json.Decoder(BirthdayGift).decode
read_win_back = json.Decoder(WinBack).decode
read_referral_gift = json.Decoder(ReferralGift).decode
NOT_OF_THE_ROW = {"card", "program_id", "others"}
OWN_FIELDS = tuple(name for name in Customer.__struct_fields__ if name not in NOT_OF_THE_ROW)
RARE = (
    *("reward_id", "branch_id", "order_ref", "voids", "voided_by", "reason", "code_key", "of_customer", "program_id"),
    *("stamps_voided", "bonus_stamps"),
)
"""The fields that most entries do not have; then they are None, the last two 0."""
rare_values, NULL = attrgetter(*RARE), (None, 0)
NO_RARE = (*[None] * 9, 0, 0)
own_values = itemgetter(*map(customer.c.keys().index, OWN_FIELDS))
card_values = itemgetter(*map(customer.c.keys().index, CARD_FIELDS))


def customer_of(row: Row[Any]) -> Customer:
    """Read a whole row of the table `customer`. The cards of further programs are elsewhere."""
    return Customer(card=Card(*card_values(row)), **dict(zip(OWN_FIELDS, own_values(row), strict=True)))


def customer_row(customer: Customer) -> dict[str, object]:
    """Write a row of the table `customer`."""
    return {
        **card_row(customer),
        "qr_code": customer.qr_code,
        "name": customer.name,
        "phone": customer.phone,
        "email": customer.email,
        "birthday": customer.birthday,
        "birthday_set_at": customer.birthday_set_at,
        "opted_out_at": customer.opted_out_at,
        "search_text": search_text(customer.name, customer.phone, customer.email),
        "created_at": customer.created_at.astimezone(UTC),
        "erased_at": customer.erased_at,
        "merged_into": customer.merged_into,
    }


def card_row(customer: Customer) -> dict[str, object]:
    """The columns of the table `customer` that a change of the card alone writes."""
    return {
        "business_id": customer.business_id,
        "id": customer.id,
        "updated_at": customer.updated_at,
        "version": customer.version,
        "entries": customer.entries,
        **asdict(customer.card_of(None) or Card()),
    }


def program_card_of(row: Row[Any]) -> tuple[int, int, ProgramCard]:
    """Read a whole row of the table `card`: the business, the customer, and the card.

    The last columns are the fields of a card, in their order.
    """
    values: Sequence[Any] = row[:]
    return values[0], values[1], ProgramCard(values[2], Card(*values[3:]))


def program_card_row(customer: Customer, held: ProgramCard) -> dict[str, object]:
    """Write a row of the table `card`."""
    own = {"business_id": customer.business_id, "customer_id": customer.id, "program_id": held.program_id}
    return {**own, **asdict(held.card)}


def entry_of(row: Row[Any]) -> Entry:
    """Read a row of the table `transaction`."""
    return Entry(
        id=row.id,
        business_id=row.business_id,
        customer_id=row.customer_id,
        type=EntryType(row.type),
        actor=Actor(ActorType(row.actor_type), row.actor_id, row.actor_name),
        occurred_at=row.occurred_at,
        program_version=row.program_version,
        stamps=row.stamps,
        reward_id=row.reward_id,
        branch_id=row.branch_id,
        order_ref=row.order_ref,
        voids=row.voids,
        voided_by=row.voided_by,
        reason=row.reason,
        code_key=row.code_key,
        stamps_voided=row.stamps_voided or 0,
        of_customer=row.of_customer,
        bonus_stamps=row.bonus_stamps or 0,
        occasion=row.occasion and Gift(row.occasion),
        program_id=row.program_id,
    )


def entry_row(entry: Entry) -> dict[str, object]:
    """Write a row of the table `transaction`, without what is NULL: that is nearly all of most entries."""
    row: dict[str, object] = {
        "business_id": entry.business_id,
        "id": entry.id,
        "customer_id": entry.customer_id,
        "type": entry.type.value,
        "stamps": entry.stamps,
        "actor_type": entry.actor.type.value,
        "actor_id": entry.actor.id,
        "actor_name": entry.actor.name,
        "occurred_at": entry.occurred_at,
        "program_version": entry.program_version,
    }
    if (rare := rare_values(entry)) != NO_RARE:
        row |= {name: value for name, value in zip(RARE, rare, strict=True) if value not in NULL}
    if entry.occasion is not None:
        row["occasion"] = entry.occasion.value
    return row


def staff_actor(row: Row[Any]) -> Actor:
    """Read a row of the table `staff` as an actor."""
    return Actor(ActorType.STAFF, row.id, row.name, Role(row.role))


def reward_of(row: Row[Any]) -> Reward:
    """Read a row of the table `reward`."""
    return Reward(
        id=row.id,
        business_id=row.business_id,
        customer_id=row.customer_id,
        transaction_id=row.transaction_id,
        description=row.description,
        earned_at=row.earned_at,
        expires_at=row.expires_at,
        status=RewardStatus(row.status),
        redeemed_at=row.redeemed_at,
        of_customer=row.of_customer,
        of_transaction=row.of_transaction,
        program_id=row.program_id,
    )


def reward_row(reward: Reward) -> dict[str, object]:
    """Write a row of the table `reward`."""
    return {
        "business_id": reward.business_id,
        "id": reward.id,
        "customer_id": reward.customer_id,
        "transaction_id": reward.transaction_id,
        "description": reward.description,
        "status": reward.status.value,
        "earned_at": reward.earned_at,
        "redeemed_at": reward.redeemed_at,
        "expires_at": reward.expires_at,
        "of_customer": reward.of_customer,
        "of_transaction": reward.of_transaction,
        "program_id": reward.program_id,
    }


def terms_of(row: Row[Any]) -> Terms:
    """Read a row of the table `program` or `program_terms`."""
    return Terms(
        version=row.version,
        stamps_required=row.stamps_required,
        reward_description=row.reward_description,
        updated_at=row.updated_at,
        surplus=Surplus(row.surplus),
        cooldown_seconds=row.cooldown_seconds,
        daily_stamp_cap=row.daily_stamp_cap,
        reward_valid_days=row.reward_valid_days,
        card_codes=CardCodes(row.card_codes),
        reward_cost=row.reward_cost,
        currency=row.currency,
        steps=read_steps(row.steps) if row.steps else (),
        opening_stamps=row.opening_stamps,
        bonus_hours=read_hours(row.bonus_hours) if row.bonus_hours else (),
        birthday=read_gift(row.birthday) if row.birthday else None,
        win_back=read_win_back(row.win_back) if row.win_back else None,
        referral=read_referral_gift(row.referral) if row.referral else None,
    )


def program_row(business_id: int, terms: Terms) -> dict[str, object]:
    """Write a row of the table `program`."""
    return {
        "business_id": business_id,
        **asdict(terms),
        "surplus": terms.surplus.value,
        "card_codes": terms.card_codes.value,
        "steps": json.encode(terms.steps).decode() if terms.steps else None,
        "bonus_hours": json.encode(terms.bonus_hours).decode() if terms.bonus_hours else None,
        "birthday": json.encode(terms.birthday).decode() if terms.birthday else None,
        "win_back": json.encode(terms.win_back).decode() if terms.win_back else None,
        "referral": json.encode(terms.referral).decode() if terms.referral else None,
    }
