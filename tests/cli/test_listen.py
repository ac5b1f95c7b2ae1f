"""`loyalty listen` and `loyalty trigger`: events as they happen, on one's own machine."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest

from loyalty_cli.trigger import TRIGGERS
from loyalty_core.events import EVENT_TYPES
from loyalty_core.webhooks import verify
from tests.api.live import NOBODY, Live, live_shop
from tests.sdks.test_sdk_webhooks import Hook, hook

__all__ = ["hook"]

LOYALTY = (sys.executable, "-m", "loyalty_cli")
WRONG_CLOCK = """
import datetime, runpy, sys
class Wrong(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(hours={hours})
datetime.datetime = Wrong
runpy.run_module("loyalty_cli", run_name="__main__", alter_sys=True)
"""
"""The same on a laptop whose clock is wrong."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live_shop(tmp_path_factory.mktemp("live")) as live:
        yield live


@contextmanager
def listening(live: Live, *options: str, loyalty: tuple[str, ...] = LOYALTY) -> Iterator[IO[str]]:
    """`loyalty listen`, once it listens; its output."""
    command = (*loyalty, "listen", "--url", f"{live.url}/v1/", *options)
    environment = {**os.environ, "LOYALTY_API_KEY": live.key}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        try:
            yield process.stdout
        finally:
            process.kill()


def triggered(live: Live, event: str) -> str:
    environment = {**os.environ, "LOYALTY_API_KEY": live.key}
    command = (*LOYALTY, "trigger", event, "--url", live.url)
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_an_event_is_shown_and_forwarded_with_the_signature_of_the_secret_that_was_printed(
    live: Live, hook: Hook
) -> None:
    with listening(live, "--forward", hook.url, "--event", "stamp.added") as said:
        head = [said.readline() for _ in range(3)]
        assert "stamp.added has happened" in triggered(live, "stamp.added")
        shown, forwarded = said.readline(), said.readline()
        seen = hook.next()
    assert ("stamp.added" in shown, "204" in forwarded) == (True, True)
    secret = re.findall(r"whsec_\S+", "".join(head))[0]
    verify(secret, seen.headers, seen.body, now=datetime.now(UTC))
    assert json.loads(seen.body)["type"] == "stamp.added"


@pytest.mark.parametrize("hours", [-24, 24])
def test_it_begins_at_the_moment_at_which_it_says_so_however_wrong_the_clock_of_the_machine_is(
    live: Live, hours: int
) -> None:
    lena, omar = (live.given("POST", "/customers", {"name": name, "phone": live.free_phone()}) for name in "LO")
    live.given("POST", f"/customers/{lena['id']}/stamps")
    laptop = (sys.executable, "-c", WRONG_CLOCK.format(hours=hours))
    with listening(live, "--event", "stamp.added", loyalty=laptop) as said:
        said.readline()
        live.given("POST", f"/customers/{omar['id']}/stamps")
        live.given("POST", f"/customers/{lena['id']}/stamps")
        shown = [said.readline() for _ in range(2)]
    assert [omar["qr_code"] in shown[0], lena["qr_code"] in shown[1]] == [True, True], shown


def test_each_event_can_be_triggered_and_is_in_the_log_afterwards(live: Live) -> None:
    assert TRIGGERS.keys() == set(EVENT_TYPES)
    live.given("POST", "/webhooks", {"url": NOBODY, "events": ["webhook.test"]})
    for event in TRIGGERS:
        triggered(live, event)
    log = live.client.get("/events", params={"limit": 100}).json()["data"]
    assert {event["type"] for event in log} == set(EVENT_TYPES) - {"webhook.test"}
    [webhook] = live.given("GET", "/webhooks")
    assert live.given("GET", f"/webhooks/{webhook['id']}/deliveries")[0]["event_type"] == "webhook.test"


def refused(*arguments: str, key: str = "ll_x") -> str:
    environment = {**os.environ, "LOYALTY_API_KEY": key}
    ended = subprocess.run((*LOYALTY, *arguments), env=environment, check=False, capture_output=True, text=True)
    assert ended.returncode
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_what_is_no_address_to_forward_to_is_refused_before_anything_is_shown() -> None:
    said = refused("listen", "--url", "http://127.0.0.1:9", "--forward", "localhost:3000")
    assert "'localhost:3000' is no address such as http://127.0.0.1:3000/hook" in said


def test_a_test_without_a_webhook_is_not_said_to_have_happened(live: Live) -> None:
    for webhook in live.given("GET", "/webhooks"):
        live.given("DELETE", f"/webhooks/{webhook['id']}")
    assert "no webhook to test" in refused("trigger", "webhook.test", "--url", live.url, key=live.key)


def test_a_card_is_filled_where_a_visit_has_to_wait_for_the_next(live: Live) -> None:
    live.given("PATCH", "/program", {"cooldown_seconds": 3_600})
    try:
        assert "reward.redeemed has happened" in triggered(live, "reward.redeemed")
    finally:
        live.given("PATCH", "/program", {"cooldown_seconds": 0})


def test_a_service_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    environment = {**os.environ, "LOYALTY_API_KEY": "ll_x"}
    command = (*LOYALTY, "listen", "--url", "http://127.0.0.1:9")
    ended = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert ended.returncode == 1
    assert "http://127.0.0.1:9/v1/ did not answer" in ended.stderr
    assert "Traceback" not in ended.stderr
