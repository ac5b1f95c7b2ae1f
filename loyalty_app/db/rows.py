"""Rows to structs of the core and back. Nothing is decided here."""

from typing import Any

from sqlalchemy import Row

from loyalty_core.access import Role
from loyalty_core.customers import Card, Customer, search_text
from loyalty_core.ledger import Actor, ActorType, Entry, EntryType
from loyalty_core.programs import Surplus, Terms
from loyalty_core.rewards import Reward, RewardStatus

CARD_FIELDS = Card.__struct_fields__


def customer_of(row: Row[Any]) -> Customer:
    """Read a row of the table `customer`."""
    return Customer(
        id=row.id,
        business_id=row.business_id,
        qr_code=row.qr_code,
        name=row.name,
        phone=row.phone,
        email=row.email,
        birthday=row.birthday,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
        erased_at=row.erased_at,
        card=Card(**{name: getattr(row, name) for name in CARD_FIELDS}),
    )


def customer_row(customer: Customer) -> dict[str, object]:
    """Write a row of the table `customer`."""
    card = customer.card
    return {
        "business_id": customer.business_id,
        "id": customer.id,
        "qr_code": customer.qr_code,
        "name": customer.name,
        "phone": customer.phone,
        "email": customer.email,
        "birthday": customer.birthday,
        "search_text": search_text(customer.name, customer.phone, customer.email),
        "created_at": customer.created_at,
        "updated_at": customer.updated_at,
        "erased_at": customer.erased_at,
        "version": customer.version,
        **{name: getattr(card, name) for name in CARD_FIELDS},
    }


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
    )


def entry_row(entry: Entry) -> dict[str, object]:
    """Write a row of the table `transaction`."""
    return {
        "business_id": entry.business_id,
        "id": entry.id,
        "customer_id": entry.customer_id,
        "type": entry.type.value,
        "stamps": entry.stamps,
        "reward_id": entry.reward_id,
        "branch_id": entry.branch_id,
        "order_ref": entry.order_ref,
        "actor_type": entry.actor.type.value,
        "actor_id": entry.actor.id,
        "actor_name": entry.actor.name,
        "occurred_at": entry.occurred_at,
        "program_version": entry.program_version,
        "voids": entry.voids,
        "voided_by": entry.voided_by,
        "reason": entry.reason,
    }


def staff_actor(row: Row[Any]) -> Actor:
    """Read a row of the table `staff` as who acts."""
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
    }


def terms_of(row: Row[Any]) -> Terms:
    """Read a row of the table `program`."""
    return Terms(
        version=row.version,
        stamps_required=row.stamps_required,
        reward_description=row.reward_description,
        updated_at=row.updated_at,
        surplus=Surplus(row.surplus),
        cooldown_seconds=row.cooldown_seconds,
        daily_stamp_cap=row.daily_stamp_cap,
        reward_valid_days=row.reward_valid_days,
    )
