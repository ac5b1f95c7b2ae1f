"""A small Telegram for the laptop: a Bot API server in memory, and a page with two phones that chat with the bots.

`create_sandbox` makes it, empty or with a given `World` of bots and people. It knows nothing of loyalty, and must not
import the program that it is used to try.
"""

from telegram_sandbox.app import create_sandbox
from telegram_sandbox.world import World

__all__ = ["World", "create_sandbox"]
