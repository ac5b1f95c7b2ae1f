"""Settings: what a customer chooses for a card: which messages it may send, and the language of the chat."""

from bots.buttons import Rows, button, page_row, page_url
from bots.customers.opting_out import opt
from bots.customers.own_cards import back_row, pressed_card, turn_over
from bots.languages import language_rows, repaint_cards
from bots.turn import Turn
from bots.words import LANGUAGES, words_for
from loyalty_app.chat.card_queue import mute
from loyalty_app.chat.chats import ChatChange
from loyalty_app.customers.card_snapshots import CardSnapshot


async def show_more(turn: Turn) -> None:
    """Show everything else that can be done with the card."""
    snapshot = await pressed_card(turn)
    if snapshot is not None:
        await _show_more(turn, snapshot, muted=snapshot.card.muted)


async def _show_more(turn: Turn, snapshot: CardSnapshot, *, muted: bool) -> None:
    words = turn.words
    text = words.say(
        "<b>{shop}</b>\nYour code: <code>{code}</code>", shop=snapshot.business.name, code=snapshot.customer.qr_code
    )
    await turn_over(turn, snapshot, text, [*_rows(turn, snapshot, muted=muted), *back_row(turn, snapshot)])


def _rows(turn: Turn, snapshot: CardSnapshot, *, muted: bool) -> Rows:
    words, shop = turn.words, snapshot.business.id
    url = page_url(turn.runtime.settings, turn.bot_id, f"card?shop={shop}")
    ring = button(words.label("🔔 Turn notices on"), "mymute", shop, 0)
    hush = button(words.label("🔕 Turn notices off"), "mymute", shop, 1)
    want = button(words.label("🎈 Turn greetings on"), "mygreetings", shop, 1)
    refuse = button(words.label("🎈 Turn greetings off"), "mygreetings", shop, 0)
    return [
        [button(words.label("📱 My number"), "mynumber", shop), button(words.label("✏️ My name"), "myname", shop)],
        [button(words.label("🌐 Language"), "mylanguage", shop), want if snapshot.opted_out else refuse],
        [
            *([ring if muted else hush] if snapshot.business.card_notices else []),
            button(words.label("🗂 My data"), "mydata", shop),
        ],
        page_row(url, words.label("🔍 Full screen")),
    ]


async def set_muted(turn: Turn) -> None:
    """Let the card send messages, or keep it quiet."""
    snapshot, muted = await pressed_card(turn), turn.press.text(1) == "1"
    if snapshot is None:
        return
    await mute(turn.runtime.database, snapshot.card, muted=muted)
    words = turn.words
    await turn.toast(
        words.plain("Notices are off. The card itself stays up to date.")
        if muted
        else words.plain("I will tell you when a reward is near, and when it is there.")
    )
    await _show_more(turn, snapshot, muted=muted)


async def set_greetings(turn: Turn) -> None:
    """Want messages to many, or no more of them. The card, which has changed by that, is shown again."""
    snapshot, wanted = await pressed_card(turn), turn.press.text(1) == "1"
    if snapshot is not None:
        await opt(turn, snapshot, out=not wanted)


async def ask_language(turn: Turn) -> None:
    """Offer all languages, each by its own name."""
    snapshot = await pressed_card(turn)
    if snapshot is None:
        return
    text = turn.words.say("Which language would you like?")
    await turn_over(
        turn, snapshot, text, [*language_rows("myspeech", snapshot.business.id), *back_row(turn, snapshot, "mymore")]
    )


async def choose_language(turn: Turn) -> None:
    """Use another language from now on; all cards are shown again in it."""
    code = turn.press.text(1)
    if code not in LANGUAGES:
        return
    turn.note(ChatChange(language=code))
    turn.words = words_for(code)
    await turn.toast(turn.words.plain("✅ Language: {language}", language=turn.words.name))
    await repaint_cards(turn)


PRESSES = {
    "mymore": show_more,
    "mymute": set_muted,
    "mygreetings": set_greetings,
    "mylanguage": ask_language,
    "myspeech": choose_language,
}
