"""Delivery of updates to webhooks: in order, and again with growing pauses until the bot answers 2xx."""

import asyncio

import aiohttp
import msgspec

from telegram_sandbox.people import Bot
from telegram_sandbox.updates import Hook, Update
from telegram_sandbox.world import World

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # a header's name
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 60.0
PATIENCE = aiohttp.ClientTimeout(total=60)
OK = range(200, 300)


def start_delivering(world: World, bot: Bot) -> None:
    """Deliver a bot's updates from now on, until its webhook changes."""
    hook = bot.queue.hook
    if hook is not None:
        task = asyncio.create_task(deliver(world, bot, hook))
        world.tasks.add(task)
        task.add_done_callback(world.tasks.discard)


async def deliver(world: World, bot: Bot, hook: Hook) -> None:
    """Send one update after the other."""
    queue, pause = bot.queue, FIRST_PAUSE_SECONDS
    async with aiohttp.ClientSession(timeout=PATIENCE) as session:
        while queue.hook is hook:
            await queue.bell.until(lambda: bool(queue.waiting) or queue.hook is not hook, LONGEST_PAUSE_SECONDS)
            if queue.hook is not hook or not queue.waiting:
                continue
            update = queue.waiting[0]
            if await arrives(session, hook, update):
                queue.confirm_before(update.update_id + 1)
                pause = FIRST_PAUSE_SECONDS
            else:
                hook.last_error_date = int(world.now())
                await queue.bell.until(lambda: queue.hook is not hook, pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


async def arrives(session: aiohttp.ClientSession, hook: Hook, update: Update) -> bool:
    """Send an update once. Returns whether it was accepted."""
    headers = {"Content-Type": "application/json"}
    if hook.secret_token:
        headers[SECRET_HEADER] = hook.secret_token
    body = msgspec.json.encode(update.as_sent())
    try:
        async with session.post(hook.url, data=body, headers=headers, allow_redirects=False) as answer:
            if answer.status not in OK:
                hook.last_error_message = f"Wrong response from the webhook: {answer.status} {answer.reason}"
            return answer.status in OK
    except (aiohttp.ClientError, TimeoutError) as error:
        hook.last_error_message = f"Connection failed: {error}"
        return False
