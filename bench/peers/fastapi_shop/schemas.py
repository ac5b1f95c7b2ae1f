"""Pydantic models of requests and answers."""

from datetime import date, datetime
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Data = TypeVar("Data")


class StampOrder(BaseModel):
    """An order to stamp a card."""

    model_config = ConfigDict(extra="forbid")

    stamps: int = Field(default=1, ge=1, le=10)
    order_ref: str | None = Field(default=None, min_length=1, max_length=100)


class RewardView(BaseModel):
    """A reward."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    customer_id: int
    description: str
    status: str
    earned_at: datetime


class CustomerView(BaseModel):
    """A customer with their card."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    qr_code: str
    name: str
    phone: str | None
    email: str | None
    birthday: date | None
    current_stamps: int
    total_stamps: int
    total_visits: int
    rewards_earned: int
    rewards_available: int
    last_visit_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


class Stamped(BaseModel):
    """The outcome of a stamp."""

    transaction_id: int
    stamps_added: int
    current_stamps: int
    stamps_required: int
    total_stamps: int
    reward_earned: bool
    rewards: list[RewardView]
    customer: CustomerView


class Earned(BaseModel):
    """A reward and its owner."""

    reward: RewardView
    customer: CustomerView


class Told(BaseModel, Generic[Data]):
    """The body of an event."""

    type: str
    timestamp: datetime
    data: Data


class Envelope(BaseModel, Generic[Data]):
    """An answer."""

    data: Data
