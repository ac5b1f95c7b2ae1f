"""A class for each event of a webhook, made from the OpenAPI by `make sdks`. Change nothing here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from loyaltyloop import models
from loyaltyloop._model import Model, Models


class Event(Model):
    """What a webhook tells; of a type that this version does not know, `data` is as it came."""

    id: str
    type: str
    timestamp: str
    data: Any

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Event:
        """An event of the class of its type."""
        return EVENTS.get(str(data.get("type")), Event)(data)


class CustomerCreated(Event):
    """Sent to endpoints that chose `customer.created`, signed as Standard Webhooks says."""

    data: models.CustomerCreatedData
    _models: ClassVar[Models] = {"data": lambda: models.CustomerCreatedData}


class CustomerUpdated(Event):
    """Sent to endpoints that chose `customer.updated`, signed as Standard Webhooks says."""

    data: models.CustomerUpdatedData
    _models: ClassVar[Models] = {"data": lambda: models.CustomerUpdatedData}


class CustomerDeleted(Event):
    """Sent to endpoints that chose `customer.deleted`, signed as Standard Webhooks says."""

    data: models.DeletedCustomer
    _models: ClassVar[Models] = {"data": lambda: models.DeletedCustomer}


class CustomerMerged(Event):
    """Sent to endpoints that chose `customer.merged`, signed as Standard Webhooks says."""

    data: models.Merged
    _models: ClassVar[Models] = {"data": lambda: models.Merged}


class CustomerUnmerged(Event):
    """Sent to endpoints that chose `customer.unmerged`, signed as Standard Webhooks says."""

    data: models.Unmerged
    _models: ClassVar[Models] = {"data": lambda: models.Unmerged}


class StampAdded(Event):
    """Sent to endpoints that chose `stamp.added`, signed as Standard Webhooks says."""

    data: models.Stamped
    _models: ClassVar[Models] = {"data": lambda: models.Stamped}


class RewardEarned(Event):
    """Sent to endpoints that chose `reward.earned`, signed as Standard Webhooks says."""

    data: models.RewardEarnedData
    _models: ClassVar[Models] = {"data": lambda: models.RewardEarnedData}


class RewardRedeemed(Event):
    """Sent to endpoints that chose `reward.redeemed`, signed as Standard Webhooks says."""

    data: models.Redeemed
    _models: ClassVar[Models] = {"data": lambda: models.Redeemed}


class TransactionVoided(Event):
    """Sent to endpoints that chose `transaction.voided`, signed as Standard Webhooks says."""

    data: models.Voided
    _models: ClassVar[Models] = {"data": lambda: models.Voided}


class WebhookTest(Event):
    """Sent to endpoints that chose `webhook.test`, signed as Standard Webhooks says."""

    data: models.WebhookTestData
    _models: ClassVar[Models] = {"data": lambda: models.WebhookTestData}


EVENTS: dict[str, type[Event]] = {
    "customer.created": CustomerCreated,
    "customer.updated": CustomerUpdated,
    "customer.deleted": CustomerDeleted,
    "customer.merged": CustomerMerged,
    "customer.unmerged": CustomerUnmerged,
    "stamp.added": StampAdded,
    "reward.earned": RewardEarned,
    "reward.redeemed": RewardRedeemed,
    "transaction.voided": TransactionVoided,
    "webhook.test": WebhookTest,
}
