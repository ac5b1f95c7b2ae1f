"""Colours: eight that suit a card; the owner sees each on a card before choosing it."""

import msgspec

from bots.buttons import GOOD, Rows, button
from bots.owners.screens import show_picture
from bots.turn import Turn
from bots.words import Words
from loyalty_app.chat.card_queue import repaint
from loyalty_app.customers.card_pictures import CardPicture, render_card, sample_card
from loyalty_app.pictures.card import BROWN
from loyalty_app.pictures.render_thread import drawn
from loyalty_app.shops.businesses import BusinessChange, change_business
from loyalty_app.shops.look_texts import COLOURS
from loyalty_app.shops.looks import read_look
from loyalty_app.shops.staff import Position


def name_of(words: Words, colour: str | None) -> str:
    """The name of a colour."""
    return next((words.plain(name) for code, name in COLOURS if code == (colour or BROWN)), colour or BROWN)


async def show_colours(turn: Turn, position: Position) -> None:
    """Show a card in the shop's colour, and all others to try."""
    now = position.business.card_color or BROWN
    place = next((place for place, (code, _) in enumerate(COLOURS) if code == now), -1)
    await _show(turn, position, place)


async def try_colour(turn: Turn, position: Position) -> None:
    """Show a card in another colour; nothing is changed yet."""
    place = turn.press.number(1)
    if place < len(COLOURS):
        await _show(turn, position, place)


async def take_colour(turn: Turn, position: Position) -> None:
    """Make the tried colour the shop's. Raises NotOnStaff or RoleRequired."""
    place = turn.press.number(1)
    if place >= len(COLOURS):
        return
    change = BusinessChange(card_color=COLOURS[place][0])
    database, shop = turn.runtime.database, position.business.id
    business = await change_business(database, shop, change, now=turn.now(), repaint=repaint, by=position.staff_id)
    await turn.toast(turn.words.plain("All cards get this colour now."))
    await _show(turn, msgspec.structs.replace(position, business=business), place)


async def _show(turn: Turn, position: Position, place: int) -> None:
    words, shop = turn.words, position.business
    colour = COLOURS[place][0] if place >= 0 else shop.card_color or BROWN
    picture = await drawn(render_card, await _sample(turn, position, colour))
    taken = colour == (shop.card_color or BROWN)
    said = words.say("This is your cards' colour.") if taken else words.say("Should your cards look like this?")
    text = words.say("<b>{colour}</b>\n{said}", colour=name_of(words, colour), said=said)
    await show_picture(turn, picture, text, _rows(words, shop.id, place, taken=taken))


def _rows(words: Words, shop: int, place: int, *, taken: bool) -> Rows:
    names = [button(words.label(name), "paint", shop, each) for each, (_, name) in enumerate(COLOURS)]
    rows = [names[first : first + 4] for first in range(0, len(names), 4)]
    take = [] if taken else [button(words.label("✅ Take this colour"), "painted", shop, place, look=GOOD)]
    return [take, *rows, [button(words.label("« Settings"), "settings", shop)]]


async def _sample(turn: Turn, position: Position, colour: str) -> CardPicture:
    shop = msgspec.structs.replace(position.business, card_color=colour)
    name, language = position.name, turn.words.code
    return await turn.read(lambda c: sample_card(c, shop, read_look(c, shop), name=name, language=language))
