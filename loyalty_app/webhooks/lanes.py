"""Lanes: how many deliveries a process has under way at once, so that endpoints that never answer hold up nobody.

The rules, in words:
- An attempt begins in the quick lane. Without an answer after a quarter of a second it goes on in the slow lane, and
  its place is free. So even hundreds of new endpoints that never answer are through in a second or two.
- While an attempt at an endpoint is in the slow lane, nothing more is begun for that endpoint here.
- Endpoints that are known to fail share 64 places, half as many as the quick lane has, beside it: what works never
  waits for what does not.
- At most 640 attempts are under way in a process. That bounds its memory and its open files.

Which delivery of an endpoint is next is decided in `delivery_queue`. Nothing is sent here.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

QUICK_SECONDS = 0.25
MOST_QUICK, MOST_FAILING, MOST_AT_ONCE = 128, 64, 640


class LaneRoom(NamedTuple):
    """How many attempts may begin at sound and at failing endpoints, and the sound ones that get none meanwhile."""

    sound: int = MOST_QUICK
    failing: int = MOST_FAILING
    waited_for: tuple[int, ...] = ()


class _UnderWay(NamedTuple):
    began: float
    endpoint_id: int
    failing: bool


class DeliveryLanes:
    """The attempts that are under way in this process."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._under_way: set[tuple[int, _UnderWay]] = set()
        self._begun = 0

    @contextmanager
    def attempt(self, endpoint_id: int, *, failing: bool) -> Iterator[None]:
        """An attempt at an endpoint, which failed before or not, until the block ends."""
        self._begun += 1
        one = (self._begun, _UnderWay(self._timer(), endpoint_id, failing))
        self._under_way.add(one)
        try:
            yield
        finally:
            self._under_way.discard(one)

    def room(self) -> LaneRoom:
        """How much may begin now."""
        now, left = self._timer(), MOST_AT_ONCE - len(self._under_way)
        sound = [one for _, one in self._under_way if not one.failing]
        slow = {one.endpoint_id for one in sound if now - one.began >= QUICK_SECONDS}
        quick = sum(now - one.began < QUICK_SECONDS for one in sound)
        failing = len(self._under_way) - len(sound)
        return LaneRoom(
            sound=max(0, min(MOST_QUICK - quick, left)),
            failing=max(0, min(MOST_FAILING - failing, left)),
            waited_for=tuple(sorted(slow)),
        )
