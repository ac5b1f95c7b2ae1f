"""The card page: everything that a customer's page is made of, at one moment. How it looks is not known here."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from loyalty_app.card_pages.links import CardId
from loyalty_app.customers.card_snapshots import available_rewards
from loyalty_app.customers.lists import as_of, find_customer
from loyalty_app.customers.personal_data import Deed, last_deeds
from loyalty_app.customers.rotating_codes import CodesToShow, codes_to_show
from loyalty_app.customers.shown_cards import WholeCard, whole_cards
from loyalty_app.db.each_shard import ask_each_shard
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business, telegram_card
from loyalty_app.shops.businesses import Business, business_of, check_here, find_business
from loyalty_app.shops.links import join_link
from loyalty_app.shops.looks import ShopLook, read_look
from loyalty_app.shops.programs import program_of
from loyalty_app.shops.several_programs import ProgramTitles, programs_in_use, titles_among
from loyalty_app.vault import Vault
from loyalty_core.fields import BotId, UserId
from loyalty_core.programs import Program
from loyalty_core.rewards import Reward
from loyalty_core.views import CustomerView, customer_view


class CardPage(msgspec.Struct, frozen=True, kw_only=True):
    """All that the page of a customer's cards shows.

    `cards` are those of all programs, the main one's first; `titles` what the programs are called. `rewards` are the
    available ones, the oldest first; `deeds` the last ten entries, the newest first. `codes` are those to show now and
    in the next minutes.
    """

    business: Business
    look: ShopLook
    customer: CustomerView
    cards: tuple[WholeCard, ...]
    titles: ProgramTitles
    rewards: tuple[Reward, ...]
    deeds: list[Deed]
    codes: CodesToShow


class JoinPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of joining shows: the shop, its programs in use, and the link into the chat if a bot serves it."""

    business: Business
    look: ShopLook
    programs: tuple[Program, ...]
    chat_link: str | None


def read_card_page(connection: Connection, card: CardId, *, vault: Vault, now: datetime) -> CardPage:
    """What the page of a card shows at `now`. Raises CustomerNotFound, ShopMoved, ShopClosed."""
    [customer] = as_of(connection, [find_customer(connection, card.business_id, card.customer_id)], now)
    shop = find_business(connection, card.business_id)
    check_here(shop)
    program = program_of(connection, shop)
    waiting = any(held.card.rewards_available for held in customer.cards)
    return CardPage(
        business=shop,
        look=read_look(connection, shop),
        customer=customer_view(customer, program),
        cards=whole_cards(customer, program),
        titles=titles_among(program, shop.id),
        rewards=available_rewards(connection, customer, now) if waiting else (),
        deeds=last_deeds(connection, card.business_id, card.customer_id),
        codes=codes_to_show(connection, vault, card.business_id, card.customer_id, now=now),
    )


def read_version(connection: Connection, card: CardId) -> int:
    """The version of a card's customer, which each change raises. Raises CustomerNotFound, ShopMoved, ShopClosed."""
    check_here(find_business(connection, card.business_id))
    return find_customer(connection, card.business_id, card.customer_id).version


def read_join_page(connection: Connection, slug: str) -> JoinPage | None:
    """The page of the shop with that slug; None if there is no such shop, or it is for test keys.

    Raises ShopMoved, ShopClosed.
    """
    there = select(business).where(business.c.slug == slug, business.c.test_of.is_(None))
    row = connection.execute(there).one_or_none()
    if row is None:
        return None
    shop = business_of(row)
    check_here(shop)
    programs, look = tuple(programs_in_use(program_of(connection, shop))), read_look(connection, shop)
    return JoinPage(business=shop, look=look, programs=programs, chat_link=join_link(connection, shop))


async def cards_in_chat(database: Database, bot_id: BotId, user_id: UserId) -> list[CardId]:
    """The cards that a person holds in their chat with a bot, the oldest first; those that are away are left out."""
    columns = telegram_card.c
    theirs = select(columns.created_at, columns.business_id, columns.customer_id).where(
        columns.bot_id == bot_id, columns.user_id == user_id
    )
    found = await ask_each_shard(database, lambda connection: [tuple(row) for row in connection.execute(theirs)])
    return [CardId(shop, customer) for _, shop, customer in sorted(found)]
