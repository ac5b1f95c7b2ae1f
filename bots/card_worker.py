"""The card worker: brings cards in chats up to date, whatever changed them: a till, the staff or an owner.

Each change of a card notes in its own transaction that the message is due. A card that changes often is shown once, in
its latest state. How a card is sent is in `bots/card_delivery.py`.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace
from telegram.error import BadRequest, TelegramError

from bots.card_delivery import as_before, show, take_down
from bots.gift_news import is_missed, tell_gifts
from bots.intake import BotApplication
from bots.priority_gate import PriorityGate
from loyalty_app.chat.card_queue import CardQueue, ShownCard
from loyalty_app.chat.chats import HeldCard
from loyalty_app.customers.card_snapshots import CardSnapshot, look
from loyalty_app.observability.metrics import count_card
from loyalty_app.queues.worker import QueueWorker
from loyalty_app.runtime import Runtime

PAUSE_SECONDS = 0.05
TOLD_AT_ONCE = 4
"""How many messages of gifts a bot sends at once. Why so few: what is marked and not sent is lost if it is killed."""
FIRST_TURN, BETWEEN_TURNS = timedelta(seconds=5), timedelta(seconds=0.2)
"""When a card is shown whose person was told of a gift first, and how far apart such cards are."""

log = logging.getLogger(__name__)


class CardWorker(QueueWorker[HeldCard, ShownCard]):
    """Shows due cards until it is closed."""

    def __init__(self, runtime: Runtime, bots: Mapping[int, BotApplication], priority_gate: PriorityGate) -> None:
        super().__init__(runtime.database, CardQueue(bots.keys), self._show, clock=runtime.clock, name="cards")
        self._runtime, self._bots, self._priority_gate = runtime, bots, priority_gate
        self._loop = asyncio.get_running_loop()
        self._last_turn: dict[int, datetime] = {}
        self._telling: dict[int, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(TOLD_AT_ONCE))

    def wake(self) -> None:
        """Look in a moment. Why: the person who has just stamped a card is answered first."""
        self._loop.call_later(PAUSE_SECONDS, super().wake)

    async def _show(self, card: HeldCard) -> ShownCard:
        shown = await self._try_to_show(card)
        count_card("failed" if shown.failed else "gone" if shown.gone else "shown")
        return shown

    async def _try_to_show(self, card: HeldCard) -> ShownCard:
        application = self._bots.get(card.bot_id)
        if application is None:
            return ShownCard(card=card, failed=True)
        async with self._priority_gate.gap():
            now = self._runtime.clock()
            snapshot = await self._runtime.database.read(lambda connection: look(connection, card, now=now))
        try:
            if snapshot is None:
                return await take_down(application.bot, card)
            if is_missed(snapshot, now) and card.message_id is not None:
                return self._shown_later(await self._tell(application, snapshot, as_before(card)))
            return await self._tell(application, snapshot, await show(application.bot, snapshot, now=now))
        except BadRequest as error:
            log.warning("a card cannot be shown until it changes again: %s", type(error).__name__)
            return _given_up(card, snapshot)
        except TelegramError as error:
            log.warning("a card could not be shown: %s", type(error).__name__)
            return ShownCard(card=card, failed=True)

    async def _tell(self, application: BotApplication, snapshot: CardSnapshot, shown: ShownCard) -> ShownCard:
        if not snapshot.gifts:
            return shown
        runtime = self._runtime
        async with self._telling[shown.card.bot_id]:
            return await tell_gifts(application.bot, runtime.database, snapshot, shown, now=runtime.clock())

    def _shown_later(self, told: ShownCard) -> ShownCard:
        """The result for a card whose person was told of a gift first: it is shown in its turn after many others.

        Why: a bot may send so much, and messages to many come first. Cards of people who are at the shop do not wait.
        """
        if told.failed:
            return told
        bot_id, now = told.card.bot_id, self._runtime.clock()
        self._last_turn[bot_id] = max(now + FIRST_TURN, self._last_turn.get(bot_id, now) + BETWEEN_TURNS)
        return replace(told, again_at=self._last_turn[bot_id])


def _given_up(card: HeldCard, snapshot: CardSnapshot | None) -> ShownCard:
    """The result for a card that Telegram refuses in this chat: it counts as shown, without a message."""
    if snapshot is None:
        return ShownCard(card=card, gone=True)
    return ShownCard(
        card=card,
        version=snapshot.customer.version,
        stamps=snapshot.stamps,
        rewards=snapshot.earned,
        news=card.news,
    )
