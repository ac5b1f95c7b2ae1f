"""Overview: all cards of a person, and all their available rewards."""

from bots.buttons import Rows, button
from bots.customers.card import waiting_lines
from bots.customers.own_cards import bring_down, find_all
from bots.turn import Turn
from bots.words import TEXT, Html, fitted, shortened
from loyalty_app.customers.card_snapshots import CardSnapshot
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.links import business_of_bot, code_in
from loyalty_app.words import numbered

LABEL_OF_SHOP = 28
MOST_ROWS = 90


async def show_cards(turn: Turn) -> None:
    """Bring the person's only card to the bottom of the chat; of several cards, offer a list."""
    cards = await find_all(turn)
    if len(cards) == 1:
        await bring_down(turn, cards[0])
    elif cards:
        await turn.screen(turn.words.say("Which card?"), _card_rows(turn, cards))
    else:
        await turn.screen(await how_to_get_one(turn))


async def how_to_get_one(turn: Turn) -> Html:
    """How to get a card, for people who have none yet."""
    shop = await shop_here(turn)
    if shop is not None:
        return turn.words.say("Your stamp card of <b>{shop}</b> is one tap away: /start", shop=shop.name)
    return turn.words.say("You have no card here yet. Scan the poster in a shop, or open its link.")


async def shop_here(turn: Turn) -> Business | None:
    """The shop whose own bot this is; None for the bot of all shops."""
    bot_id = turn.bot_id
    return await turn.read(lambda connection: business_of_bot(connection, bot_id))


def _card_rows(turn: Turn, cards: list[CardSnapshot]) -> Rows:
    names = numbered(shortened(snapshot.business.name, LABEL_OF_SHOP) for snapshot in cards)
    named = list(zip(names, cards, strict=True))[:MOST_ROWS]
    return [[button(_label(turn, name, snapshot), "mycard", snapshot.business.id)] for name, snapshot in named]


def _label(turn: Turn, shop: str, snapshot: CardSnapshot) -> str:
    card = snapshot.customer
    if card.rewards_available:
        return turn.words.label("{shop} · 🎁 {n}", shop=shop, n=card.rewards_available)
    return turn.words.label("{shop} · {have}/{need}", shop=shop, have=card.current_stamps, need=card.stamps_required)


async def show_rewards(turn: Turn) -> None:
    """Show the available rewards of all shops."""
    cards = await find_all(turn)
    if not cards:
        await turn.screen(await how_to_get_one(turn))
        return
    lines = [line for snapshot in cards for line in _shop_lines(turn, snapshot)]
    await turn.screen(fitted(turn.words.say("🎁 <b>Your rewards</b>"), lines, most=TEXT), _card_rows(turn, cards))


def _shop_lines(turn: Turn, snapshot: CardSnapshot) -> list[Html]:
    name = turn.words.say("<b>{shop}</b>", shop=snapshot.business.name)
    return [Html(f"\n{name}"), *waiting_lines(snapshot, turn.words)]


async def open_card(turn: Turn, code: str) -> bool:
    """Show a card to its holder. False for everybody else."""
    qr_code = code_in(code)
    opened = [snapshot for snapshot in await find_all(turn) if snapshot.customer.qr_code == qr_code]
    if opened:
        await bring_down(turn, opened[0])
    return bool(opened)


async def refuse_card(turn: Turn) -> None:
    """Answer people who may not open a card: they do not even learn whether there is one."""
    await turn.screen(turn.words.say("Only the person who holds this card and the staff of its shop can open it."))


async def list_cards(turn: Turn) -> None:
    """Answer the button that shows all cards."""
    await show_cards(turn)


PRESSES = {"mycards": list_cards}
