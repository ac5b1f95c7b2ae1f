"""Staff: three ways to a customer, and the screen on which they are stamped.

`customer_search` leads from a link, a picture, a typed code, number or name to a customer, `customer_list` offers
several, `guests` makes a card for somebody without a phone in hand, `screen` shows a customer, `stamping` does what
its buttons say, `redeem_confirmation` asks before a reward is handed out, `merging` makes two cards of one person one,
once `merge_preview` has shown both, `branches` asks where a person works, `invitation` lets new people in, `shift` is
the person at work. The counter decides once more, in the transaction of the stamp.
"""

from collections.abc import Awaitable, Callable

from bots.staff import branches, customer_list, guests, merge_preview, merging, redeem_confirmation, stamping
from bots.staff.customer_search import end_album, find_typed, open_card, scan
from bots.staff.guests import begin_card
from bots.staff.invitation import accept_invitation, how_to_stamp
from bots.staff.scanner import follow_menu, scanner_row
from bots.turn import Turn

__all__ = [
    "DRAFTS",
    "PRESSES",
    "accept_invitation",
    "begin_card",
    "end_album",
    "find_typed",
    "follow_menu",
    "how_to_stamp",
    "open_card",
    "scan",
    "scanner_row",
]

PRESSES: dict[str, Callable[[Turn], Awaitable[None]]] = {
    **stamping.PRESSES,
    **redeem_confirmation.PRESSES,
    **branches.PRESSES,
    **customer_list.PRESSES,
    **guests.PRESSES,
    **merging.PRESSES,
    **merge_preview.PRESSES,
}
DRAFTS: dict[str, Callable[[Turn, str], Awaitable[None]]] = {**guests.DRAFTS, **merging.DRAFTS}
