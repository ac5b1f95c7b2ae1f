"""Listening: `loyalty listen` shows the events of a shop as they happen, and forwards them to one's own machine."""

import json
import secrets
import time
from base64 import b64encode
from collections import deque
from collections.abc import Iterator

import click

from loyalty_cli.remote_api import Json, RemoteApi, of_service, with_key
from loyalty_core.events import EVENT_TYPES

HOUR_SECONDS = 3_600
QUICKEST_SECONDS = 1.0
SHARE = 0.5
"""How much of the key's hourly limit listening may use."""
AT_ONCE = 100
REMEMBERED = 10_000
AFTER_ALL = "9999-12-31T00:00:00Z"
"""No event is as late: an answer from then on only tells where the log ends, by the clock of the service."""


def _address_of_forward(_context: click.Context, _option: click.Parameter, url: str | None) -> str | None:
    if url is not None and not url.startswith(("http://", "https://")):
        raise click.BadParameter(f"{url!r} is no address such as http://127.0.0.1:3000/hook")
    return url


FORWARD_HELP = "Where to send each event too, as http://127.0.0.1:3000/hook."


@click.command()
@of_service
@with_key
@click.option("--forward", metavar="URL", callback=_address_of_forward, help=FORWARD_HELP)
@click.option("--event", "wanted", multiple=True, type=click.Choice(EVENT_TYPES), help="Only these.")
@click.option("--json", "as_json", is_flag=True, help="Print each event as one line of JSON.")
def listen(url: str, api_key: str, *, forward: str | None, wanted: tuple[str, ...], as_json: bool) -> None:
    """Show the events of a shop as they happen; forward them to your own machine.

    A forwarded event is signed like a webhook, with a secret that is made for this run and printed first. Nothing has
    to be reachable from outside. Ends with Ctrl+C.
    """
    service = RemoteApi(url, api_key)
    forwarder = Forwarder(forward) if forward else None
    pause = pause_of(service.get("/key")["data"])
    log = EventLog(service)
    if not as_json:
        click.echo(welcome(pause, forwarder))
    for event in log.follow(pause):
        if not wanted or event["type"] in wanted:
            click.echo(json.dumps(event, ensure_ascii=False) if as_json else line_of(event))
            tell_forwarded(event, forwarder, as_json=as_json)


class EventLog:
    """The events of a shop from when this is made, by the clock of the service: that of this machine may be wrong."""

    def __init__(self, service: RemoteApi) -> None:
        self._service, self._seen = service, deque[str](maxlen=REMEMBERED)
        self._cursor: str = service.get("/events", limit=1, since=AFTER_ALL)["resume_cursor"]
        deque(self._new(), maxlen=0)  # what is there already is not shown

    def follow(self, pause: float) -> Iterator[Json]:
        """What happens, each event once, for ever; `pause` seconds lie between two looks."""
        while True:
            yield from self._new()
            time.sleep(pause)

    def _new(self) -> Iterator[Json]:
        """What was not seen before, to the end of the log.

        The last seconds are shown again by the API, because a slow transaction may still come before a quick one.
        """
        while True:
            page = self._service.get("/events", limit=AT_ONCE, cursor=self._cursor)
            new = [event for event in page["data"] if event["id"] not in self._seen]
            yield from new
            self._seen.extend(event["id"] for event in new)
            self._cursor = page["pagination"]["next_cursor"] or page["resume_cursor"]
            if page["pagination"]["next_cursor"] is None:
                return


class Forwarder:
    """Sends events to one's own machine, signed as the service signs its webhooks."""

    def __init__(self, url: str) -> None:
        import httpx

        self.url, self.secret = url, "whsec_" + b64encode(secrets.token_bytes(32)).decode()
        self._client = httpx.Client(trust_env=False, timeout=10)

    def send(self, event: Json) -> str:
        """Forward an event once; what came of it."""
        import httpx

        from loyalty_core.webhooks import sign

        body = json.dumps({name: value for name, value in event.items() if name != "id"}, ensure_ascii=False).encode()
        sent = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event["id"],
            "webhook-timestamp": str(sent),
            "webhook-signature": sign(self.secret, event["id"], sent, body),
        }
        try:
            answer: httpx.Response = self._client.post(self.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            return f"not reached: {error}"
        return f"{answer.status_code} {answer.reason_phrase}".strip()


def pause_of(key: Json) -> float:
    """Seconds between two looks, so that half of the key's hourly limit is left."""
    limit = int(key["limits"]["requests_per_hour"])
    return max(QUICKEST_SECONDS, HOUR_SECONDS / (limit * SHARE))


def welcome(pause: float, forwarder: Forwarder | None) -> str:
    """What is said at the begin."""
    lines = [f"Listening; new events show within {pause:.0f} s. Ctrl+C ends it."]
    if forwarder is not None:
        lines += [f"Forwarding to {forwarder.url}", f"Secret for this run: {forwarder.secret}"]
    return "\n".join(lines)


def line_of(event: Json) -> str:
    """An event in one line: when, what, about whom."""
    customer = event["data"].get("customer") or event["data"]
    return f"{event['timestamp']}  {event['type']:20}  {customer.get('qr_code', '')}  {event['id']}"


def tell_forwarded(event: Json, forwarder: Forwarder | None, *, as_json: bool) -> None:
    """Forward an event, if somebody wants it, and say what came of it."""
    if forwarder is not None:
        click.echo(f"  -> {forwarder.send(event)}", err=as_json)
