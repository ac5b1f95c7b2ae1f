"""Drives the Python SDK: each line of input is a request, each line of output what came of it. See `driving.py`."""

import asyncio
import json
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

import loyaltyloop
from loyaltyloop._model import Model

Json = dict[str, Any]


ASYNC = sys.argv[1:] == ["async"]
LOOP = asyncio.new_event_loop()


def client_class() -> Callable[..., Any]:
    """The class under test; that for asyncio has its loop in a thread of its own."""
    if not ASYNC:
        return loyaltyloop.Client
    threading.Thread(target=LOOP.run_forever, daemon=True).start()
    return loyaltyloop.AsyncClient


def settled(value: Any) -> Any:
    """A value, once it is there."""
    if isinstance(value, loyaltyloop.AsyncListing):
        return settled(rows(value))
    return asyncio.run_coroutine_threadsafe(value, LOOP).result() if asyncio.iscoroutine(value) else value


async def rows(listing: Any) -> list[Any]:
    return [one async for one in listing]


def plain(value: Any) -> Any:
    if isinstance(value, loyaltyloop.Listing):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return {"bytes": len(value)}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value.to_dict() if isinstance(value, Model) else value


def failure(error: Exception) -> Json:
    names = ("status", "code", "detail", "request_id", "retry_after", "problem")
    return {"class": type(error).__name__, "text": str(error), **{name: getattr(error, name, None) for name in names}}


def time_of(value: Any) -> Any:
    """{"time": text} is a time of the language."""
    return datetime.fromisoformat(value["time"]) if isinstance(value, dict) and "time" in value else value


def call(client: loyaltyloop.Client, asked: Json) -> Json:
    resource, method = asked["call"].split(".")
    subject = [asked["subject"]] if "subject" in asked else []
    given = {name: time_of(value) for name, value in asked.get("given", {}).items()}
    try:
        asking = getattr(getattr(client, resource), method)(*subject, **given)
        answer = settled(asking)
        return {"answer": repr(answer) if asked.get("shown") else plain(answer)}
    except (loyaltyloop.LoyaltyLoopError, ValueError) as error:
        return {"error": failure(error)}


def paged(client: loyaltyloop.Client, asked: Json) -> Json:
    listing = getattr(client, asked["page"]).list(**asked["given"])
    page = settled(listing.page(asked["cursor"]))
    return {"answer": {"items": plain(page.items), "next_cursor": page.next_cursor, "total": page.total}}


def verify(asked: Json) -> Json:
    try:
        event = loyaltyloop.webhooks.verify(asked["verify"], asked["headers"], asked["secret"], now=asked.get("now"))
    except (loyaltyloop.LoyaltyLoopError, ValueError) as error:
        return {"error": failure(error)}
    return {"answer": {"class": type(event).__name__, "id": event.id, "type": event.type, "data": plain(event.data)}}


def open_client(asked: Json) -> Json | loyaltyloop.Client:
    try:
        return MADE(asked["key"], base_url=asked["open"], **asked.get("options", {}))
    except ValueError as error:
        return {"error": failure(error)}


def offline(client: loyaltyloop.Client, asked: Json) -> Json:
    from loyaltyloop.offline import OfflineQueue

    queue = OfflineQueue(asked["offline"])
    try:
        if "add" in asked:
            return {"answer": queue.add(asked["add"], **asked.get("given", {})).item}
        found = settled(rows(queue.send_async(client))) if ASYNC else queue.send(client)
        sent = [{"item": kept.item, "outcome": plain(outcome)} for kept, outcome in found]
    except (loyaltyloop.LoyaltyLoopError, ValueError) as error:
        return {"error": failure(error), "waiting": len(queue.waiting())}
    return {"answer": sent, "waiting": len(queue.waiting())}


MADE = client_class()


def main() -> None:
    client: Any = None
    for line in sys.stdin:
        asked = json.loads(line)
        if "open" in asked:
            opened = open_client(asked)
            client, told = (client, opened) if isinstance(opened, dict) else (opened, {"answer": repr(opened)})
        elif "many" in asked:
            with ThreadPoolExecutor(len(asked["many"])) as threads:
                told = {"answer": list(threads.map(partial(call, client), asked["many"]))}
        elif "verify" in asked:
            told = verify(asked)
        elif "offline" in asked:
            told = offline(client, asked)
        else:
            told = paged(client, asked) if "page" in asked else call(client, asked)
        print(json.dumps(told), flush=True)


main()
