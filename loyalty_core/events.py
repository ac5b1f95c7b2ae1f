"""Events: what integrators are told, as tagged structs whose tag is the name on the wire.

Encoded, an event is the body of a webhook: {"type", "timestamp", "data"}. Sending is not done here.
"""

from datetime import datetime
from typing import get_args

import msgspec

from loyalty_core.outcomes import Erased, Merged, Redeemed, Stamped, Unmerged, Voided
from loyalty_core.views import CustomerView, RewardView


class CustomerEventData(msgspec.Struct, frozen=True):
    """Data about one customer."""

    customer: CustomerView


class OfProfile(msgspec.Struct, frozen=True):
    """Data about a profile: the customer, and the names of the fields that changed."""

    customer: CustomerView
    changed: tuple[str, ...]


class OfReward(msgspec.Struct, frozen=True):
    """Data about one reward and its owner."""

    reward: RewardView
    customer: CustomerView


class CustomerCreated(msgspec.Struct, frozen=True, tag_field="type", tag="customer.created"):
    """New customer joined."""

    timestamp: datetime
    data: CustomerEventData


class CustomerUpdated(msgspec.Struct, frozen=True, tag_field="type", tag="customer.updated"):
    """Customer profile updated."""

    timestamp: datetime
    data: OfProfile


class CustomerDeleted(msgspec.Struct, frozen=True, tag_field="type", tag="customer.deleted"):
    """Customer's personal data erased."""

    timestamp: datetime
    data: Erased


class StampAdded(msgspec.Struct, frozen=True, tag_field="type", tag="stamp.added"):
    """Stamps added to a customer."""

    timestamp: datetime
    data: Stamped


class RewardEarned(msgspec.Struct, frozen=True, tag_field="type", tag="reward.earned"):
    """A card became full and a reward was issued."""

    timestamp: datetime
    data: OfReward


class RewardRedeemed(msgspec.Struct, frozen=True, tag_field="type", tag="reward.redeemed"):
    """Customer redeemed a reward."""

    timestamp: datetime
    data: Redeemed


class OfTest(msgspec.Struct, frozen=True):
    """Data of a test: the endpoint that is tested."""

    webhook_id: int


class WebhookTest(msgspec.Struct, frozen=True, tag_field="type", tag="webhook.test"):
    """Somebody wants to see whether an endpoint works."""

    timestamp: datetime
    data: OfTest


class TransactionVoided(msgspec.Struct, frozen=True, tag_field="type", tag="transaction.voided"):
    """A stamp or redemption was undone."""

    timestamp: datetime
    data: Voided


class CustomerMerged(msgspec.Struct, frozen=True, tag_field="type", tag="customer.merged"):
    """Two customers became one."""

    timestamp: datetime
    data: Merged


class CustomerUnmerged(msgspec.Struct, frozen=True, tag_field="type", tag="customer.unmerged"):
    """A merge was taken back."""

    timestamp: datetime
    data: Unmerged


Event = (
    CustomerCreated
    | CustomerUpdated
    | CustomerDeleted
    | CustomerMerged
    | CustomerUnmerged
    | StampAdded
    | RewardEarned
    | RewardRedeemed
    | TransactionVoided
    | WebhookTest
)


EVENT_TYPES = tuple(str(kind.__struct_config__.tag) for kind in get_args(Event))
"""The names of all events on the wire."""


def event_type(event: Event) -> str:
    """The name of an event on the wire, as stamp.added."""
    return str(event.__struct_config__.tag)
