"""The keeper: brings cards in chats up to date, whoever has stamped them and wherever.

What changes a card notes in the same transaction that its message is due. A card that changes often is shown once, as
it is then. How a card looks is in `cards`.
"""

import asyncio
import logging
from collections.abc import Mapping

from telegram.error import BadRequest, TelegramError

from bots.card_messages import show, take_down
from bots.intake import BotApplication
from bots.priority_gate import PriorityGate
from loyalty_app.chat.card_queue import CardQueue, ShownCard
from loyalty_app.chat.held_card import HeldCard
from loyalty_app.customers.card_snapshots import CardSnapshot, look
from loyalty_app.observability.metrics import count_card
from loyalty_app.queues.worker import QueueWorker
from loyalty_app.runtime import Runtime

PAUSE_SECONDS = 0.05

log = logging.getLogger(__name__)


class CardWorker(QueueWorker[HeldCard, ShownCard]):
    """Shows due cards until it is closed."""

    def __init__(self, running: Runtime, bots: Mapping[int, BotApplication], precedence: PriorityGate) -> None:
        super().__init__(running.database, CardQueue(bots.keys), self._show, clock=running.clock, name="cards")
        self._running, self._bots, self._precedence = running, bots, precedence
        self._loop = asyncio.get_running_loop()

    def wake(self) -> None:
        """Look in a moment: whoever has just stamped a card is answered first."""
        self._loop.call_later(PAUSE_SECONDS, super().wake)

    async def _show(self, held: HeldCard) -> ShownCard:
        shown = await self._try_to_show(held)
        count_card("failed" if shown.failed else "gone" if shown.gone else "shown")
        return shown

    async def _try_to_show(self, held: HeldCard) -> ShownCard:
        application = self._bots.get(held.bot_id)
        if application is None:
            return ShownCard(card=held, failed=True)
        async with self._precedence.gap():
            sight = await self._running.database.read(lambda connection: look(connection, held))
        try:
            if sight is None:
                return await take_down(application.bot, held)
            return await show(application.bot, sight)
        except BadRequest as error:
            log.warning("a card cannot be shown until it changes again: %s", type(error).__name__)
            return _given_up(held, sight)
        except TelegramError as error:
            log.warning("a card could not be shown: %s", type(error).__name__)
            return ShownCard(card=held, failed=True)


def _given_up(held: HeldCard, sight: CardSnapshot | None) -> ShownCard:
    """A card that Telegram will not have in this chat: it counts as shown, without a message."""
    if sight is None:
        return ShownCard(card=held, gone=True)
    customer = sight.customer
    return ShownCard(
        card=held, version=customer.version, stamps=customer.current_stamps, rewards=customer.rewards_earned
    )
