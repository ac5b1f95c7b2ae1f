"""Merging in the chat: a manager makes two cards of one person one, or takes that back.

From a customer's screen: a press, then the code, the number or the name of the other card, then, of several, a press on
it. Both are shown before it is done (`merge_preview`). The counter decides. Staff see no more of the other than of
anybody whom they find.
"""

from collections.abc import Sequence

from bots.buttons import Rows, button, new_nonce
from bots.staff.merge_preview import END_LETTERS, find_managing, show_both
from bots.staff.screen import short, show
from bots.staff.shift import Shift
from bots.turn import Draft, Turn
from bots.words import Html
from loyalty_app.chat.chats import ChatChange
from loyalty_app.customers.card_pictures import first_name
from loyalty_app.customers.lists import find_customer
from loyalty_app.customers.staff_view import merged_with, typed_in
from loyalty_core.customers import Customer
from loyalty_core.fields import BusinessId, CustomerId

KIND = "merge"
MOST_OFFERED = 5


async def begin(turn: Turn) -> None:
    """[Merge with another card]: shop, customer. Raises RoleRequired, CustomerNotFound."""
    shift = await find_managing(turn, turn.press.business_id)
    if shift is None:
        return
    await _ask(turn, shift, await _customer(turn, shift, turn.press.customer_id))


async def _customer(turn: Turn, shift: Shift, customer_id: CustomerId) -> Customer:
    business_id = shift.position.business.id
    return await turn.read(lambda connection: find_customer(connection, business_id, customer_id))


async def _ask(turn: Turn, shift: Shift, customer: Customer, *, not_found: str = "") -> None:
    words, shop = turn.words, shift.position.business
    turn.ask(Draft(KIND, {"business": shop.id, "customer": customer.id}))
    question = words.say(
        "🔗 Which other card belongs to <b>{name}</b> too? Send its code, the phone number or the name. Both become "
        "one card, and the code of this one stays.",
        name=first_name(customer.name),
    )
    wrong = words.say("No other card of your shop is found by <b>{text}</b>.", text=short(not_found))
    text = Html(f"{wrong}\n\n{question}") if not_found else question
    nonce, merged = (
        new_nonce(),
        await turn.read(lambda connection: merged_with(connection, shop.id, customer.id, most=MOST_OFFERED)),
    )
    rows = [
        [button(words.label("↩️ Separate {name} again", name=short(name)), "split", shop.id, customer.id, nonce, number)]
        for number, name in merged
    ]
    await turn.screen(text, [*rows, [button(words.label("⬅️ Back"), "serve", shop.id, customer.id)]])


async def take_answer(turn: Turn, text: str) -> None:
    """Take the code, number or name of the other card. Raises RoleRequired, CustomerNotFound."""
    draft = turn.draft or Draft(KIND)
    shift = await find_managing(turn, BusinessId(int(draft.answers.get("business") or 0)))
    if shift is None:
        return
    customer = await _customer(turn, shift, CustomerId(int(draft.answers.get("customer") or 0)))
    shop = shift.position.business
    found = await turn.read(lambda connection: typed_in(connection, shop, text, most=MOST_OFFERED + 1))
    others = [one for one in found if one.id != customer.id]
    if not others:
        await _ask(turn, shift, customer, not_found=text)
        return
    if len(others) == 1:
        await show_both(turn, shift, customer.id, others[0].id)
        return
    turn.note(ChatChange(draft=None))
    question = turn.words.say("🔗 Which card belongs to <b>{name}</b> too?", name=first_name(customer.name))
    await turn.screen(question, _choice(turn, customer, others[:MOST_OFFERED]))


def _choice(turn: Turn, customer: Customer, others: Sequence[Customer]) -> Rows:
    words, shop = turn.words, customer.business_id
    rows = [
        [
            button(
                words.label("{name} · …{code}", name=short(first_name(one.name)), code=one.qr_code[-END_LETTERS:]),
                "bothcards",
                *(shop, customer.id, one.id),
            )
        ]
        for one in others
    ]
    return [*rows, [button(words.label("⬅️ Back"), "serve", shop, customer.id)]]


async def unite(turn: Turn) -> None:
    """[Make them one card]: shop, customer, nonce, the other. Raises what `Counter.merge` raises, RoleRequired."""
    shift = await find_managing(turn, turn.press.business_id)
    if shift is None:
        return
    caller, other = shift.caller(turn.press.text(2)), turn.press.number(3)
    seen = (await turn.counter.merge(caller, turn.press.customer_id, other)).outcome.customer
    headline = turn.words.say(
        "🔗 One card now: <b>{name}</b> – {have} of {need}",
        name=first_name(seen.name),
        have=seen.current_stamps,
        need=seen.stamps_required,
    )
    await show(turn, shift, seen.id, headline=headline)


async def split(turn: Turn) -> None:
    """[Separate again]: shop, customer, nonce, the other. Raises what `Counter.unmerge` raises, RoleRequired."""
    shift = await find_managing(turn, turn.press.business_id)
    if shift is None:
        return
    turn.note(ChatChange(draft=None))
    caller, other = shift.caller(turn.press.text(2)), turn.press.number(3)
    seen = (await turn.counter.unmerge(caller, turn.press.customer_id, other)).outcome.customer
    headline = turn.words.say("↩️ Two cards again. This is the one of <b>{name}</b>:", name=first_name(seen.name))
    await show(turn, shift, seen.id, headline=headline)


PRESSES = {"merge": begin, "unite": unite, "split": split}
DRAFTS = {KIND: take_answer}
