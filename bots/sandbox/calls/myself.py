"""What a bot asks about itself."""

from typing import Any

from bots.sandbox.calls.call import Call, Nothing


def get_me(call: Call, asked: Nothing) -> dict[str, Any]:
    """The bot itself."""
    del asked
    return call.bot.as_itself()
