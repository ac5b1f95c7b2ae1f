"""Card news: the messages about a card that were sent into a chat beside the card, and what each of them says now.

They are stored with the card, so that a message that a later change makes untrue can be corrected. What they say in
words, and when, is not known here.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

MOST_NEWS = 6
"""How many messages are remembered for a card; older ones stay in the chat as they are."""
SAME_NEWS = timedelta(days=1)
"""How long a message that became untrue waits to be true again. Why: most undos correct a slip of the finger."""
TRUE, UNDONE = "", "undone"
"""Words for texts of messages: the first one, and that something was taken back."""


class NewsKind(StrEnum):
    """What a message is about."""

    ONE_TO_GO = "one_to_go"
    REWARDS = "rewards"


class CardNews(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message about a card. `earned` is how many rewards the card had earned when it was sent.

    `says` stands for its present text, empty for the first one, and `since` is when it got it. `message_id` is None if
    it is not known, or the message is gone. `reward_ids` are the rewards that it names. `program_id` is the program of
    the card, None for the one with which the shop began. `factor` is how many times the stamp that made the news
    counted.
    """

    kind: NewsKind
    customer_id: int
    earned: int
    since: datetime
    message_id: int | None = None
    reward_ids: tuple[int, ...] = ()
    says: str = ""
    program_id: int | None = None
    factor: int = 1

    def is_about_the_same(self, other: "CardNews") -> bool:
        """Whether two messages tell the same, so that one of them is enough."""
        about = ("kind", "customer_id", "program_id", "earned", "reward_ids")
        return all(getattr(self, name) == getattr(other, name) for name in about)

    def is_forgotten(self, now: datetime) -> bool:
        """Whether the message was untrue for so long that it is not used again."""
        return self.says == UNDONE and now - self.since > SAME_NEWS


def read_news(kept: str | None) -> tuple[CardNews, ...]:
    """The stored messages of a card, the oldest first."""
    return msgspec.json.decode(kept, type=tuple[CardNews, ...]) if kept else ()


def write_news(news: Iterable[CardNews]) -> str | None:
    """The messages as they are stored; None if there are none."""
    kept = tuple(news)[-MOST_NEWS:]
    return msgspec.json.encode(kept).decode() if kept else None
