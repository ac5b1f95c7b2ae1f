"""Tills: each stamps its own cards without a pause, at whichever door answers, until it is told to end.

A stamp that was begun is repeated with its key until it is answered with 200, as the guide asks of tills. So at the end
each till knows how many stamps each of its cards must have.
"""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from itertools import pairwise
from uuid import uuid4

import msgspec

from bench.shops import Card

PATIENCE_SECONDS = 12
PAUSE_SECONDS = 0.02
"""Between two tries of a stamp, so that a till that is refused does not keep a processor busy."""


class Answered(msgspec.Struct, frozen=True):
    """A stamp: when its first try began, and when it was answered."""

    begun: float
    answered: float


class Till(threading.Thread):
    """One till with its cards. `stamped` counts the stamps of each customer that were answered."""

    def __init__(self, doors: Sequence[int], cards: Sequence[Card]) -> None:
        super().__init__(daemon=True)
        self._doors, self._cards = list(doors), cards
        self._ending = threading.Event()
        self._line: HTTPConnection | None = None
        self.stamped: Counter[int] = Counter()
        self.answered: list[Answered] = []

    def run(self) -> None:
        """Stamp card after card."""
        while not self._ending.is_set():
            card = self._cards[len(self.answered) % len(self._cards)]
            begun = time.monotonic()
            self._stamp(card, uuid4().hex)
            self.stamped[card.customer_id] += 1
            self.answered.append(Answered(begun, time.monotonic()))

    def end(self) -> None:
        """Begin no further stamp."""
        self._ending.set()

    def _stamp(self, card: Card, key: str) -> None:
        while not self._tried(card, key):
            self._doors.append(self._doors.pop(0))
            self._hang_up()
            time.sleep(PAUSE_SECONDS)

    def _tried(self, card: Card, key: str) -> bool:
        """Whether a try was answered with 200."""
        headers = {"Authorization": f"Bearer {card.key}", "Idempotency-Key": key, "Content-Type": "application/json"}
        try:
            line = self._line = self._line or HTTPConnection("127.0.0.1", self._doors[0], timeout=PATIENCE_SECONDS)
            line.request("POST", card.path, '{"stamps":1}', headers)
            answer = line.getresponse()
            answer.read()
        except (OSError, HTTPException):
            return False
        return answer.status == 200  # noqa: PLR2004

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def longest_gap(tills: Sequence[Till]) -> float:
    """The longest time in which no till got an answer."""
    moments = sorted(one.answered for till in tills for one in till.answered)
    return max(later - earlier for earlier, later in pairwise(moments))


def longest_wait(tills: Sequence[Till]) -> float:
    """The longest time from a stamp's first try to its answer."""
    return max(one.answered - one.begun for till in tills for one in till.answered)
