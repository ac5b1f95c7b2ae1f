"""The test clock of `loyalty demo --clock`: it moves everything forward, and nothing back."""

import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from loyalty_app.clock import utc_now
from loyalty_cli.demo.clock import ClockMove, DemoClock
from loyalty_core.errors import InvalidRequest
from testkit.console import Console
from tests.cli.test_demo import demo

MOMENT = timedelta(seconds=5)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("6h", 21_600), ("3d", 259_200), ("2w", 1_209_600), ("1d 12h", 129_600)],
)
def test_it_moves_by_a_span(text: str, seconds: int) -> None:
    clock = DemoClock()
    before = clock()
    clock.move(ClockMove(forward=text))
    assert timedelta(seconds=seconds) <= clock() - before < timedelta(seconds=seconds) + MOMENT


def test_it_moves_to_a_moment_in_any_zone_and_goes_on_from_there() -> None:
    clock, there = DemoClock(), (utc_now() + timedelta(days=40)).replace(microsecond=0)
    clock.move(ClockMove(to=there.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") + "Z"))
    assert there <= clock() < there + MOMENT
    clock.move(ClockMove(to=f"{there + timedelta(hours=3):%Y-%m-%dT%H:%M:%S}+01:00"))
    assert there + timedelta(hours=2) <= clock() < there + timedelta(hours=2) + MOMENT


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({}, "/"),
        ({"forward": "1d", "to": "2099-01-01T00:00:00Z"}, "/"),
        ({"forward": "-3d"}, "/forward"),
        ({"forward": ""}, "/forward"),
        ({"forward": "tomorrow"}, "/forward"),
        ({"forward": "3"}, "/forward"),
        ({"forward": "999999w"}, "/forward"),
        ({"to": "2020-01-01T00:00:00Z"}, "/to"),
        ({"to": "2030-01-01T00:00:00"}, "/to"),
        ({"to": "9999-12-31T23:59:59Z"}, "/to"),
        ({"to": "tomorrow"}, "/to"),
    ],
)
def test_it_refuses_backward_and_what_it_does_not_understand_and_stays_as_it_is(
    asked: dict[str, str], pointer: str
) -> None:
    clock = DemoClock()
    with pytest.raises(InvalidRequest) as refusal:
        clock.move(msgspec.convert(asked, ClockMove))
    assert refusal.value.errors[0].pointer == pointer.rstrip("/")
    assert clock() - utc_now() < MOMENT


class Till:
    """What an integrator does with the demo's API and its clock."""

    def __init__(self, cafe: dict[str, Any], api: httpx.Client) -> None:
        self.clock: str = cafe["clock"]
        self.api = api
        self.card = f"/customers/{cafe['customer_id']}"

    def move(self, span: str) -> datetime:
        answer = httpx.post(self.clock, json={"forward": span})
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=dict[str, datetime])["now"]

    def ledger(self) -> list[str]:
        return [entry["type"] for entry in self.api.get(f"{self.card}/transactions").json()["data"]]


def assert_retries_follow(till: Till) -> None:
    """The next tries of a receiver that only hangs up come when the clock says so: minutes and hours later."""
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        receiver.settimeout(0.5)
        hook = {"url": f"http://127.0.0.1:{receiver.getsockname()[1]}/hook", "events": ["stamp.added"]}
        assert till.api.post("/webhooks", json=hook).is_success
        till.move("61m")
        assert till.api.post(f"{till.card}/stamps").is_success
        for _ in range(4):
            await_try(receiver, till)


def await_try(receiver: socket.socket, till: Till) -> None:
    for _ in range(60):
        with suppress(TimeoutError):
            receiver.accept()[0].close()
            return
        till.move("1h")
    pytest.fail("there was no further try")


def calling(cafe: dict[str, Any]) -> httpx.Client:
    return httpx.Client(base_url=f"{cafe['url']}/v1", headers={"X-Api-Key": cafe["api_key"]})


def test_cooldowns_expiry_limits_and_figures_follow_it(tmp_path: Path) -> None:
    with demo(Console(tmp_path), "--port", "0", "--clock") as (_, cafe), calling(cafe) as api:
        till = Till(cafe, api)
        assert till.api.patch("/program", json={"cooldown_seconds": 3600, "reward_valid_days": 2}).is_success
        earned = till.api.post(f"{till.card}/stamps")
        assert earned.json()["data"]["reward_earned"], "the guest lacked one stamp"
        assert till.api.post(f"{till.card}/stamps").json()["code"] == "stamp_too_soon"

        till.move("61m")
        later = till.api.post(f"{till.card}/stamps")
        assert later.is_success, "the cooldown is over"
        assert int(later.headers["x-ratelimit-reset"]) > int(earned.headers["x-ratelimit-reset"])

        assert "expire" not in till.ledger()
        assert_retries_follow(till)
        now = till.move("10d")
        assert till.ledger()[0] == "expire", "booked before the move is answered"
        assert till.api.post(f"{till.card}/redeem").json()["code"] in {"no_reward_available", "reward_expired"}
        days = till.api.get("/analytics").json()["data"]["daily"]
        assert days[-1]["date"] in {f"{now:%Y-%m-%d}", f"{now - timedelta(hours=12):%Y-%m-%d}"}
        refused = httpx.post(till.clock, json={"to": "2020-01-01T00:00:00Z"})
        assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")
        assert httpx.get(till.clock).json()["now"] > f"{now:%Y-%m-%dT%H:%M:%S}"
