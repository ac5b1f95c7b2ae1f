"""Card snapshots: everything that a card in a chat is made of, at one moment. How it looks is not known here."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from loyalty_app.chat.card_gifts import GivenGift, gift_rewards, untold_gifts
from loyalty_app.chat.card_news import read_news
from loyalty_app.chat.card_queue import find_card, held_cards
from loyalty_app.chat.chats import HeldCard, find_chat
from loyalty_app.customers.lists import as_of, find_customer
from loyalty_app.customers.shown_cards import CardState, other_cards, program_to_show, shown_view, states_of
from loyalty_app.db.engine import Database
from loyalty_app.db.rows import entry_of, reward_of
from loyalty_app.db.tables import reward, transaction
from loyalty_app.shops.businesses import Business, find_business
from loyalty_app.shops.links import card_link, friend_link
from loyalty_app.shops.looks import ShopLook, read_look
from loyalty_app.shops.programs import program_of
from loyalty_core.customers import Card, Customer
from loyalty_core.errors import CustomerNotFound
from loyalty_core.fields import BotId, BusinessId, ChatId, UserId
from loyalty_core.ledger import EntryType, Gift, apply, dropped_stamps
from loyalty_core.programs import Program, Surplus
from loyalty_core.promises import step_places
from loyalty_core.rewards import Reward, RewardStatus
from loyalty_core.views import CardView, CustomerView, NextReward, main_of, next_reward


class CardSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A card in a chat with everything its message is made of.

    `rewards` are the available ones, the oldest first; `told_rewards` are those that messages about it name, in any
    status. `gifts` are those that the chat was not told of yet, `gift_rewards` the ids of all rewards that are gifts,
    if any was earned since the card was last shown. `dropped` is how many stamps above the goal were dropped when the
    newest reward was earned, if that was since then; `factor` is how many times the newest stamp of the shown card
    counted because of bonus hours, likewise. `steps` are the stamps at which rewards lie on the way, `coming` what is
    earned next. `link` is the content of the QR code; `friend_link` brings friends along, if the shop gives something
    for that. `language` is the chat's, None if unknown. `reachable` is false if the person has blocked the bot;
    `opted_out` says that they want no more messages to many.

    In a shop with several programs, `program` and the stamps of `customer` are those of the card that is shown;
    `others` are the cards beside it, `states` all of them. The rewards are those of all programs.
    """

    card: HeldCard
    business: Business
    look: ShopLook
    program: Program
    customer: CustomerView
    rewards: tuple[Reward, ...]
    gifts: tuple[GivenGift, ...]
    gift_rewards: frozenset[int]
    told_rewards: tuple[Reward, ...]
    dropped: int
    steps: tuple[int, ...]
    coming: NextReward
    link: str
    friend_link: str | None
    language: str | None
    reachable: bool
    opted_out: bool
    others: tuple[CardView, ...] = ()
    states: tuple[CardState, ...] = ()
    factor: int = 1

    @property
    def stamps(self) -> int:
        """The stamps on all cards together, by which a new one is noticed."""
        return sum(state.stamps for state in self.states)

    @property
    def earned(self) -> int:
        """The rewards that all cards together have earned."""
        return sum(state.earned for state in self.states)

    @property
    def title(self) -> str:
        """What the shown program is called."""
        return self.program.title or self.business.name


def look(
    connection: Connection, card: HeldCard, *, now: datetime | None = None, turned_to: int | None = None
) -> CardSnapshot | None:
    """The snapshot of a card at `now`, turned to the program of that number; None if its customer was erased."""
    try:
        [customer] = as_of(connection, [find_customer(connection, card.business_id, card.customer_id)], now)
    except CustomerNotFound:
        return None
    business = find_business(connection, card.business_id)
    program = program_to_show(customer, program_of(connection, business), turned_to)
    view, states = shown_view(customer, program), states_of(customer, program)
    own = customer.card_of(program.id) or Card()
    chat = find_chat(connection, card.bot_id, ChatId(card.user_id))
    return CardSnapshot(
        card=card,
        business=business,
        look=read_look(connection, business),
        program=program,
        customer=view,
        rewards=available_rewards(connection, customer, now) if view.rewards_available else (),
        gifts=untold_gifts(connection, card, now) if now else (),
        gift_rewards=gift_rewards(connection, card) if _has_earned(states, card) else frozenset(),
        told_rewards=_told(connection, card) if card.news else (),
        dropped=_dropped(connection, customer, program) if _has_earned(states, card) else 0,
        steps=step_places(own, program),
        coming=next_reward(own, program),
        link=card_link(connection, card.business_id, customer.qr_code),
        friend_link=friend_link(connection, business.id, customer.qr_code) if main_of(program).terms.referral else None,
        language=chat.language or chat.language_code,
        reachable=chat.blocked_at is None,
        opted_out=customer.opted_out_at is not None,
        others=other_cards(view, program, business.id),
        states=states,
        factor=_factor(connection, customer, program) if _has_more(states, card) else 1,
    )


def _has_more(states: tuple[CardState, ...], card: HeldCard) -> bool:
    """Whether there is more on the cards than when they were last shown, so that there may be news."""
    now = sum(state.earned for state in states), sum(state.stamps for state in states)
    return now > (card.shown_rewards, card.shown_stamps)


def _has_earned(states: tuple[CardState, ...], card: HeldCard) -> bool:
    return sum(state.earned for state in states) > card.shown_rewards


def look_for(
    connection: Connection,
    business_id: BusinessId,
    *,
    bot_id: BotId,
    user_id: UserId,
    now: datetime | None = None,
    turned_to: int | None = None,
) -> CardSnapshot | None:
    """The shop's card that a person holds in their chat with a bot; None if they hold none."""
    card = find_card(connection, business_id, bot_id=bot_id, user_id=user_id)
    return look(connection, card, now=now, turned_to=turned_to) if card is not None else None


async def look_at_all(
    database: Database, bot_id: BotId, user_id: UserId, *, now: datetime | None = None
) -> list[CardSnapshot]:
    """All cards that a person holds in their chat with a bot, the oldest first; those that are away are left out."""
    held = await held_cards(database, bot_id, user_id)

    def look_at(connection: Connection) -> list[CardSnapshot]:
        snapshots = (look(connection, card, now=now) for card in held)
        return [snapshot for snapshot in snapshots if snapshot is not None]

    return await database.read(look_at) if held else []


def available_rewards(connection: Connection, customer: Customer, now: datetime | None) -> tuple[Reward, ...]:
    """The rewards that a customer can redeem at `now`, the oldest first."""
    own = (reward.c.business_id == customer.business_id, reward.c.customer_id == customer.id)
    available = select(reward).where(*own, reward.c.status == RewardStatus.AVAILABLE.value).order_by(reward.c.id)
    rewards = (reward_of(row) for row in connection.execute(available))
    return tuple(one for one in rewards if now is None or not one.lapsed(now))


def _told(connection: Connection, card: HeldCard) -> tuple[Reward, ...]:
    named = {reward_id for news in read_news(card.news) for reward_id in news.reward_ids}
    own = (reward.c.business_id == card.business_id, reward.c.id.in_(named))
    return tuple(reward_of(row) for row in connection.execute(select(reward).where(*own).order_by(reward.c.id)))


def _factor(connection: Connection, customer: Customer, program: Program) -> int:
    """How many times the newest stamp of a program counted. Where there were never bonus hours, nothing is asked."""
    if not any(terms.bonus_hours for terms in program.versions):
        return 1
    own = (transaction.c.business_id == customer.business_id, transaction.c.customer_id == customer.id)
    given = transaction.c.type.in_([EntryType.STAMP.value, EntryType.BONUS.value])
    same = transaction.c.program_id.is_not_distinct_from(program.id)
    newest = select(transaction).where(*own, given, same, transaction.c.voided_by.is_(None))
    row = connection.execute(newest.order_by(transaction.c.id.desc()).limit(1)).one_or_none()
    entry = entry_of(row) if row is not None else None
    if entry is None or entry.occasion is not Gift.BONUS_HOURS:
        return 1
    return max(1, entry.stamps // max(1, entry.asked_stamps))


def _dropped(connection: Connection, customer: Customer, program: Program) -> int:
    """How many stamps were dropped when the last reward was earned: the ledger up to then says it."""
    if program.terms.surplus is not Surplus.RESET:
        return 0
    own = (transaction.c.business_id == customer.business_id, transaction.c.customer_id == customer.id)
    rows = connection.execute(select(transaction).where(*own).order_by(transaction.c.id))
    card, dropped = Card(), 0
    for entry in map(entry_of, rows):
        if entry.voided_by is not None or entry.program_id != program.id:
            continue
        then = program.at(entry.program_version)
        after = apply(card, entry, then, None)
        if after.rewards_earned > card.rewards_earned:  # a step drops none
            dropped = dropped_stamps(card, then, entry.stamps)
        card = after
    return dropped
