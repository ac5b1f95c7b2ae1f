"""Telegram's answers: for each bot of this process, how long ago Telegram last answered it with what was asked for.

It is counted where updates are asked for, or, with a public address, where Telegram is asked about them. A bot whose
updates another process fetches is not watched here. A refused token and a second program that fetches the same updates
are no answers.
"""

import time
from collections.abc import Callable, Iterable

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from loyalty_app.observability.metrics import REGISTRY

# In seconds, as everything of Prometheus. The bot's id is public, and stays when the bot gets another name.
NAME = "loyalty_telegram_seconds_since_answer"
TEXT = "Seconds since Telegram last answered a bot of this process, by the bot's id."


class TelegramAnswers(Collector):
    """When Telegram last answered each bot, or when it was first asked.

    `clock` gives seconds that only grow. The one of the process is `telegram_answers`:

        telegram_answers.expect(bot_id)  # it is to be opened
        telegram_answers.note(bot_id)  # its updates came
        telegram_answers.forget(bot_id)  # it was removed
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: dict[int, float] = {}

    def expect(self, bot_id: int) -> None:
        """Watch a bot from now on; one that is watched already goes on."""
        self._last.setdefault(bot_id, self._clock())

    def note(self, bot_id: int) -> None:
        """Note that Telegram has answered."""
        self._last[bot_id] = self._clock()

    def forget(self, bot_id: int) -> None:
        """Watch a bot no more: it was removed, or another process fetches its updates."""
        self._last.pop(bot_id, None)

    def collect(self) -> Iterable[Metric]:
        """The seconds for each bot."""
        family = GaugeMetricFamily(NAME, TEXT, labels=("bot",))
        for bot_id, at in self._last.items():
            family.add_metric((str(bot_id),), self._clock() - at)
        yield family


telegram_answers = TelegramAnswers()
REGISTRY.register(telegram_answers)
