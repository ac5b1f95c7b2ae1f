"""Giving a stamp: rules, ledger, card, rewards, events, deliveries and totals. Called in a transaction."""

import json
import secrets
from datetime import date, datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F
from django.utils import timezone
from rest_framework.exceptions import APIException, NotFound

from bench.peers.django_shop.models import (
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
from bench.peers.django_shop.serializers import CustomerSerializer, RewardSerializer

CARD = [
    "current_stamps",
    "total_stamps",
    "total_visits",
    "rewards_earned",
    "rewards_available",
    "last_visit_at",
    "last_visit_by",
    "day",
    "day_stamps",
    "updated_at",
    "version",
]


class Refused(APIException):
    """The rules do not allow this stamp."""

    status_code = 409


def give_stamp(key: ApiKey, customer_id: int, *, stamps: int, order_ref: str | None) -> dict[str, Any]:
    """Stamp a card. Raises NotFound or Refused."""
    own = Customer.objects.select_for_update().filter(business_id=key.business_id, pk=customer_id)
    customer = own.first()
    if customer is None:
        raise NotFound("This customer is not known.")
    now, program = timezone.now(), key.business.program
    check_policies(customer, program, stamps, now)
    if order_ref and Transaction.objects.filter(business_id=key.business_id, order_ref=order_ref).exists():
        raise Refused("This order was stamped before.")
    earned = apply(customer, program, stamps, now, key.name)
    customer.save(update_fields=CARD)
    entry = Transaction.objects.create(
        business_id=customer.business_id,
        customer=customer,
        type="stamp",
        stamps=stamps,
        order_ref=order_ref,
        actor_type="api_key",
        actor_id=key.pk,
        actor_name=key.name,
        occurred_at=now,
    )
    rewards = [new_reward(entry, program) for _ in range(earned)]
    if rewards:
        Reward.objects.bulk_create(rewards)
    stamped = shown(entry, customer, program, rewards)
    tell(customer, stamped, now)
    add_totals(customer.business_id, now.date(), stamps, earned)
    return stamped


def check_policies(customer: Customer, program: Program, stamps: int, now: datetime) -> None:
    """Raise Refused if the customer may not get that many stamps now."""
    if customer.last_visit_at is not None and program.cooldown_seconds:
        next_at = customer.last_visit_at + timedelta(seconds=program.cooldown_seconds)
        if now < next_at:
            raise Refused(f"The next stamp is possible at {next_at.isoformat()}.")
    given = customer.day_stamps if customer.day == now.date() else 0
    if program.daily_stamp_cap is not None and given + stamps > program.daily_stamp_cap:
        raise Refused("This customer has got all stamps of this day.")


def apply(customer: Customer, program: Program, stamps: int, now: datetime, by: str) -> int:
    """Change the card. Returns how many rewards it has earned."""
    earned, customer.current_stamps = divmod(customer.current_stamps + stamps, program.stamps_required)
    customer.total_stamps += stamps
    customer.total_visits += 1
    customer.rewards_earned += earned
    customer.rewards_available += earned
    customer.last_visit_at, customer.last_visit_by = now, by
    customer.day_stamps = stamps + (customer.day_stamps if customer.day == now.date() else 0)
    customer.day = now.date()
    customer.updated_at = now
    customer.version += 1
    return earned


def new_reward(entry: Transaction, program: Program) -> Reward:
    """A reward that the entry has earned."""
    return Reward(
        business_id=entry.business_id,
        customer_id=entry.customer_id,
        transaction_id=entry.pk,
        description=program.reward_description,
        earned_at=entry.occurred_at,
    )


def shown(entry: Transaction, customer: Customer, program: Program, rewards: list[Reward]) -> dict[str, Any]:
    """The answer to the till."""
    return {
        "transaction_id": entry.pk,
        "stamps_added": entry.stamps,
        "current_stamps": customer.current_stamps,
        "stamps_required": program.stamps_required,
        "total_stamps": customer.total_stamps,
        "reward_earned": bool(rewards),
        "rewards": RewardSerializer(rewards, many=True).data,
        "customer": CustomerSerializer(customer).data,
    }


def tell(customer: Customer, stamped: dict[str, Any], now: datetime) -> None:
    """Write the events, and a delivery of each for every endpoint that wants it."""
    told = [("stamp.added", stamped)]
    told += [("reward.earned", {"reward": reward, "customer": stamped["customer"]}) for reward in stamped["rewards"]]
    events = [new_event(customer, kind, data, now) for kind, data in told]
    Event.objects.bulk_create(events)
    endpoints = WebhookEndpoint.objects.filter(business_id=customer.business_id, active=True)
    Delivery.objects.bulk_create(
        new_delivery(event, endpoint, now)
        for endpoint in endpoints
        for event in events
        if event.type in endpoint.events.split()
    )


def new_event(customer: Customer, kind: str, data: dict[str, Any], now: datetime) -> Event:
    """An event, encoded once."""
    body = {"type": kind, "timestamp": now, "data": data}
    return Event(
        id=f"msg_{int(now.timestamp() * 1000):012x}{secrets.token_hex(8)}",
        business_id=customer.business_id,
        type=kind,
        customer_id=customer.pk,
        body=json.dumps(body, cls=DjangoJSONEncoder).encode(),
        created_at=now,
    )


def new_delivery(event: Event, endpoint: WebhookEndpoint, now: datetime) -> Delivery:
    """A delivery that is due now."""
    return Delivery(
        business_id=event.business_id, endpoint_id=endpoint.pk, event_id=event.pk, created_at=now, next_at=now
    )


def add_totals(business_id: int, day: date, stamps: int, earned: int) -> None:
    """Add to the figures of the shop, last of all: the next request waits for these rows."""
    if earned:
        BusinessTotal.objects.filter(pk=business_id).update(outstanding=F("outstanding") + earned)
    today = DailyTotal.objects.filter(business_id=business_id, day=day)
    figures = {
        "visits": F("visits") + 1,
        "stamps_added": F("stamps_added") + stamps,
        "rewards_earned": F("rewards_earned") + earned,
    }
    if not today.update(**figures):
        DailyTotal.objects.get_or_create(business_id=business_id, day=day)
        today.update(**figures)
