"""The tables, as Django declares them; names and indexes are those of the project that it is compared with."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Business(models.Model):
    """A shop."""

    name = models.TextField()
    plan = models.CharField(max_length=16)
    rate_limit = models.IntegerField()

    class Meta:
        """Its table."""

        db_table = "business"


class BusinessTotal(models.Model):
    """What a shop owes."""

    business = models.OneToOneField(Business, models.CASCADE, primary_key=True)
    customers = models.BigIntegerField(default=0)
    outstanding = models.BigIntegerField(default=0)

    class Meta:
        """Its table."""

        db_table = "business_total"


class Program(models.Model):
    """The rules of a card."""

    business = models.OneToOneField(Business, models.CASCADE, primary_key=True, related_name="program")
    stamps_required = models.IntegerField()
    reward_description = models.TextField()
    cooldown_seconds = models.IntegerField(default=0)
    daily_stamp_cap = models.IntegerField(null=True)

    class Meta:
        """Its table."""

        db_table = "program"


class ApiKey(models.Model):
    """A key of a till; its text is not kept."""

    business = models.ForeignKey(Business, models.CASCADE, db_index=False)
    public_id = models.CharField(max_length=16, unique=True)
    digest = models.BinaryField(max_length=32)
    name = models.TextField()
    scopes = models.TextField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        """Its table."""

        db_table = "api_key"


class Customer(models.Model):
    """A customer and their card."""

    business = models.ForeignKey(Business, models.CASCADE, db_index=False)
    qr_code = models.CharField(max_length=16, unique=True)
    name = models.TextField()
    phone = models.CharField(max_length=20, null=True)  # noqa: DJ001  # nobody has an empty number
    email = models.TextField(null=True)  # noqa: DJ001  # the same
    birthday = models.DateField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    version = models.IntegerField(default=1)
    current_stamps = models.IntegerField(default=0)
    total_stamps = models.IntegerField(default=0)
    total_visits = models.IntegerField(default=0)
    rewards_earned = models.IntegerField(default=0)
    rewards_available = models.IntegerField(default=0)
    last_visit_at = models.DateTimeField(null=True)
    last_visit_by = models.TextField(null=True)  # noqa: DJ001  # the same
    day = models.DateField(null=True)
    day_stamps = models.IntegerField(default=0)

    class Meta:
        """Its table."""

        db_table = "customer"
        constraints: ClassVar = [models.UniqueConstraint(fields=["business", "phone"], name="uq_customer_phone")]
        indexes: ClassVar = [models.Index(fields=["business", "day"], name="ix_customer_day")]


class Transaction(models.Model):
    """An entry of the ledger."""

    business = models.ForeignKey(Business, models.CASCADE, db_index=False, db_constraint=False)
    customer = models.ForeignKey(Customer, models.CASCADE, db_index=False)
    type = models.CharField(max_length=8)
    stamps = models.IntegerField()
    order_ref = models.TextField(null=True)  # noqa: DJ001  # the same
    actor_type = models.CharField(max_length=16)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.TextField(null=True)  # noqa: DJ001  # the same
    occurred_at = models.DateTimeField()

    class Meta:
        """Its table."""

        db_table = "transaction"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business", "order_ref"], condition=Q(order_ref__isnull=False), name="uq_transaction_order_ref"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["business", "customer", "id"], name="ix_transaction_customer")]


class Reward(models.Model):
    """A reward that a full card has earned."""

    business = models.ForeignKey(Business, models.CASCADE, db_index=False, db_constraint=False)
    customer = models.ForeignKey(Customer, models.CASCADE, db_index=False)
    transaction_id = models.BigIntegerField()
    description = models.TextField()
    status = models.CharField(max_length=16, default="available")
    earned_at = models.DateTimeField()

    class Meta:
        """Its table."""

        db_table = "reward"
        indexes: ClassVar = [
            models.Index(fields=["business", "customer", "id"], name="ix_reward_customer"),
            models.Index(fields=["business", "status", "id"], name="ix_reward_status"),
        ]


class Idempotency(models.Model):
    """An answer that was given under an idempotency key."""

    business = models.ForeignKey(Business, models.CASCADE, db_index=False, db_constraint=False)
    key = models.TextField()
    fingerprint = models.BinaryField(max_length=32)
    customer_id = models.BigIntegerField()
    answer = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        """Its table."""

        db_table = "idempotency"
        constraints: ClassVar = [models.UniqueConstraint(fields=["business", "key"], name="uq_idempotency_key")]


class Event(models.Model):
    """An event for integrators."""

    id = models.CharField(max_length=40, primary_key=True)
    business = models.ForeignKey(Business, models.CASCADE, db_index=False, db_constraint=False)
    type = models.CharField(max_length=32)
    customer_id = models.BigIntegerField()
    body = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        """Its table."""

        db_table = "event"
        indexes: ClassVar = [models.Index(fields=["business", "customer_id"], name="ix_event_customer")]


class WebhookEndpoint(models.Model):
    """The address of an integrator's endpoint."""

    business = models.ForeignKey(Business, models.CASCADE)
    url = models.TextField()
    events = models.TextField()
    active = models.BooleanField(default=True)

    class Meta:
        """Its table."""

        db_table = "webhook_endpoint"


class Delivery(models.Model):
    """An event on its way to an endpoint."""

    business = models.ForeignKey(Business, models.CASCADE, db_index=False, db_constraint=False)
    endpoint_id = models.BigIntegerField()
    event_id = models.CharField(max_length=40)
    status = models.CharField(max_length=16, default="queued")
    attempts = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    next_at = models.DateTimeField()

    class Meta:
        """Its table."""

        db_table = "delivery"
        indexes: ClassVar = [
            models.Index(fields=["business", "endpoint_id", "id"], name="ix_delivery_endpoint"),
            models.Index(fields=["business", "event_id"], name="ix_delivery_event"),
            models.Index(fields=["next_at"], condition=Q(status="queued"), name="ix_delivery_queue"),
        ]


class DailyTotal(models.Model):
    """What happened in a shop on a day."""

    business = models.ForeignKey(Business, models.CASCADE, db_index=False, db_constraint=False)
    day = models.DateField()
    visits = models.IntegerField(default=0)
    stamps_added = models.IntegerField(default=0)
    rewards_earned = models.IntegerField(default=0)

    class Meta:
        """Its table."""

        db_table = "daily_total"
        constraints: ClassVar = [models.UniqueConstraint(fields=["business", "day"], name="uq_daily_total_day")]
