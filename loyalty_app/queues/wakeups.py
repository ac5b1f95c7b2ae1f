"""Wake-ups: tell the workers of this process that work was left in the database, so that it is done soon.

Workers of other processes poll. What the work is, and how it is done, is not known here.

    wakeups = Wakeups()
    wakeups.deliveries.listen(worker.wake)      # a worker, once
    wakeups.changed_cards.listen(watch.tell)    # who watches cards, once
    wakeups.deliveries.notify()                 # the counter, after a commit that left deliveries
    wakeups.changed_cards.notify(changed)       # and after each commit, with the customers that it changed
"""

from collections.abc import Callable, Mapping

from loyalty_app.queues.pace import Rush
from loyalty_core.customers import Customer


class Wakeup:
    """One kind of work, and its listeners in this process."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever there is work; it must return at once and raise nothing."""
        self._listeners.append(wake)

    def notify(self) -> None:
        """Say that there is work, once it is committed; without a listener nothing happens."""
        for wake in self._listeners:
            wake()


class ChangedCards:
    """Tells those who watch cards in this process which customers a batch has changed."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Mapping[int, Customer]], None]] = []

    def listen(self, tell: Callable[[Mapping[int, Customer]], None]) -> None:
        """Call `tell` with the changed customers by their ids; it must return at once and raise nothing."""
        self._listeners.append(tell)

    def notify(self, changed: Mapping[int, Customer]) -> None:
        """Say which customers have changed, once that is committed."""
        for tell in self._listeners:
            tell(changed)


class Wakeups:
    """All wake-ups of a process.

    `deliveries` wait in the outbox, `cards` are to be shown again in chats, `updates` of Telegram are to be handled.
    `changed_cards` tells those who watch cards, and `rush` knows whether many people wait at once.
    """

    def __init__(self) -> None:
        self.deliveries, self.cards, self.updates = Wakeup(), Wakeup(), Wakeup()
        self.changed_cards, self.rush = ChangedCards(), Rush()
