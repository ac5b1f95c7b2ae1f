"""Settings: what a customer chooses for a card: whether it may bring messages, and the language of the chat."""

from bots.buttons import Rows, button
from bots.customers.own_cards import back_row, pressed_card, turn_over
from bots.languages import language_rows, repaint_cards
from bots.turn import Turn
from bots.words import LANGUAGES, words_for
from loyalty_app.chat.card_queue import mute
from loyalty_app.chat.chats import ChatChange
from loyalty_app.customers.card_snapshots import CardSnapshot


async def show_more(turn: Turn) -> None:
    """Everything else that can be done with the card."""
    sight = await pressed_card(turn)
    if sight is not None:
        await _show_more(turn, sight, muted=sight.held.muted)


async def _show_more(turn: Turn, sight: CardSnapshot, *, muted: bool) -> None:
    words = turn.words
    text = words.say(
        "<b>{shop}</b>\nYour code: <code>{code}</code>", shop=sight.business.name, code=sight.customer.qr_code
    )
    await turn_over(turn, sight, text, [*_rows(turn, sight, muted=muted), *back_row(turn, sight)])


def _rows(turn: Turn, sight: CardSnapshot, *, muted: bool) -> Rows:
    words, shop = turn.words, sight.business.id
    ring = button(words.label("🔔 Turn notices on"), "mymute", shop, 0)
    hush = button(words.label("🔕 Turn notices off"), "mymute", shop, 1)
    return [
        [button(words.label("📱 My number"), "mynumber", shop), button(words.label("🌐 Language"), "mylanguage", shop)],
        [
            *([ring if muted else hush] if sight.business.card_notices else []),
            button(words.label("🗂 My data"), "mydata", shop),
        ],
    ]


async def set_muted(turn: Turn) -> None:
    """Let the card bring messages, or keep it quiet."""
    sight, muted = await pressed_card(turn), turn.press.text(1) == "1"
    if sight is None:
        return
    await mute(turn.running.database, sight.held, muted=muted)
    words = turn.words
    await turn.toast(
        words.plain("Quiet. The card itself is always up to date.")
        if muted
        else words.plain("I will tell you when a reward is near, and when it is there.")
    )
    await _show_more(turn, sight, muted=muted)


async def ask_language(turn: Turn) -> None:
    """Offer all languages, each by its own name."""
    sight = await pressed_card(turn)
    if sight is None:
        return
    text = turn.words.say("Which language shall we speak?")
    await turn_over(
        turn, sight, text, [*language_rows("myspeech", sight.business.id), *back_row(turn, sight, "mymore")]
    )


async def choose_language(turn: Turn) -> None:
    """Speak another language from now on; all cards are shown anew in it."""
    code = turn.press.text(1)
    if code not in LANGUAGES:
        return
    turn.note(ChatChange(language=code))
    turn.words = words_for(code)
    await turn.toast(turn.words.plain("We speak {language} now.", language=turn.words.name))
    await repaint_cards(turn)


PRESSES = {"mymore": show_more, "mymute": set_muted, "mylanguage": ask_language, "myspeech": choose_language}
