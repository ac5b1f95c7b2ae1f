"""Welcome: what people read who come without a link, and the help that is shown when nothing else fits."""

from collections.abc import Sequence

from bots.buttons import Rows, button
from bots.customers.join import join_shop
from bots.customers.overview import how_to_get_one, shop_here, show_cards
from bots.customers.own_cards import find_all, find_some
from bots.languages import repaint_cards
from bots.staff.invitation import how_to_stamp
from bots.staff.scanner import scanner_row
from bots.staff.shift import positions_here_first
from bots.turn import Turn
from bots.words import Html, listed
from loyalty_app.shops.staff import Position


async def welcome(turn: Turn) -> None:
    """Greet a person: with their card if they have one, otherwise with what to do next.

    In a shop's own bot there is one card to have, so people who have none get it.
    """
    here, positions = await shop_here(turn), await positions_here_first(turn)
    cards = await (find_some(turn) if here is not None or positions else find_all(turn))
    shop = None if cards or positions else here
    if shop is not None:
        await join_shop(turn, shop)
        return
    if len(cards) > 1 or (cards and positions):
        await repaint_cards(turn)  # after a block they may be out of date
    if cards and not positions:
        await show_cards(turn)
        return
    rows: Rows = [[button(turn.words.label("💳 My cards"), "mycards")]] if cards else []
    rows += [scanner_row(turn)] if positions else []
    hello = turn.words.say("👋 Hello {name}!", name=turn.user.first_name)
    await turn.screen(_lines([hello, *await _advice(turn, positions, has_cards=bool(cards))]), rows)


async def help_(turn: Turn) -> None:
    """Show in a few lines what can be done here."""
    positions = await positions_here_first(turn)
    cards = await (find_some(turn) if positions else find_all(turn))
    rows: Rows = [[button(turn.words.label("💳 My cards"), "mycards")]] if cards else []
    rows += [scanner_row(turn)] if positions else []
    await turn.screen(_lines(await _advice(turn, positions, has_cards=bool(cards))), rows)


async def _advice(turn: Turn, positions: Sequence[Position], *, has_cards: bool) -> list[Html]:
    words = turn.words
    lines = [_for_staff(turn, positions)] if positions else []
    if has_cards:
        lines.append(words.say("Show your card whenever you pay: /card\nYour rewards: /rewards\nYour data: /mydata"))
    if not has_cards and not positions:
        lines.append(await how_to_get_one(turn))
    if not positions and await shop_here(turn) is None:
        lines.append(words.say("Do you have a shop? Open its stamp card here: /newshop"))
    return lines


def _for_staff(turn: Turn, positions: Sequence[Position]) -> Html:
    words = turn.words
    where = words.say(
        "You work at {shops}. Your shop: /shop", shops=listed([each.business.name for each in positions], words)
    )
    return Html(f"{where}\n\n{how_to_stamp(words)}")


def _lines(parts: list[Html]) -> Html:
    return Html("\n\n".join(parts))
