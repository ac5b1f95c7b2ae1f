"""Shown code: how the card on the screen was shown, carried by the screen's buttons until one of them is pressed.

It is the last argument of a button: `+` and the seal of a rotating code that was good when it was read, `~` and the
seal of another one, `~` alone for the code of the card, nothing for a guest who was found by name or phone number. Like
all that a button carries it says what is wanted: staff may serve any guest without a code, and the counter decides.
"""

from bots.buttons import Press
from bots.turn import Turn
from loyalty_app.customers.lists import find_customer
from loyalty_app.customers.rotating_codes import check_shown
from loyalty_core.customers import Customer, ShownCode
from loyalty_core.fields import CustomerId
from loyalty_core.rotating_codes import Showing, is_good, look_at_seal

READ_IN_TIME, AS_SHOWN = "+", "~"
"""What the argument begins with."""


def how_shown(turn: Turn, customer: Customer, shown: ShownCode) -> str:
    """The argument for a code that was read now. What counts is when Telegram got it, not when its turn came."""
    showing = _showing(turn, customer, shown)
    return (READ_IN_TIME if is_good(showing) else AS_SHOWN) + (shown.seal or "")


async def check_scanned(turn: Turn, customer: Customer, shown: ShownCode) -> None:
    """Raise what `check_code` raises if the code that was read now is good for nothing."""
    showing = _showing(turn, customer, shown)
    await turn.read(lambda connection: check_shown(connection, customer.business_id, showing))


def _showing(turn: Turn, customer: Customer, shown: ShownCode) -> Showing:
    """The code as of the moment at which Telegram got it; never ahead of our own clock."""
    message, now = turn.incoming.message, turn.now()
    sent_at = min(message.date, now) if message is not None else now
    keys = turn.runtime.vault.code_keys(customer.business_id)
    return Showing(at=sent_at, seal=look_at_seal(shown, keys, sent_at))


def how_in(press: Press) -> str:
    """The argument that a pressed button carries; empty if the guest was found without a code."""
    last = press.args[-1] if press.args else ""
    return last if last.startswith((READ_IN_TIME, AS_SHOWN)) else ""


async def shown_card(turn: Turn) -> CustomerId | ShownCode:
    """The card of a pressed button, as it was shown. Raises CustomerNotFound."""
    press = turn.press
    how = how_in(press)
    if not how:
        return press.customer_id
    customer = await turn.read(lambda connection: find_customer(connection, press.business_id, press.customer_id))
    return ShownCode(customer.qr_code, how[1:] or None, read_before=how.startswith(READ_IN_TIME))
