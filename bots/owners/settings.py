"""Settings: the shop's name, its colour, the notices of its cards, its time zone. Languages are set by each person."""

from msgspec.structs import replace

from bots.buttons import Rows, button
from bots.owners import cities
from bots.owners.colours import name_of
from bots.owners.screens import ask_again, back, below
from bots.owners.typed_answers import UnclearAnswer, read_name
from bots.rights import TypedAnswer
from bots.turn import Draft, Turn
from bots.words import Html
from loyalty_app.chat.card_queue import repaint
from loyalty_app.chat.chats import ChatChange
from loyalty_app.shops.businesses import BusinessChange, change_business
from loyalty_app.shops.links import join_page
from loyalty_app.shops.staff import Position

RENAME = "rename"


async def show_settings(turn: Turn, position: Position, head: Html | None = None) -> None:
    """Show the present settings, and a button for each."""
    words, shop = turn.words, position.business
    text = words.say(
        "⚙️ <b>{shop}</b>\n\nColour of the cards: <b>{colour}</b>\nTime zone: <b>{city}</b>, {time} now\n"
        "Messages to customers: <b>{notices}</b>\nPlan: <b>{plan}</b>",
        shop=shop.name,
        colour=name_of(words, shop.card_color),
        city=cities.city(shop.timezone, words.locale),
        time=words.time(turn.now(shop)),
        notices=words.plain("at one stamp to go, and at a reward") if shop.card_notices else words.plain("none"),
        plan=shop.plan.value,
    )
    switch = words.label("🔕 Switch messages off") if shop.card_notices else words.label("🔔 Switch messages on")
    rows: Rows = [
        [button(words.label("🎨 Colour"), "colours", shop.id), button(words.label("✏️ Name"), "rename", shop.id)],
        [button(switch, "notify", shop.id, int(not shop.card_notices))],
        *_joining_rows(turn, position),
        [button(words.label("🕓 Time zone"), "zone", shop.id), button(words.label("🌍 My language"), "languages")],
        back(words, position),
    ]
    await turn.screen(below(head, text), rows)


def _joining_rows(turn: Turn, position: Position) -> Rows:
    """The switch for joining without Telegram, where the server has a public address."""
    words, shop = turn.words, position.business
    if turn.runtime.settings.public_url is None:
        return []
    stop, let = words.label("🌐 No joining without Telegram"), words.label("🌐 Let people join without Telegram")
    return [[button(stop if shop.join_by_page else let, "bypage", shop.id, int(not shop.join_by_page))]]


async def press_joining(turn: Turn, position: Position) -> None:
    """Let people join on the shop's page, or stop that, and say what it means."""
    allowed = turn.press.text(1) == "1"
    now = await changed(turn, position, BusinessChange(join_by_page=allowed))
    page = join_page(turn.runtime.settings.public_url, now.business)
    if page is None:
        await show_settings(
            turn, now, turn.words.say("✅ Nobody joins without Telegram any more. Cards that are there stay.")
        )
        return
    text = turn.words.say(
        "✅ People can join without Telegram here:\n{link}\nYour poster has a second code for them now.", link=page
    )
    await show_settings(turn, now, text)


async def press_notify(turn: Turn, position: Position) -> None:
    """Allow or forbid that cards send messages of their own."""
    change = BusinessChange(card_notices=turn.press.text(1) == "1")
    await show_settings(turn, await changed(turn, position, change))


async def ask_name(turn: Turn, position: Position, *, wrong: str = "") -> None:
    """Ask for another name of the shop."""
    words, shop = turn.words, position.business
    turn.ask(Draft(RENAME, {"business": shop.id}))
    text = words.say(
        "<b>{shop}</b>\n\nWhat should it be called? All cards will soon show the new name.", shop=shop.name
    )
    await turn.screen(ask_again(words, text, wrong), [[button(words.label("« Settings"), "settings", shop.id)]])


async def take_name(turn: Turn, answer: TypedAnswer) -> None:
    """Take a typed name; ask again if it cannot be used."""
    try:
        name = read_name(turn.words, answer.text)
    except UnclearAnswer as unclear:
        await ask_name(turn, answer.position, wrong=str(unclear))
        return
    renamed = await changed(turn, answer.position, BusinessChange(name=name))
    turn.note(ChatChange(draft=None))
    await show_settings(turn, renamed, turn.words.say("✅ Saved. All cards show it soon."))


async def changed(turn: Turn, position: Position, change: BusinessChange) -> Position:
    """Change the shop. Raises InvalidRequest, NotOnStaff or RoleRequired."""
    database, shop = turn.runtime.database, position.business.id
    return replace(
        position,
        business=await change_business(database, shop, change, now=turn.now(), repaint=repaint, by=position.staff_id),
    )
