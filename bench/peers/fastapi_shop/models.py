"""The tables, as SQLAlchemy's ORM declares them; names and indexes are those of the project it is compared with."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

BigId = BigInteger().with_variant(Integer, "sqlite")
Moment = DateTime(timezone=True)


class Model(DeclarativeBase):
    """The base of all tables."""


class Business(Model):
    """A shop, with the terms of its card."""

    __tablename__ = "business"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    plan: Mapped[str] = mapped_column(String(16))
    rate_limit: Mapped[int]
    program: Mapped["Program"] = relationship(back_populates="business")


class BusinessTotal(Model):
    """What a shop owes."""

    __tablename__ = "business_total"

    business_id: Mapped[int] = mapped_column(BigId, ForeignKey("business.id"), primary_key=True)
    customers: Mapped[int] = mapped_column(BigInteger, default=0)
    outstanding: Mapped[int] = mapped_column(BigInteger, default=0)


class Program(Model):
    """The rules of a card."""

    __tablename__ = "program"

    business_id: Mapped[int] = mapped_column(BigId, ForeignKey("business.id"), primary_key=True)
    stamps_required: Mapped[int]
    reward_description: Mapped[str] = mapped_column(Text)
    cooldown_seconds: Mapped[int] = mapped_column(default=0)
    daily_stamp_cap: Mapped[int | None]
    business: Mapped[Business] = relationship(back_populates="program")


class ApiKey(Model):
    """A key of a till; its text is not kept."""

    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    business_id: Mapped[int] = mapped_column(BigId, ForeignKey("business.id"))
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    name: Mapped[str] = mapped_column(Text)
    scopes: Mapped[str] = mapped_column(Text)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    business: Mapped[Business] = relationship()


class Customer(Model):
    """A customer and their card."""

    __tablename__ = "customer"
    __table_args__ = (
        UniqueConstraint("business_id", "phone"),
        Index("ix_customer_business_id_day", "business_id", "day"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    business_id: Mapped[int] = mapped_column(BigId, ForeignKey("business.id"))
    qr_code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(Text)
    birthday: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1)
    current_stamps: Mapped[int] = mapped_column(default=0)
    total_stamps: Mapped[int] = mapped_column(default=0)
    total_visits: Mapped[int] = mapped_column(default=0)
    rewards_earned: Mapped[int] = mapped_column(default=0)
    rewards_available: Mapped[int] = mapped_column(default=0)
    last_visit_at: Mapped[datetime | None] = mapped_column(Moment)
    last_visit_by: Mapped[str | None] = mapped_column(Text)
    day: Mapped[date | None]
    day_stamps: Mapped[int] = mapped_column(default=0)


class Transaction(Model):
    """An entry of the ledger."""

    __tablename__ = "transaction"
    __table_args__ = (
        Index("ix_transaction_business_id_customer_id_id", "business_id", "customer_id", "id"),
        Index(
            "uq_transaction_order_ref",
            "business_id",
            "order_ref",
            unique=True,
            sqlite_where=text("order_ref IS NOT NULL"),
            postgresql_where=text("order_ref IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    business_id: Mapped[int] = mapped_column(BigId)
    customer_id: Mapped[int] = mapped_column(BigId, ForeignKey("customer.id"))
    type: Mapped[str] = mapped_column(String(8))
    stamps: Mapped[int]
    order_ref: Mapped[str | None] = mapped_column(Text)
    actor_type: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str | None] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(Moment)


class Reward(Model):
    """A reward that a full card has earned."""

    __tablename__ = "reward"
    __table_args__ = (
        Index("ix_reward_business_id_customer_id_id", "business_id", "customer_id", "id"),
        Index("ix_reward_business_id_status_id", "business_id", "status", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    business_id: Mapped[int] = mapped_column(BigId)
    customer_id: Mapped[int] = mapped_column(BigId, ForeignKey("customer.id"))
    transaction_id: Mapped[int] = mapped_column(BigId)
    description: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16), default="available")
    earned_at: Mapped[datetime] = mapped_column(Moment)


class Idempotency(Model):
    """An answer that was given under an idempotency key."""

    __tablename__ = "idempotency"

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    customer_id: Mapped[int] = mapped_column(BigId)
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment)


class Event(Model):
    """An event for integrators."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_business_id_customer_id", "business_id", "customer_id"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    business_id: Mapped[int] = mapped_column(BigId)
    type: Mapped[str] = mapped_column(String(32))
    customer_id: Mapped[int] = mapped_column(BigId)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment)


class WebhookEndpoint(Model):
    """The address of an integrator's endpoint."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (Index("ix_webhook_endpoint_business_id", "business_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    business_id: Mapped[int] = mapped_column(BigId, ForeignKey("business.id"))
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True)


class Delivery(Model):
    """An event on its way to an endpoint."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_business_id_endpoint_id_id", "business_id", "endpoint_id", "id"),
        Index("ix_delivery_business_id_event_id", "business_id", "event_id"),
        Index(
            "ix_delivery_queue",
            "next_at",
            sqlite_where=text("status = 'queued'"),
            postgresql_where=text("status = 'queued'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    business_id: Mapped[int] = mapped_column(BigId)
    endpoint_id: Mapped[int] = mapped_column(BigId)
    event_id: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(16), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Moment)
    next_at: Mapped[datetime] = mapped_column(Moment)


class DailyTotal(Model):
    """What happened in a shop on a day."""

    __tablename__ = "daily_total"

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    visits: Mapped[int]
    stamps_added: Mapped[int]
    rewards_earned: Mapped[int]
