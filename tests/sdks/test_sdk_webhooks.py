"""Webhooks that the server has signed, in each language: what is genuine is an event, what is not is refused."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread

import pytest

from loyalty_core.webhooks import sign
from tests.api.live import Live
from tests.sdks.driving import Driver, Json, given
from tests.sdks.scripted import Seen

PATIENCE_SECONDS = 20
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


class Hook:
    """A receiver on this machine, and what came."""

    def __init__(self, url: str, came: "Queue[Seen]") -> None:
        self.url, self.came = url, came

    def next(self) -> Seen:
        return self.came.get(timeout=PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def hook() -> Iterator[Hook]:
    came: Queue[Seen] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()
            came.put(Seen(self.command, self.path, dict(self.headers.items()), body))

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield Hook(f"http://127.0.0.1:{server.server_port}/hook", came)
        server.shutdown()


def check(sdk: Driver, seen: Seen, secret: str, **more: object) -> Json:
    return sdk.ask(verify=seen.body.decode(), headers=seen.headers, secret=secret, **more)


@pytest.fixture
def stamped(sdk: Driver, live: Live, hook: Hook) -> Iterator[tuple[Seen, str]]:
    """What the server sent of a stamp, and the secret of the endpoint."""
    webhook = sdk.call("webhooks.create", url=hook.url, events=["stamp.added"])
    lena = sdk.call("customers.create", name="Lena 🌱", phone=live.free_phone())
    sdk.call("customers.stamp", lena["id"], stamps=3)
    yield hook.next(), webhook["secret"]
    sdk.call("webhooks.delete", webhook["id"])


def test_what_the_server_has_signed_is_an_event(sdk: Driver, stamped: tuple[Seen, str]) -> None:
    seen, secret = stamped
    event = given(check(sdk, seen, secret))
    assert (event["type"], event["data"]["stamps_added"]) == ("stamp.added", 3)
    assert event["data"]["customer"]["name"] == "Lena 🌱"
    assert event["id"] == {name.lower(): value for name, value in seen.headers.items()}["webhook-id"]


def test_one_changed_letter_another_secret_or_a_missing_header_is_refused(
    sdk: Driver, stamped: tuple[Seen, str]
) -> None:
    seen, secret = stamped
    forged = [
        check(sdk, seen._replace(body=seen.body.replace(b"Lena", b"Lina")), secret),
        check(sdk, seen, SECRET),
        check(sdk, seen._replace(headers={}), secret),
        check(sdk, seen, secret, now=4_000_000_000),
    ]
    assert [one["error"]["class"] for one in forged] == ["InvalidSignature"] * 4


def test_while_a_secret_is_rotated_the_old_and_the_new_are_good(sdk: Driver, live: Live, hook: Hook) -> None:
    webhook = sdk.call("webhooks.create", url=hook.url, events=["stamp.added"])
    new = sdk.call("webhooks.rotate_secret", webhook["id"])["secret"]
    lena = sdk.call("customers.create", name="Lena", phone=live.free_phone())
    sdk.call("customers.stamp", lena["id"])
    seen = hook.next()
    assert given(check(sdk, seen, webhook["secret"]))["type"] == "stamp.added"
    assert given(check(sdk, seen, new))["type"] == "stamp.added"
    sdk.call("webhooks.delete", webhook["id"])


def test_an_event_of_a_later_version_is_passed_on_and_a_body_that_is_none_is_refused(running: Driver) -> None:
    for body, well in ((b'{"type":"card.flown","timestamp":"x","data":{"a":1}}', True), (b"[]", False)):
        headers = signed(body)
        told = running.ask(verify=body.decode(), headers=headers, secret=SECRET, now=1_700_000_000)
        assert ("answer" in told) is well
        if well:
            assert (told["answer"]["type"], told["answer"]["data"]) == ("card.flown", {"a": 1})


def signed(body: bytes) -> dict[str, str]:
    """Headers as the service signs them."""
    signature = sign(SECRET, "evt_1", 1_700_000_000, body)
    return {"Webhook-Id": "evt_1", "Webhook-Timestamp": "1700000000", "Webhook-Signature": signature}
