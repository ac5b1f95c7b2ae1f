"""A small Telegram for the laptop: a Bot API server in memory, and a page with two phones that chat with the bots.

`create_sandbox` makes it; a `World` with bots and people in it may be given. It knows nothing of loyalty; it must not
import what it is used to try.
"""

from telegram_sandbox.app import create_sandbox
from telegram_sandbox.world import World

__all__ = ["World", "create_sandbox"]
