"""Giving a stamp: rules, ledger, card, rewards, events, deliveries and totals, in the transaction of a session."""

import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import HTTPException
from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bench.peers.fastapi_shop.models import (
    ApiKey,
    BusinessTotal,
    Customer,
    DailyTotal,
    Delivery,
    Event,
    Program,
    Reward,
    Transaction,
    WebhookEndpoint,
)
from bench.peers.fastapi_shop.schemas import CustomerView, Earned, RewardView, Stamped, StampOrder, Told


async def give_stamp(session: AsyncSession, key: ApiKey, customer_id: int, order: StampOrder) -> Stamped:
    """Stamp a card. Raises 404, 409 or 422."""
    own = select(Customer).where(Customer.id == customer_id, Customer.business_id == key.business_id)
    customer = await session.scalar(own.with_for_update())
    if customer is None:
        raise HTTPException(404, "This customer is not known.")
    now, program = datetime.now(UTC), key.business.program
    check_policies(customer, program, order, now)
    await check_order(session, key, order)
    earned = apply(customer, program, order, now, key.name)
    entry = new_entry(customer, order, now, key)
    session.add(entry)
    await session.flush()
    rewards = [new_reward(entry, program) for _ in range(earned)]
    session.add_all(rewards)
    await session.flush()
    stamped = shown(entry, customer, program, rewards)
    await tell(session, customer, stamped, now)
    await add_totals(session, customer.business_id, now.date(), order.stamps, earned)
    return stamped


def check_policies(customer: Customer, program: Program, order: StampOrder, now: datetime) -> None:
    """Raise 409 if the customer may not get that many stamps now."""
    if customer.last_visit_at is not None and program.cooldown_seconds:
        next_at = _aware(customer.last_visit_at) + timedelta(seconds=program.cooldown_seconds)
        if now < next_at:
            raise HTTPException(409, f"The next stamp is possible at {next_at.isoformat()}.")
    given = customer.day_stamps if customer.day == now.date() else 0
    if program.daily_stamp_cap is not None and given + order.stamps > program.daily_stamp_cap:
        raise HTTPException(409, "This customer has got all stamps of this day.")


async def check_order(session: AsyncSession, key: ApiKey, order: StampOrder) -> None:
    """Raise 409 if that order of the till was stamped before."""
    if order.order_ref is None:
        return
    same = select(Transaction.id).where(
        Transaction.business_id == key.business_id, Transaction.order_ref == order.order_ref
    )
    if await session.scalar(same) is not None:
        raise HTTPException(409, "This order was stamped before.")


def apply(customer: Customer, program: Program, order: StampOrder, now: datetime, by: str) -> int:
    """Change the card. Returns how many rewards it has earned."""
    earned, customer.current_stamps = divmod(customer.current_stamps + order.stamps, program.stamps_required)
    customer.total_stamps += order.stamps
    customer.total_visits += 1
    customer.rewards_earned += earned
    customer.rewards_available += earned
    customer.last_visit_at, customer.last_visit_by = now, by
    customer.day_stamps = order.stamps + (customer.day_stamps if customer.day == now.date() else 0)
    customer.day = now.date()
    customer.updated_at = now
    customer.version += 1
    return earned


def new_entry(customer: Customer, order: StampOrder, now: datetime, key: ApiKey) -> Transaction:
    """The entry of the ledger."""
    return Transaction(
        business_id=customer.business_id,
        customer_id=customer.id,
        type="stamp",
        stamps=order.stamps,
        order_ref=order.order_ref,
        actor_type="api_key",
        actor_id=key.id,
        actor_name=key.name,
        occurred_at=now,
    )


def new_reward(entry: Transaction, program: Program) -> Reward:
    """A reward that the entry has earned."""
    return Reward(
        business_id=entry.business_id,
        customer_id=entry.customer_id,
        transaction_id=entry.id,
        description=program.reward_description,
        status="available",
        earned_at=entry.occurred_at,
    )


def shown(entry: Transaction, customer: Customer, program: Program, rewards: list[Reward]) -> Stamped:
    """The answer to the till."""
    return Stamped(
        transaction_id=entry.id,
        stamps_added=entry.stamps,
        current_stamps=customer.current_stamps,
        stamps_required=program.stamps_required,
        total_stamps=customer.total_stamps,
        reward_earned=bool(rewards),
        rewards=[RewardView.model_validate(reward) for reward in rewards],
        customer=CustomerView.model_validate(customer),
    )


async def tell(session: AsyncSession, customer: Customer, stamped: Stamped, now: datetime) -> None:
    """Write the events, and a delivery of each for every endpoint that wants it."""
    told: list[tuple[str, BaseModel]] = [("stamp.added", stamped)]
    told += [("reward.earned", Earned(reward=reward, customer=stamped.customer)) for reward in stamped.rewards]
    own = select(WebhookEndpoint).where(WebhookEndpoint.business_id == customer.business_id, WebhookEndpoint.active)
    endpoints = (await session.scalars(own)).all()
    for kind, data in told:
        event = new_event(customer, kind, data, now)
        session.add(event)
        wanting = (endpoint for endpoint in endpoints if kind in endpoint.events.split())
        session.add_all([new_delivery(event, endpoint, now) for endpoint in wanting])


def new_event(customer: Customer, kind: str, data: BaseModel, now: datetime) -> Event:
    """An event, encoded once."""
    return Event(
        id=f"msg_{int(now.timestamp() * 1000):012x}{secrets.token_hex(8)}",
        business_id=customer.business_id,
        type=kind,
        customer_id=customer.id,
        body=Told(type=kind, timestamp=now, data=data).model_dump_json().encode(),
        created_at=now,
    )


def new_delivery(event: Event, endpoint: WebhookEndpoint, now: datetime) -> Delivery:
    """A delivery that is due now."""
    return Delivery(
        business_id=event.business_id,
        endpoint_id=endpoint.id,
        event_id=event.id,
        status="queued",
        attempts=0,
        created_at=now,
        next_at=now,
    )


async def add_totals(session: AsyncSession, business_id: int, day: date, stamps: int, earned: int) -> None:
    """Add to the figures of the shop, last of all: the next request waits for these rows."""
    if earned:
        own = update(BusinessTotal).where(BusinessTotal.business_id == business_id)
        await session.execute(own.values(outstanding=BusinessTotal.outstanding + earned))
    await session.flush()
    figures = {"visits": 1, "stamps_added": stamps, "rewards_earned": earned}
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(DailyTotal).values(business_id=business_id, day=day, **figures)
    sums = {name: getattr(DailyTotal, name) + row.excluded[name] for name in figures}
    await session.execute(row.on_conflict_do_update(index_elements=["business_id", "day"], set_=sums))


def _aware(moment: datetime) -> datetime:
    """The moment with its offset, which SQLite drops."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
