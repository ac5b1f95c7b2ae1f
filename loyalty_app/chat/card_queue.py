"""The card queue: the cards in chats that are to be shown again, claimed and recorded; and changes to held cards.

The counter decides who holds a card, and marks changed cards as due. What a card looks like is not known here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, and_, bindparam, case, func, null, or_, select, true, update

from loyalty_app.chat.bots import bots_there
from loyalty_app.chat.chats import HeldCard, held_card_of, note_sent
from loyalty_app.db.bulk import Values
from loyalty_app.db.each_shard import ask_each_shard, in_each_shard
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import served
from loyalty_app.db.shards import Shard
from loyalty_app.db.tables import customer, telegram_bot, telegram_card
from loyalty_app.observability.queue_depths import QueueDepth
from loyalty_app.queues.leased_table import NOW, Given, Lease, LeasedTable
from loyalty_core.errors import Busy
from loyalty_core.fields import BotId, BusinessId, ChatId, CustomerId, UserId

LEASE = timedelta(seconds=30)
AGAIN, AT_THE_LATEST = timedelta(seconds=5), timedelta(hours=1)
"""The wait after a failed showing. It doubles each time, up to an hour."""
SECOND = timedelta(seconds=1)
REPAINTED_PER_SECOND = 15
"""Half of what a bot may send. Why: freshly stamped cards need not wait for cards that only change colour."""
KEY = ("business_id", "bot_id", "user_id")
STATE = ("shown_version", "shown_stamps", "shown_rewards", "message_id", "news")
SERVES = (
    select(telegram_bot.c.bot_id)
    .where(
        telegram_bot.c.bot_id == telegram_card.c.bot_id,
        telegram_bot.c.removed_at.is_(None),
        or_(telegram_bot.c.business_id.is_(None), telegram_bot.c.business_id == telegram_card.c.business_id),
    )
    .exists()
)
"""Whether a card's bot still serves its shop; a bot that moved to another shop shows that one's cards only."""


class ShownCard(msgspec.Struct, frozen=True, kw_only=True):
    """The result of showing a card: the message and the state it shows.

    `news` are the messages about it that are in the chat now, as stored. `sent` is the last message sent for it, None
    if none was. `gone` removes the card from the chat, `failed` tries again later. `set_aside` leaves
    the chat as it is until the card changes again. With `again_at` the card is due then, whatever it shows now.
    """

    card: HeldCard
    message_id: int | None = None
    version: int = 0
    stamps: int = 0
    rewards: int = 0
    news: str | None = None
    sent: int | None = None
    gone: bool = False
    failed: bool = False
    set_aside: bool = False
    again_at: datetime | None = None


def cards_of(connection: Connection, bot_id: BotId, user_id: UserId) -> list[HeldCard]:
    """The cards that a person holds in their chat with a bot, the oldest first."""
    alive = and_(customer.c.business_id == telegram_card.c.business_id, customer.c.id == telegram_card.c.customer_id)
    own = (
        select(telegram_card)
        .join(customer, alive)
        .where(telegram_card.c.user_id == user_id, telegram_card.c.bot_id == bot_id, SERVES)
        .where(customer.c.erased_at.is_(None))
        .order_by(telegram_card.c.created_at, telegram_card.c.business_id)
    )
    return [held_card_of(row) for row in connection.execute(own)]


async def held_cards(database: Database, bot_id: BotId, user_id: UserId) -> list[HeldCard]:
    """The same from all machines that answer. Raises Busy if all their cards may be on one that does not."""
    found = await ask_each_shard(database, lambda connection: cards_of(connection, bot_id, user_id))
    return sorted(found, key=lambda card: (card.created_at, card.business_id))


def find_card(connection: Connection, business_id: BusinessId, *, bot_id: BotId, user_id: UserId) -> HeldCard | None:
    """A shop's card that a person holds in their chat with a bot, even if its customer was erased."""
    own = select(telegram_card).where(
        telegram_card.c.business_id == business_id,
        telegram_card.c.bot_id == bot_id,
        telegram_card.c.user_id == user_id,
        SERVES,
    )
    row = connection.execute(own).one_or_none()
    return held_card_of(row) if row is not None else None


def cards_of_customer(connection: Connection, business_id: BusinessId, customer_id: CustomerId) -> list[HeldCard]:
    """All places in which a customer's card hangs, the oldest first."""
    own = (telegram_card.c.business_id == business_id, telegram_card.c.customer_id == customer_id)
    rows = connection.execute(select(telegram_card).where(*own).order_by(telegram_card.c.created_at))
    return [held_card_of(row) for row in rows]


class NameInChat(msgspec.Struct, frozen=True):
    """A card in a chat, the name on it, and the name of the person in Telegram when they were last here."""

    card: HeldCard
    name: str
    telegram_name: str | None


def names_in_chat(connection: Connection, bot_id: BotId, user_id: UserId) -> list[NameInChat]:
    """The names on the cards that a person holds in their chat with a bot, except shops that are or go elsewhere."""
    alive = and_(customer.c.business_id == telegram_card.c.business_id, customer.c.id == telegram_card.c.customer_id)
    own = (telegram_card.c.user_id == user_id, telegram_card.c.bot_id == bot_id, customer.c.erased_at.is_(None))
    here = served(telegram_card)
    rows = connection.execute(select(telegram_card, customer.c.name).join(customer, alive).where(*own, here))
    return [NameInChat(held_card_of(row), row.name, row.telegram_name) for row in rows]


async def note_name(database: Database, card: HeldCard, name: str) -> None:
    """Note the name that the person of a card has in Telegram now."""
    own = [telegram_card.c[name] == getattr(card, name) for name in KEY]
    change = update(telegram_card).where(*own).values(telegram_name=name)
    await database.write(lambda connection: connection.execute(change).close())


async def send_again(database: Database, card: HeldCard, *, now: datetime) -> None:
    """Send a card as a new message at once; the caller has removed the old message.

    If another was sent meanwhile, that one stays.
    """
    own = [telegram_card.c[name] == getattr(card, name) for name in KEY]
    message = telegram_card.c.message_id
    kept = case((message == card.message_id, null()), else_=message)
    change = update(telegram_card).where(*own).values(message_id=kept, due_at=now)
    await database.write(lambda connection: connection.execute(change).close())


async def show_again(database: Database, bot_id: BotId, user_id: UserId, *, now: datetime) -> None:
    """Mark all cards in a chat as due, in place. Why: the person's language changed, or they came back.

    Cards on a machine of a cluster that is away stay as they are until their next change.
    """
    own = update(telegram_card).where(telegram_card.c.bot_id == bot_id, telegram_card.c.user_id == user_id)

    async def mark(shard: Shard | None) -> int:
        return await database.write(lambda connection: connection.execute(own.values(due_at=now)).rowcount, shard=shard)

    try:
        await in_each_shard(database, mark)
    except Busy:
        if len(database.shards) == 1:
            raise


async def mute(database: Database, card: HeldCard, *, muted: bool) -> None:
    """Choose whether the card may bring messages of its own."""
    own = [telegram_card.c[name] == getattr(card, name) for name in KEY]
    change = update(telegram_card).where(*own).values(muted=muted)
    await database.write(lambda connection: connection.execute(change).close())


def repaint(connection: Connection, database: Database, business_id: BusinessId, *, now: datetime) -> None:
    """Mark all cards of a shop as due, within the transaction that changes their look.

    They fall due one after the other, the last changed first.
    """
    held = (
        select(telegram_card.c.business_id, telegram_card.c.bot_id, telegram_card.c.user_id, telegram_card.c.due_at)
        .where(telegram_card.c.business_id == business_id, telegram_card.c.message_id.is_not(None))
        .order_by(telegram_card.c.shown_version.desc(), telegram_card.c.bot_id, telegram_card.c.user_id)
    )
    rows = [
        {
            "business_id": row.business_id,
            "bot_id": row.bot_id,
            "user_id": row.user_id,
            "due_at": now if row.due_at and row.due_at <= now else now + place // REPAINTED_PER_SECOND * SECOND,
        }
        for place, row in enumerate(connection.execute(held))
    ]
    database.update(connection, telegram_card, rows, key=KEY)


class CardQueue:
    """Cards to be shown again by bots that are open here, as a queue; without `open_bots`, by all bots."""

    def __init__(self, open_bots: Callable[[], Iterable[int]] | None = None) -> None:
        self._open_bots = open_bots
        of_bots = true() if open_bots is None else telegram_card.c.bot_id.in_(bindparam("bots", expanding=True))
        due = select(telegram_card).where(telegram_card.c.due_at <= NOW, of_bots, SERVES)
        self.leases = LeasedTable(
            telegram_card,
            key=KEY,
            due=due.order_by(telegram_card.c.due_at),
            lasts=LEASE,
        ).among(telegram_card.c.due_at.is_not(None))

    def _given(self) -> Given:
        return {} if self._open_bots is None else {"bots": list(self._open_bots())}

    def lease_of(self, job: HeldCard) -> Lease:
        """The lease of a card; an unclaimed card gets one that nobody holds."""
        return Lease(job.place, job.lease or "")

    def is_due(self, connection: Connection, now: datetime) -> bool:
        """Whether any card can be shown now."""
        return self.leases.is_due(connection, now, self._given())

    def claim(self, connection: Connection, database: Database, *, now: datetime, room: int) -> list[HeldCard]:
        """Lease at most `room` due cards."""
        rows = self.leases.claim(connection, database, now=now, room=room, given=self._given())
        return [msgspec.structs.replace(held_card_of(row), lease=lease.token) for row, lease in rows]

    def record(self, connection: Connection, database: Database, ended: Sequence[ShownCard], *, now: datetime) -> None:
        """Record what was shown; a card that changed meanwhile stays due.

        A card whose lease is lost, or that is another customer's by now, is left alone.
        """
        leases = {self.lease_of(one.card): one for one in ended}
        for lease, row in self.leases.held(connection, database, leases).items():
            one, current = leases[lease], held_card_of(row)
            if current.customer_id != one.card.customer_id:
                continue
            if one.gone:
                _take_out(connection, current)
            else:
                self.leases.finish(connection, database, {lease: _after(one, current, now)})
            if one.sent is not None:
                with database.beside(connection) as there:
                    note_sent(there, one.card.bot_id, ChatId(one.card.user_id), one.sent)

    def set_aside(self, job: HeldCard, _now: datetime) -> ShownCard:
        """A card that cannot be shown waits for its next change."""
        return ShownCard(card=job, set_aside=True)


def _take_out(connection: Connection, card: HeldCard) -> None:
    own = [telegram_card.c[name] == getattr(card, name) for name in KEY]
    connection.execute(telegram_card.delete().where(*own))


def _after(shown: ShownCard, current: HeldCard, now: datetime) -> Values:
    """What to store; a newer state from another showing is kept."""
    settled = current.due_at is None or current.due_at == shown.card.due_at
    row: Values = {"due_at": shown.again_at if settled else current.due_at, "tries": 0}
    if shown.failed:
        sent = shown.message_id is not None and shown.message_id != shown.card.message_id
        kept = {"news": shown.news, **({"message_id": shown.message_id} if sent else {})}
        return {
            **row,
            **_state(current),
            **kept,
            "due_at": now + _pause(current.tries),
            "tries": current.tries + 1,
        }
    if shown.set_aside or shown.version < current.shown_version:
        return {**row, **_state(current)}
    state = {"shown_version": shown.version, "shown_stamps": shown.stamps, "shown_rewards": shown.rewards}
    return {**row, **state, "message_id": shown.message_id, "news": shown.news}


def _pause(tries: int) -> timedelta:
    return min(AGAIN * (1 << min(tries, 10)), AT_THE_LATEST)


def _state(card: HeldCard) -> dict[str, object]:
    return {name: getattr(card, name) for name in STATE}


async def release(database: Database) -> None:
    """Free all cards. Call it only when no other process is running."""
    leases, waiting = CardQueue().leases, telegram_card.c.due_at.is_not(None)
    for shard in leases.shards(database):
        await database.write(lambda connection: leases.release_all(connection, waiting), shard=shard)


def card_depths(connection: Connection, now: datetime, *, shared_bot: bool = True) -> Iterator[QueueDepth]:
    """How many cards are due in chats with current bots; `shared_bot` as in `update_depths`."""
    card = telegram_card.c
    due = select(func.count()).where(card.due_at <= now, card.bot_id.in_(bots_there(shared=shared_bot)), SERVES)
    count = connection.execute(due).scalar_one()
    yield QueueDepth("loyalty_cards_due", "Cards in chats that are due to be shown again.", count)
