"""Portions: how many requests of bundles one batch takes. Nothing is queued here.

A request that comes alone may wait for two transactions: the one that runs, and its own, which takes a portion along.
Each is to take no more than 20 ms, so that both are done in 50. How many requests that is depends on the machine and on
what else it does. So it is learnt: a transaction that took too long makes the next portion a quarter smaller, and one
that was quick enough lets it grow a little. A portion stays between half of the usual and twice that. Why: a slow disk
makes every transaction slow, and portions that are too small would then only make bundles wait.
"""

from collections.abc import Callable

USUAL, SMALLEST, LARGEST = 64, 32, 128
"""How many are taken while others come alone: in the beginning, at least, and at most."""
BUNDLED_ALONE = 256
"""How many are taken while nobody comes alone."""
STEP = 4
"""By how much a portion grows at once."""
AIM_SECONDS = 0.020
"""How long a transaction may take: somebody may wait for two of them."""


class Portion:
    """The size of the next portion, and the transactions that have one."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self.size = USUAL
        self.under_way = 0
        """How many transactions have requests of bundles."""
        self._seconds = seconds
        self._began: float | None = None

    def most(self, *, quiet: bool) -> int:
        """How many requests of bundles the next batch takes; it is `quiet` while nobody comes alone."""
        return BUNDLED_ALONE if quiet else self.size

    def begin(self, *, quiet: bool) -> None:
        """A transaction begins that has requests of bundles."""
        self.under_way += 1
        self._began = None if quiet else self._seconds()

    def end(self) -> None:
        """It has ended: learn from how long it took. One from a quiet time was of another size, and teaches nothing."""
        self.under_way -= 1
        if self._began is None:
            return
        took, self._began = self._seconds() - self._began, None
        if took > AIM_SECONDS:
            self.size = max(SMALLEST, self.size * 3 // 4)
        else:
            self.size = min(LARGEST, self.size + STEP)
