"""Staff: three ways to a customer, and the screen on which they are stamped.

`finding` leads from a link, a picture or a typed code to a customer, `screen` shows them, `acting` does what its
buttons say, `handing` asks before a reward goes, `branches` asks where somebody works, `hiring` lets new people in.
Whether somebody may do so is decided by the counter, in the transaction of the stamp.
"""

from collections.abc import Awaitable, Callable

from bots.context import Turn
from bots.staff import acting, branches, finding, handing
from bots.staff.finding import find_typed, open_card, scan
from bots.staff.hiring import accept_invitation, how_to_stamp

__all__ = ["DRAFTS", "PRESSES", "accept_invitation", "find_typed", "how_to_stamp", "open_card", "scan"]

PRESSES: dict[str, Callable[[Turn], Awaitable[None]]] = {
    **acting.PRESSES,
    **handing.PRESSES,
    **branches.PRESSES,
    **finding.PRESSES,
}
DRAFTS: dict[str, Callable[[Turn, str], Awaitable[None]]] = {}
