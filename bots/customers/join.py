"""Join: a person opens the link of a shop, or of a friend, and has a card. One tap, one answer.

Whether a friend brought them along, and what is given for it, are rules of the core.
"""

import re

from msgspec import UNSET
from telegram import User

from bots.customers.own_cards import bring_down, find_own
from bots.turn import Turn
from bots.words import Words
from loyalty_app.counter import Caller
from loyalty_app.counter.orders import Holder
from loyalty_app.shops.businesses import Business, check_here
from loyalty_app.shops.links import code_in, shop_of_code, shop_of_link
from loyalty_core.customers import Profile, name_from
from loyalty_core.errors import CustomerLimitReached
from loyalty_core.ledger import Actor, ActorType

SLUG = re.compile(r"[a-z0-9-]{1,64}")


async def join(turn: Turn, slug: str) -> None:
    """Hand out a card of the shop, or show the one that the person has there; the card worker sends it."""
    shop = await _find_shop(turn, slug)
    if shop is None:
        await turn.screen(
            turn.words.say("This link leads to no shop. Please scan the poster in the shop again, or ask there.")
        )
        return
    await join_shop(turn, shop)


async def join_shop(turn: Turn, shop: Business, *, referrer: str | None = None) -> None:
    """Hand out a card of a shop, or show the one that the person has there.

    `referrer` is the code of the customer who brought them along.
    """
    try:
        await _hand_out(turn, shop, referrer)
    except CustomerLimitReached:
        await turn.screen(
            turn.words.say("<b>{shop}</b> cannot hand out more cards at the moment. Please ask there.", shop=shop.name)
        )
        return
    snapshot = await find_own(turn, shop.id)
    if snapshot is not None:
        await bring_down(turn, snapshot)


async def join_with_code(turn: Turn, rest: str) -> None:
    """Hand out a card of the shop of a friend's card, or show the one that the person has there.

    Raises ShopMoved, ShopClosed.
    """
    code, bot_id = code_in(rest), turn.bot_id
    shop = await shop_of_code(turn.runtime.database, code, bot_id=bot_id) if code else None
    if shop is None:
        await turn.screen(
            turn.words.say(
                "This link of a friend leads to no card. Please ask your friend for a new one, or scan the poster in "
                "the shop."
            )
        )
        return
    check_here(shop)
    before = await find_own(turn, shop.id)
    if before is not None:
        await turn.screen(
            turn.words.say("This is your own link. Send it to friends who have no card yet.")
            if before.customer.qr_code == code
            else turn.words.say("You have a card here already. What friends get is for those who are new.")
        )
    await join_shop(turn, shop, referrer=code)


async def _find_shop(turn: Turn, slug: str) -> Business | None:
    if not SLUG.fullmatch(slug):
        return None
    bot_id = turn.bot_id
    return await turn.read(lambda connection: shop_of_link(connection, slug, bot_id=bot_id))


async def _hand_out(turn: Turn, shop: Business, referrer: str | None) -> None:
    profile = Profile(name=name_of(turn.user, turn.words))
    caller = Caller(business=shop, actor=Actor(ActorType.CUSTOMER))
    await turn.counter.join(caller, profile, holder=Holder(turn.bot_id, turn.user_id, referrer or UNSET))


def name_of(user: User, words: Words) -> str:
    """The name of a customer: the one they use in Telegram, or a word for a guest if it cannot be shown."""
    return name_from(user.full_name) or words.plain("Guest")
