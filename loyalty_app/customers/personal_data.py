"""Personal data: what a shop stores about one customer, for the customer to read and take along.

The names of staff who did something are not the customer's data, and stay in the shop.
"""

from datetime import date, datetime

import msgspec
from sqlalchemy import Connection, Select, func, or_, select

from loyalty_app.counter.orders import CustomerRef
from loyalty_app.customers.lists import as_of, find_customer
from loyalty_app.db.engine import Database
from loyalty_app.db.rows import entry_of, reward_of
from loyalty_app.db.tables import referral, reward, telegram_card, transaction
from loyalty_app.shops.businesses import find_business
from loyalty_app.shops.programs import read_program
from loyalty_core.fields import BotId, BusinessId, CustomerId, UserId
from loyalty_core.ledger import ActorType, Entry, EntryType, Gift
from loyalty_core.rewards import Reward, RewardStatus
from loyalty_core.views import CardView, CustomerView, customer_view, program_number

RECENT = 10
MADE = ("by", "program_id")
"""What is not shown of an entry or a reward as it is kept."""


class OwnProfile(msgspec.Struct, frozen=True):
    """What the shop knows of the person; `opted_out` is that they want no more messages to many."""

    name: str
    phone: str | None
    email: str | None
    birthday: date | None
    joined_at: datetime
    updated_at: datetime
    opted_out: bool


class OwnCard(msgspec.Struct, frozen=True):
    """The code, and the state of the main program's card."""

    qr_code: str
    current_stamps: int
    stamps_required: int
    total_stamps: int
    total_visits: int
    rewards_earned: int
    rewards_available: int
    last_visit_at: datetime | None


class OwnReward(msgspec.Struct, frozen=True):
    """A reward in any status; `program_id` is the number of the program of its card."""

    id: int
    description: str
    status: RewardStatus
    earned_at: datetime
    redeemed_at: datetime | None
    expires_at: datetime | None
    program_id: int


class OwnEntry(msgspec.Struct, frozen=True):
    """A line of the ledger; `by` is the type of the actor, `program_id` the number of the program of its card.

    `bonus_stamps` are those of the stamps that were a gift, `occasion` says of what. `stamps_voided` are those that
    were undone without the rest.
    """

    id: int
    type: EntryType
    stamps: int
    occurred_at: datetime
    by: ActorType
    reward_id: int | None
    order_ref: str | None
    voided_by: int | None
    voids: int | None
    reason: str | None
    program_id: int
    bonus_stamps: int
    occasion: Gift | None
    stamps_voided: int


class OwnHistory(msgspec.Struct, frozen=True):
    """The whole ledger of all cards and all rewards, the oldest first."""

    transactions: tuple[OwnEntry, ...]
    rewards: tuple[OwnReward, ...]


class OwnChat(msgspec.Struct, frozen=True):
    """A chat in which the card hangs, by Telegram's ids."""

    bot_id: BotId
    user_id: UserId
    news_muted: bool
    since: datetime


class OwnReferrals(msgspec.Struct, frozen=True):
    """The customer who brought the person along, and how many friends they brought."""

    referred_by: int | None
    friends: int


class StoredData(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one shop stores about one person. `cards` are those of all programs, the main one's first."""

    made_at: datetime
    shop: str
    profile: OwnProfile
    card: OwnCard
    cards: tuple[CardView, ...]
    chats: tuple[OwnChat, ...]
    referrals: OwnReferrals
    history: OwnHistory


class Deed(msgspec.Struct, frozen=True):
    """An entry, and the text of the reward that it is about, or that it gives."""

    entry: Entry
    reward: str | None


def own_profile(customer: CustomerView, *, opted_out: bool) -> OwnProfile:
    """What the shop knows of a customer."""
    seen = customer
    return OwnProfile(seen.name, seen.phone, seen.email, seen.birthday, seen.created_at, seen.updated_at, opted_out)


def own_card(customer: CustomerView) -> OwnCard:
    """The state of a customer's card."""
    return OwnCard(**{name: getattr(customer, name) for name in OwnCard.__struct_fields__})


def own_history(connection: Connection, customer: CustomerView, business_id: BusinessId) -> OwnHistory:
    """The whole history of a customer."""
    entries = connection.execute(_ledger(business_id, customer.id).order_by(transaction.c.id)).all()
    rewards = connection.execute(_rewards(business_id, customer.id).order_by(reward.c.id)).all()
    return OwnHistory(
        tuple(_own_entry(entry_of(row)) for row in entries), tuple(_own_reward(reward_of(row)) for row in rewards)
    )


async def show_data(database: Database, business_id: BusinessId, ref: CustomerRef, *, now: datetime) -> StoredData:
    """Everything that is stored about one customer of a business. Raises CustomerNotFound, InvalidRequest."""
    return await database.read(lambda connection: stored_data(connection, business_id, ref, now=now))


def stored_data(connection: Connection, business_id: BusinessId, ref: CustomerRef, *, now: datetime) -> StoredData:
    """The same within the caller's snapshot."""
    shop = find_business(connection, business_id)
    [found] = as_of(connection, [find_customer(connection, business_id, ref)], now)
    seen = customer_view(found, read_program(connection, business_id))
    own = (telegram_card.c.business_id == business_id, telegram_card.c.customer_id == found.id)
    rows = connection.execute(select(telegram_card).where(*own).order_by(telegram_card.c.created_at)).all()
    return StoredData(
        made_at=now,
        shop=shop.name,
        profile=own_profile(seen, opted_out=found.opted_out_at is not None),
        card=own_card(seen),
        cards=seen.cards or (),
        referrals=_referrals_of(connection, business_id, found.id),
        chats=tuple(OwnChat(row.bot_id, row.user_id, row.muted, row.created_at) for row in rows),
        history=own_history(connection, seen, business_id),
    )


def _referrals_of(connection: Connection, business_id: BusinessId, customer_id: CustomerId) -> OwnReferrals:
    own = referral.c.business_id == business_id
    by = connection.scalar(select(referral.c.referrer_id).where(own, referral.c.customer_id == customer_id))
    friends = select(func.count()).where(own, referral.c.referrer_id == customer_id)
    return OwnReferrals(by, connection.execute(friends).scalar_one())


def last_deeds(connection: Connection, business_id: BusinessId, customer_id: CustomerId) -> list[Deed]:
    """The last ten entries of a card, the newest first. Undos are left out: `voided_by` shows them."""
    done = _ledger(business_id, customer_id).where(transaction.c.type != EntryType.VOID.value)
    entries = [entry_of(row) for row in connection.execute(done.order_by(transaction.c.id.desc()).limit(RECENT))]
    named = [entry.reward_id for entry in entries if entry.reward_id is not None]
    given = [entry.id for entry in entries if entry.is_reward]
    about = or_(reward.c.id.in_(named), reward.c.transaction_id.in_(given))
    rows = connection.execute(_rewards(business_id, customer_id).where(about)).all() if named or given else []
    texts = {row.id: row.description for row in rows}
    gifts = {row.transaction_id: row.description for row in rows}
    return [Deed(one, gifts.get(one.id) if one.is_reward else texts.get(one.reward_id)) for one in entries]


def _ledger(business_id: BusinessId, customer_id: CustomerId) -> Select[tuple[object, ...]]:
    own = (transaction.c.business_id == business_id, transaction.c.customer_id == customer_id)
    return select(transaction).where(*own)


def _rewards(business_id: BusinessId, customer_id: CustomerId) -> Select[tuple[object, ...]]:
    return select(reward).where(reward.c.business_id == business_id, reward.c.customer_id == customer_id)


def _own_entry(entry: Entry) -> OwnEntry:
    plain = {name: getattr(entry, name) for name in OwnEntry.__struct_fields__ if name not in MADE}
    return OwnEntry(**plain, by=entry.actor.type, program_id=program_number(entry.business_id, entry.program_id))


def _own_reward(kept: Reward) -> OwnReward:
    plain = {name: getattr(kept, name) for name in OwnReward.__struct_fields__ if name not in MADE}
    return OwnReward(**plain, program_id=program_number(kept.business_id, kept.program_id))
