"""A small Telegram for the laptop: a Bot API server in memory, and a page with two phones that chat with the bots.

`create_sandbox` makes it. It knows nothing of loyalty; it must not import what it is used to try.
"""

from bots.sandbox.app import create_sandbox

__all__ = ["create_sandbox"]
