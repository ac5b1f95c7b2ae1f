"""Stamping: what the buttons of the staff's screen do: [+1] and its neighbours, redeem, undo.

Each calls the counter once, under the nonce of its screen, and shows the outcome on the same screen. An old screen only
shows the present state. The counter decides whether a stamp may be given.
"""

from collections.abc import Awaitable, Callable

from msgspec import UNSET, UnsetType

from bots.buttons import is_second_tap, is_stale
from bots.card_messages import dropped_lines
from bots.staff.program_buttons import AMOUNTS, GIVE, with_title
from bots.staff.screen import CLOSED, PARTS, Unfolded, show, turn_away
from bots.staff.shift import Shift, find_shift
from bots.staff.shown_code import shown_card
from bots.turn import Turn
from bots.words import Html, Words, reply
from loyalty_app.customers.card_pictures import first_name
from loyalty_app.customers.staff_cards import StaffCard, card_of_entry, has_several
from loyalty_core.errors import Busy, InvalidRequest, LoyaltyError, NotOnStaff
from loyalty_core.fields import MOST_STAMPS, TransactionId
from loyalty_core.outcomes import Stamped
from loyalty_core.stamping import RedeemOrder, StampOrder
from loyalty_core.views import CustomerView

Deed = Callable[[Turn, Shift], Awaitable[Html | None]]
"""Does what was pressed, and returns a sentence on the outcome; None if the screen was old. Raises LoyaltyError."""


async def stamp(turn: Turn) -> None:
    """[+1] and its neighbours: shop, customer, nonce, how many."""
    await _act(turn, _stamp)


async def give(turn: Turn) -> None:
    """[+1] of a program and its neighbours: shop, customer, nonce, how many, the number of the program."""
    await _act(turn, _give)


async def redeem(turn: Turn) -> None:
    """[Yes, hand it out]: shop, customer, nonce, reward."""
    await _act(turn, _redeem)


async def undo(turn: Turn) -> None:
    """[Undo]: shop, customer, nonce, entry, and the number of its stamps, 0 for a reward."""
    await _act(turn, _undo)


async def undo_part(turn: Turn) -> None:
    """[−1] and its neighbours: shop, customer, nonce, entry, and how many of its stamps."""
    await _act(turn, _undo_part)


async def _act(turn: Turn, deed: Deed) -> None:
    """Do something if the person works there and the screen is not too old, and show the state after it.

    The second tap of a double tap lands on the next screen, before anybody has read it. It does nothing, and says so.
    """
    shift, customer_id = await find_shift(turn, turn.press.business_id), turn.press.customer_id
    if shift is None:
        await turn_away(turn)
        return
    if is_second_tap(turn.press.text(2)):
        await turn.toast(turn.words.plain("Too quick, so nothing was done. Press again if you meant it."))
        return
    try:
        headline = await _once(turn, shift, deed)
    except NotOnStaff:
        await turn_away(turn)
    else:
        await show(turn, shift, customer_id, headline=headline)


async def _once(turn: Turn, shift: Shift, deed: Deed) -> Html | None:
    if is_stale(turn.press.text(2)):
        await _was_old(turn)
        return None
    try:
        return await deed(turn, shift)
    except (Busy, NotOnStaff):
        raise
    except LoyaltyError as refusal:
        await turn.toast(reply(turn.words, refusal, turn.now(shift.position.business)), alert=True)
        return None


async def _was_old(turn: Turn) -> None:
    await turn.toast(turn.words.plain("This screen was old. Here is how it is now: please press again."), alert=True)


async def _stamp(turn: Turn, shift: Shift) -> Html | None:
    """The button of a shop with one program. If there are several by now, it does not say which one is meant."""
    business = shift.position.business
    if business.programs_version and await turn.read(lambda connection: has_several(connection, business)):
        await _was_old(turn)
        return None
    return told_stamp(turn.words, await _stamped(turn, shift, UNSET))


async def _give(turn: Turn, shift: Shift) -> Html:
    stamped = await _stamped(turn, shift, turn.press.program(4))
    card = await _card_of(turn, shift, stamped.transaction_id)
    return with_title(turn.words, card, told_stamp(turn.words, stamped))


async def _stamped(turn: Turn, shift: Shift, program_id: int | UnsetType) -> Stamped:
    count, branch = turn.press.number(3), shift.branch
    if not 1 <= count <= MOST_STAMPS:
        raise InvalidRequest.field("stamps", f"must be a whole number from 1 to {MOST_STAMPS}")
    order = StampOrder(stamps=count, branch_id=branch.id if branch else None, program_id=program_id)
    answer = await turn.counter.give_stamp(shift.caller(turn.press.text(2)), await shown_card(turn), order)
    return answer.outcome


async def _card_of(turn: Turn, shift: Shift, transaction_id: int) -> StaffCard | None:
    """The card that an entry is about, where there are several programs."""
    business, customer_id = shift.position.business, turn.press.customer_id
    return await turn.read(lambda connection: card_of_entry(connection, business, customer_id, transaction_id))


def told_stamp(words: Words, stamped: Stamped) -> Html:
    """What staff read of a stamp that was given."""
    amount, name = words.plus(stamped.stamps_added), first_name(stamped.customer.name)
    gift = gift_lines(stamped.bonus_stamps or 0, words)
    earned = words.join(reward.description for reward in stamped.rewards)
    if stamped.rewards and stamped.current_stamps >= stamped.stamps_added:  # a step, for the card goes on
        step = words.say(
            "🎉 {amount} for <b>{name}</b> – {have} of {need}\nReward earned: <b>{reward}</b>",
            amount=amount,
            name=name,
            have=stamped.current_stamps,
            need=stamped.stamps_required,
            reward=earned,
        )
        return Html("\n".join([step, *gift]))
    if stamped.rewards:
        full = words.say(
            "🎉 {amount} for <b>{name}</b> – the card is full!\nReward earned: <b>{reward}</b>",
            amount=amount,
            name=name,
            reward=earned,
        )
        return Html("\n".join([full, *gift, *dropped_lines(stamped.stamps_dropped or 0, words)]))
    plain = words.say(
        "✅ {amount} for <b>{name}</b> – {have} of {need}",
        amount=amount,
        name=name,
        have=stamped.current_stamps,
        need=stamped.stamps_required,
    )
    return Html("\n".join([plain, *gift]))


def gift_lines(gift: int, words: Words) -> list[Html]:
    """What staff read if bonus hours have added stamps; nothing otherwise."""
    if not gift:
        return []
    return [words.count("⏰ Bonus hours: {n} of them is a gift.", "⏰ Bonus hours: {n} of them are a gift.", gift)]


async def _redeem(turn: Turn, shift: Shift) -> Html:
    order = RedeemOrder(reward_id=turn.press.number(3))
    answer = await turn.counter.redeem(shift.caller(turn.press.text(2)), await shown_card(turn), order)
    redeemed = answer.outcome
    return turn.words.say(
        "🎁 Handed out to <b>{name}</b>: <b>{reward}</b>",
        name=first_name(redeemed.customer.name),
        reward=redeemed.reward.description,
    )


async def _undo(turn: Turn, shift: Shift) -> Html:
    transaction_id = TransactionId(turn.press.number(3))
    answer = await turn.counter.void(shift.caller(turn.press.text(2)), transaction_id)
    customer, stamps = answer.outcome.customer, turn.press.number(4)
    if not stamps:
        return turn.words.say("↩️ Undone: the reward waits for <b>{name}</b> again", name=first_name(customer.name))
    return _undone(turn.words, customer, stamps, await _card_of(turn, shift, transaction_id))


async def _undo_part(turn: Turn, shift: Shift) -> Html:
    transaction_id, stamps = TransactionId(turn.press.number(3)), turn.press.number(4)
    caller = shift.caller(turn.press.text(2))
    answer = await turn.counter.void(caller, transaction_id, stamps=max(1, stamps))
    return _undone(turn.words, answer.outcome.customer, stamps, await _card_of(turn, shift, transaction_id))


def _undone(words: Words, customer: CustomerView, stamps: int, card: StaffCard | None) -> Html:
    said = words.say(
        "↩️ Undone: {amount} for <b>{name}</b> – {have} of {need}",
        amount=words.plus(stamps),
        name=first_name(customer.name),
        have=card.stamps if card else customer.current_stamps,
        need=card.goal if card else customer.stamps_required,
    )
    return with_title(words, card, said)


async def serve(turn: Turn) -> None:
    """Show a customer that was chosen, or again after another screen: shop, customer."""
    await _show(turn)


async def more_amounts(turn: Turn) -> None:
    """[6–10 …]: shop, customer, and the number of the program if there are several."""
    await _show(turn, more=Unfolded(AMOUNTS, turn.press.program(2)))


async def parts(turn: Turn) -> None:
    """[Undo a part …]: shop, customer, and the entry if there are several programs."""
    await _show(turn, more=Unfolded(PARTS, turn.press.number(2)))


async def _show(turn: Turn, *, more: Unfolded = CLOSED) -> None:
    shift = await find_shift(turn, turn.press.business_id)
    if shift is None:
        await turn_away(turn)
    else:
        await show(turn, shift, turn.press.customer_id, more=more)


PRESSES = {
    "stamp": stamp,
    GIVE: give,
    "redeem": redeem,
    "undo": undo,
    "serve": serve,
    "part": undo_part,
    AMOUNTS: more_amounts,
    PARTS: parts,
}
