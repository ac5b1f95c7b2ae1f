"""API keys: the list, making a key (shown once, in a message of its own) and revoking one."""

from contextlib import suppress

from telegram import LinkPreviewOptions
from telegram.error import TelegramError

from bots.buttons import GOOD, MAIN, RISKY, Rows, button, copy, new_nonce
from bots.owners.screens import ask_again, back, below
from bots.owners.typed_answers import UnclearAnswer, read_name
from bots.rights import TypedAnswer
from bots.turn import Draft, Turn
from bots.words import Html, Words
from loyalty_app.chat.chats import ChatChange
from loyalty_app.shops.api_keys import KeyInfo, NewKey, create_key_once, list_keys, revoke_key
from loyalty_app.shops.staff import Position
from loyalty_core.access import PLANS
from loyalty_core.errors import IdempotencyKeyReused

NAME = "keyname"
LONGEST_NAME = 40
MOST_LISTED = 20


async def show_keys(turn: Turn, position: Position, head: Html | None = None) -> None:
    """Show the active keys, or say what the plan lacks."""
    words, shop = turn.words, position.business
    if not PLANS[shop.plan].api:
        await turn.screen(_without_api(words, position), [back(words, position)])
        return
    keys = [key for key in await list_keys(turn.runtime.database, shop.id) if key.revoked_at is None]
    lines = [
        words.say("🔑 <b>API keys of {shop}</b>", shop=shop.name),
        words.say(
            "With a key, a till or a program can stamp cards by itself. Anybody who has the key can do so too: keep it "
            "safe."
        ),
        "",
        *(_line(words, position, key) for key in keys[-MOST_LISTED:]),
    ]
    names = [
        button(words.label("✖ {name}", name=key.name[:30]), "key", shop.id, key.key_id) for key in keys[-MOST_LISTED:]
    ]
    rows: Rows = [
        [button(words.label("➕ New key"), "newkey", shop.id, look=MAIN)],
        *([name] for name in names),
        back(words, position),
    ]
    text = Html("\n".join(lines))
    await turn.screen(below(head, text), rows)


def _without_api(words: Words, position: Position) -> Html:
    return words.say(
        "🔑 The API lets a till or a program stamp cards. It comes with the plans <b>professional</b> and "
        "<b>enterprise</b>; {shop} is on <b>{plan}</b>.\n\n"
        "To change that, ask the operator of this server, and tell them your shop's number: <code>{number}</code>",
        shop=position.business.name,
        plan=position.business.plan.value,
        number=str(position.business.id),
    )


def _line(words: Words, position: Position, key: KeyInfo) -> Html:
    zone = position.business.zone
    known = {"name": key.name, "id": key.public_id, "made": words.date(key.created_at.astimezone(zone))}
    if key.last_used_at is None:
        return words.say("• <b>{name}</b> (ll_{id}…), made {made}, never used", **known)
    used = words.date(key.last_used_at.astimezone(zone))
    return words.say("• <b>{name}</b> (ll_{id}…), made {made}, last used {used}", used=used, **known)


async def ask_key_name(turn: Turn, position: Position, *, wrong: str = "") -> None:
    """Ask what the key is for, and suggest names."""
    words, shop, nonce = turn.words, position.business, new_nonce()
    turn.ask(Draft(NAME, {"business": shop.id, "nonce": nonce}))
    text = words.say("🔑 What is the new key for? Press a name, or send another one.")
    rows: Rows = [
        [
            button(words.label("Till"), "makekey", shop.id, nonce, "till"),
            button(words.label("Website"), "makekey", shop.id, nonce, "website"),
        ],
        [button(words.label("« API"), "keys", shop.id)],
    ]
    await turn.screen(ask_again(words, text, wrong), rows)


async def press_make(turn: Turn, position: Position) -> None:
    """Take a suggested name that was pressed."""
    words = turn.words
    name = words.plain("Website") if turn.press.text(2) == "website" else words.plain("Till")
    await _make(turn, position, name, turn.press.text(1))


async def take_key_name(turn: Turn, answer: TypedAnswer) -> None:
    """Take a typed name; ask again if it cannot be used."""
    try:
        name = read_name(turn.words, answer.text, longest=LONGEST_NAME)
    except UnclearAnswer as unclear:
        await ask_key_name(turn, answer.position, wrong=str(unclear))
        return
    turn.note(ChatChange(draft=None))
    await _make(turn, answer.position, name, str(answer.draft.answers.get("nonce")))


async def _make(turn: Turn, position: Position, name: str, nonce: str) -> None:
    """Make a key and show it, once. Raises NotOnStaff, RoleRequired or PlanRequired."""
    words, shop = turn.words, position.business
    try:
        new = NewKey(business_id=shop.id, name=name, now=turn.now())
        made = await create_key_once(turn.runtime.database, new, by=position.staff_id, nonce=nonce)
    except IdempotencyKeyReused:
        head = words.say("☝️ This key was made already and is not shown again. If you have not kept it, close it.")
        await show_keys(turn, position, head)
        return
    text = words.say(
        "🔑 <b>{name}</b>\n\n<code>{key}</code>\n\n"
        "Put it where it is needed now: it is not shown again. Then delete this message.",
        name=name,
        key=made.api_key,
    )
    rows: Rows = [
        [copy(words.label("📋 Copy the key"), made.api_key)],
        [button(words.label("🗑 Delete this message"), "wipe", look=RISKY)],
    ]
    await turn.say(text, rows, protect_content=True, link_preview_options=LinkPreviewOptions(is_disabled=True))
    with suppress(TelegramError):  # the key was sent, and is not shown again
        await show_keys(turn, position, words.say("✅ The key is made. It stands in a message of its own."))


async def wipe(turn: Turn) -> None:
    """Delete the message whose button was pressed."""
    if turn.pressed_id is not None:
        await turn.remove(turn.pressed_id)


async def ask_close(turn: Turn, position: Position) -> None:
    """Ask for confirmation before a key is revoked."""
    words, shop, key_id = turn.words, position.business, turn.press.number(1)
    keys = {key.key_id: key for key in await list_keys(turn.runtime.database, shop.id)}
    if key_id not in keys:
        await show_keys(turn, position)
        return
    text = words.say(
        "Close the key <b>{name}</b> (ll_{id}…) for ever? Whatever uses it stops working within a second.",
        name=keys[key_id].name,
        id=keys[key_id].public_id,
    )
    rows: Rows = [
        [button(words.label("Yes, close it"), "closekey", shop.id, key_id, look=RISKY)],
        [button(words.label("No, keep it"), "keys", shop.id, look=GOOD)],
    ]
    await turn.screen(text, rows)


async def press_close(turn: Turn, position: Position) -> None:
    """Revoke a key. Raises NotOnStaff, RoleRequired, or InvalidRequest if the shop has no such key."""
    closed = await revoke_key(
        turn.runtime.database, position.business.id, turn.press.number(1), now=turn.now(), by=position.staff_id
    )
    await show_keys(turn, position, turn.words.say("✅ The key {name} is closed.", name=closed.name))
