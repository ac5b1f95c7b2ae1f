"""How a bot gets its updates: long polling, and setting webhooks. Delivery to webhooks is in `webhooks`."""

import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from telegram_sandbox.calls.call import Call, Nothing, Said
from telegram_sandbox.refusals import Refused, bad_request, conflict
from telegram_sandbox.updates import Hook, Queue
from telegram_sandbox.webhooks import start_delivering

MOST_AT_ONCE = 100
LONGEST_POLL_SECONDS = 50
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")

HOOKED = conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
ENDED = conflict("terminated by other getUpdates request; make sure that only one bot instance is running")
STOPPED = Refused(502, "Bad Gateway")
ENDED_BY_HOOK = conflict("terminated by setWebhook request")


class GetUpdates(Struct):
    """Parameters of getUpdates."""

    offset: int = 0
    limit: int = MOST_AT_ONCE
    timeout: int = 0
    allowed_updates: list[str] | None = None


class SetWebhook(Struct):
    """Parameters of setWebhook."""

    url: str = ""
    certificate: str | None = None
    ip_address: str | None = None
    max_connections: int = 40
    allowed_updates: list[str] | None = None
    drop_pending_updates: bool = False
    secret_token: str | None = None


class DeleteWebhook(Struct):
    """Parameters of deleteWebhook."""

    drop_pending_updates: bool = False


async def get_updates(call: Call, asked: GetUpdates) -> list[dict[str, Any]]:
    """The updates from the offset on; waits for one if there is none. Ends an earlier call that still waits."""
    queue = call.bot.queue
    if queue.hook:
        raise HOOKED
    queue.polls += 1
    mine = queue.polls
    confirm(queue, asked)
    seconds = max(0, min(asked.timeout, LONGEST_POLL_SECONDS))
    queue.polling = seconds > 0
    queue.bell.ring()
    await queue.bell.until(lambda: bool(queue.waiting) or queue.polls != mine or call.world.stopped, seconds)
    if call.world.stopped:
        raise STOPPED
    if queue.polls != mine:
        raise ENDED_BY_HOOK if queue.hook else ENDED
    queue.polling = False
    most = asked.limit if 0 < asked.limit <= MOST_AT_ONCE else MOST_AT_ONCE
    return [update.as_sent() for update, _ in zip(queue.waiting, range(most), strict=False)]


def confirm(queue: Queue, asked: GetUpdates) -> None:
    """Do what a call of getUpdates does before it waits: confirm updates, and store which kinds are wanted."""
    if asked.allowed_updates is not None:
        queue.allowed = asked.allowed_updates
    if asked.offset < 0:
        queue.keep_last(-asked.offset)
    else:
        queue.confirm_before(asked.offset)


def set_webhook(call: Call, asked: SetWebhook) -> Said:
    """Send updates to a URL from now on; without one, do the same as deleteWebhook."""
    if not asked.url:
        return delete_webhook(call, DeleteWebhook(asked.drop_pending_updates))
    if not may_be_called(asked.url):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if asked.secret_token and not SECRET.fullmatch(asked.secret_token):
        raise bad_request("secret token contains unallowed characters")
    queue = call.bot.queue
    if asked.allowed_updates is not None:
        queue.allowed = asked.allowed_updates
    if asked.drop_pending_updates:
        queue.keep_last(0)
    queue.hook = Hook(url=asked.url, secret_token=asked.secret_token or None, max_connections=asked.max_connections)
    queue.polls += 1
    queue.polling = False
    queue.bell.ring()
    start_delivering(call.world, call.bot)
    return Said(result=True, description="Webhook was set")


def may_be_called(url: str) -> bool:
    """Whether a URL may be a webhook: https anywhere, and http on this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_here(parts.hostname)))


def is_here(host: str | None) -> bool:
    """Whether a host name means this machine."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def delete_webhook(call: Call, asked: DeleteWebhook) -> Said:
    """Stop sending updates to a webhook."""
    queue, known = call.bot.queue, call.bot.queue.hook
    queue.hook = None
    if asked.drop_pending_updates:
        queue.keep_last(0)
    queue.bell.ring()
    return Said(result=True, description="Webhook was deleted" if known else "Webhook is already deleted")


def get_webhook_info(call: Call, asked: Nothing) -> dict[str, Any]:
    """The URL of the webhook, how many updates wait, and the last error."""
    del asked
    queue, hook = call.bot.queue, call.bot.queue.hook
    info: dict[str, Any] = {
        "url": hook.url if hook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(queue.waiting),
        "max_connections": hook.max_connections if hook else None,
        "last_error_date": hook.last_error_date if hook else None,
        "last_error_message": hook.last_error_message if hook else None,
        "allowed_updates": queue.allowed or None,
    }
    return {name: value for name, value in info.items() if value is not None}
