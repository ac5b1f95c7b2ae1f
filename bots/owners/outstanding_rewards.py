"""Outstanding rewards, which the shop owes: those that customers can redeem, the oldest first, ten on a page."""

from datetime import timedelta
from textwrap import shorten

from bots.buttons import button
from bots.owners.screens import back
from bots.turn import Turn
from bots.words import Html, Words
from loyalty_app.customers.card_pictures import first_name
from loyalty_app.customers.lists import Owed, list_owed
from loyalty_app.pagination import PageRequest
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.staff import Position

ON_A_PAGE = 10
LAST_PAGE = 1_000
LONGEST_LINE = 80


async def show_owed(turn: Turn, position: Position) -> None:
    """Show a page of the outstanding rewards."""
    words, shop, now = turn.words, position.business, turn.now()
    page_request = PageRequest(page=min(max(1, turn.press.number(1)), LAST_PAGE), limit=ON_A_PAGE)
    rewards = await turn.read(lambda connection: list_owed(connection, shop, now=now, wanted=page_request))
    total, page = rewards.pagination.total, page_request.page
    if not total:
        text = words.say("🎁 No reward is open at <b>{shop}</b>. All cards are still being filled.", shop=shop.name)
    else:
        head = words.count(
            "🎁 <b>{n} open reward</b> at {shop}", "🎁 <b>{n} open rewards</b> at {shop}", total, shop=shop.name
        )
        text = Html("\n".join([head, "", *(_line(words, shop, owed) for owed in rewards.data)]))
    around = [
        *([button(words.label("‹ Older"), "owed", shop.id, page - 1)] if page > 1 else []),
        *([button(words.label("Newer ›"), "owed", shop.id, page + 1)] if rewards.pagination.next_cursor else []),
    ]
    await turn.screen(text, [around, back(words, position)])


def _line(words: Words, business: Business, owed: Owed) -> Html:
    name, reward = first_name(owed.customer_name), shorten(owed.description, LONGEST_LINE, placeholder="…")
    since = words.date(owed.earned_at.astimezone(business.zone))
    if owed.expires_at is None:
        return words.say("• <b>{name}</b>: {reward}, since {since}", name=name, reward=reward, since=since)
    # It expires at the midnight after its last day.
    until = words.date((owed.expires_at - timedelta(seconds=1)).astimezone(business.zone))
    return words.say(
        "• <b>{name}</b>: {reward}, since {since}, until {until}", name=name, reward=reward, since=since, until=until
    )
