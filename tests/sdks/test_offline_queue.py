"""The offline queue of each language: what was kept is sent once, in order, and survives a crash."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.api.live import Live
from tests.sdks.driving import Driver, given
from tests.sdks.scripted import cutting, scripted


@pytest.fixture
def queue(tmp_path: Path) -> str:
    return str(tmp_path / "till-1.queue")


def a_customer(sdk: Driver, live: Live) -> dict[str, object]:
    found: dict[str, object] = sdk.call("customers.create", name="Lena", phone=live.free_phone())
    return found


def test_what_was_kept_is_sent_with_its_time_and_then_forgotten(sdk: Driver, live: Live, queue: str) -> None:
    lena = a_customer(sdk, live)
    kept = [given(sdk.ask(offline=queue, add=lena["qr_code"], given={"stamps": 2})) for _ in range(3)]
    told = sdk.ask(offline=queue)
    assert told["waiting"] == 0
    assert [one["item"]["idempotency_key"] for one in given(told)] == [one["idempotency_key"] for one in kept]
    assert {one["outcome"]["status"] for one in given(told)} == {200}
    assert sdk.call("customers.get", lena["id"])["total_stamps"] == 6
    assert not Path(queue).exists()


def test_a_stamp_that_had_arrived_all_the_same_is_given_once(sdk: Driver, live: Live, queue: str) -> None:
    lena, key = a_customer(sdk, live), "receipt 7 of Lena".replace(" ", "-") + live.free_phone()
    sdk.call("customers.stamp", lena["id"], idempotency_key=key)
    sdk.ask(offline=queue, add=lena["id"], given={"idempotency_key": key})
    [told] = given(sdk.ask(offline=queue))
    assert (told["outcome"]["status"], told["outcome"]["replayed"]) == (200, True)
    assert sdk.call("customers.get", lena["id"])["total_stamps"] == 1


def test_what_the_server_refuses_is_told_and_does_not_wait_for_ever(sdk: Driver, queue: str) -> None:
    sdk.ask(offline=queue, add="CUS0000000000")
    told = sdk.ask(offline=queue)
    assert given(told)[0]["outcome"]["problem"]["code"] == "customer_not_found"
    assert told["waiting"] == 0


def time_in(**ahead: float) -> str:
    return f"{datetime.now(UTC) + timedelta(**ahead):%Y-%m-%dT%H:%M:%S.000Z}"


def test_a_stamp_of_a_till_whose_clock_is_fast_waits_for_its_time_and_holds_no_other_up(
    sdk: Driver, live: Live, queue: str
) -> None:
    lena, fast = a_customer(sdk, live), time_in(minutes=10)
    ahead = given(sdk.ask(offline=queue, add=lena["id"], given={"occurred_at": fast}))
    other = given(sdk.ask(offline=queue, add=lena["id"]))
    told = sdk.ask(offline=queue)
    assert [one["item"]["idempotency_key"] for one in given(told)] == [other["idempotency_key"]]
    assert (told["waiting"], sdk.call("customers.get", lena["id"])["total_stamps"]) == (1, 1)
    text = Path(queue).read_text()
    Path(queue).write_text(text.replace(fast, time_in(minutes=-1)))  # as if its time had come
    told = sdk.ask(offline=queue)
    assert [one["item"]["idempotency_key"] for one in given(told)] == [ahead["idempotency_key"]]
    assert (told["waiting"], sdk.call("customers.get", lena["id"])["total_stamps"]) == (0, 2)


@pytest.mark.parametrize("when", [{"days": -7, "minutes": -1}, {"days": -400}])
def test_a_stamp_that_is_too_old_is_told_as_refused_and_does_not_wait_for_ever(
    sdk: Driver, live: Live, queue: str, when: dict[str, float]
) -> None:
    sdk.ask(offline=queue, add=a_customer(sdk, live)["id"], given={"occurred_at": time_in(**when)})
    told = sdk.ask(offline=queue)
    assert given(told)[0]["outcome"]["problem"]["errors"][0]["pointer"] == "/occurred_at"
    assert told["waiting"] == 0


def test_without_a_line_it_keeps_waiting(running: Driver, live: Live, queue: str) -> None:
    running.open(live.url, live.key)
    lena = a_customer(running, live)
    running.ask(offline=queue, add=lena["id"])
    running.open("http://127.0.0.1:9", live.key, retries=0)
    told = running.ask(offline=queue)
    assert (told["error"]["class"], told["waiting"]) == ("ConnectionFailed", 1)
    running.open(live.url, live.key)
    assert running.ask(offline=queue)["waiting"] == 0
    assert running.call("customers.get", lena["id"])["total_stamps"] == 1


def test_of_an_answer_that_is_cut_off_each_stamp_is_given_once(running: Driver, live: Live, queue: str) -> None:
    running.open(live.url, live.key)
    lena = a_customer(running, live)
    for _ in range(4):
        running.ask(offline=queue, add=lena["id"])
    with cutting(int(urlsplit(live.url).port or 0), times=1) as url:
        running.open(url, live.key)
        assert running.ask(offline=queue)["waiting"] == 0
    running.open(live.url, live.key)
    assert running.call("customers.get", lena["id"])["total_stamps"] == 4


def test_a_number_is_an_id_here_too_even_as_a_text(sdk: Driver, live: Live, queue: str) -> None:
    lena = a_customer(sdk, live)
    for named in (lena["id"], f" {lena['id']}\n", f" {lena['qr_code']} "):
        sdk.ask(offline=queue, add=named)
    assert [one["outcome"]["status"] for one in given(sdk.ask(offline=queue))] == [200] * 3
    assert sdk.call("customers.get", lena["id"])["total_stamps"] == 3


def test_a_name_that_no_stamp_has_or_an_empty_scan_is_refused_at_once_and_not_kept(sdk: Driver, queue: str) -> None:
    for name in ("orderref", "stampz"):
        assert f"A stamp has no {name}." in sdk.ask(offline=queue, add=7, given={name: 1})["error"]["text"]
    for nothing in ("", " \n", ".", ".."):
        assert "code" in sdk.ask(offline=queue, add=nothing)["error"]["text"]
    assert not Path(queue).exists()


def test_a_stamp_is_kept_with_all_that_it_may_carry_under_the_names_of_the_language(
    sdk: Driver, live: Live, queue: str
) -> None:
    lena, till = a_customer(sdk, live), f"till-1-{live.free_phone()}"
    carried = {
        "order_ref": till,
        "branch_id": live.given("GET", "/branches")[0]["id"],
        "occurred_at": time_in(hours=-1),
    }
    carried["program_id"] = live.given("GET", "/programs")[0]["id"]
    kept = given(sdk.ask(offline=queue, add=lena["id"], given=carried))
    assert {name: kept[name] for name in carried} == carried
    assert given(sdk.ask(offline=queue))[0]["outcome"]["status"] == 200
    [entry] = live.given("GET", f"/transactions?order_ref={till.replace('+', '%2B')}")
    assert (entry["branch_id"], entry["occurred_at"][:16]) == (carried["branch_id"], carried["occurred_at"][:16])


def test_a_line_that_a_crash_cut_off_harms_no_other(sdk: Driver, live: Live, queue: str) -> None:
    lena = a_customer(sdk, live)
    sdk.ask(offline=queue, add=lena["id"])
    with Path(queue).open("ab") as file:
        file.write(b'{"stamp": {"idempotency_key": "cut o')
    sdk.ask(offline=queue, add=lena["id"])
    assert len(given(sdk.ask(offline=queue))) == 2
    assert sdk.call("customers.get", lena["id"])["total_stamps"] == 2


def outcomes(count: int) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps({"data": [{"status": 200}] * count}).encode()


def test_the_largest_stamps_that_can_be_kept_fit_into_the_requests_that_carry_them(running: Driver, queue: str) -> None:
    longest = {"order_ref": "\N{GRINNING FACE}" * 100, "branch_id": 2**63 - 1}
    for number in range(101):
        running.ask(offline=queue, add="CUS12AB34CD56" * 5, given={"idempotency_key": f"{number:0255}", **longest})
    with scripted(outcomes(100), outcomes(1)) as script:
        running.open(script.url, "ll_a_key")
        assert running.ask(offline=queue)["waiting"] == 0
    assert max(len(seen.body) for seen in script.seen) < 262_144


@pytest.mark.parametrize("running", ["Python", "Node"], indirect=True)
def test_a_text_that_no_server_could_read_is_refused_at_once_and_holds_no_other_up(
    running: Driver, live: Live, queue: str
) -> None:
    running.open(live.url, live.key)
    lena = a_customer(running, live)
    assert "error" in running.ask(offline=queue, add="CUS\ud800")
    assert "error" in running.ask(offline=queue, add=lena["id"], given={"order_ref": "\udcff"})
    running.ask(offline=queue, add=lena["id"])
    assert running.ask(offline=queue)["waiting"] == 0
    assert running.call("customers.get", lena["id"])["total_stamps"] == 1
