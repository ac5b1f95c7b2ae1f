"""The offline queue of each language: what was kept is sent once, in order, and survives a crash."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.api.live import Live
from tests.sdks.driving import Driver, given
from tests.sdks.scripted import cutting


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
    for named in (lena["id"], str(lena["id"]), f" {lena['qr_code']} "):
        sdk.ask(offline=queue, add=named)
    assert [one["outcome"]["status"] for one in given(sdk.ask(offline=queue))] == [200] * 3
    assert sdk.call("customers.get", lena["id"])["total_stamps"] == 3


def test_a_line_that_a_crash_cut_off_harms_no_other(sdk: Driver, live: Live, queue: str) -> None:
    lena = a_customer(sdk, live)
    sdk.ask(offline=queue, add=lena["id"])
    with Path(queue).open("ab") as file:
        file.write(b'{"stamp": {"idempotency_key": "cut o')
    sdk.ask(offline=queue, add=lena["id"])
    assert len(given(sdk.ask(offline=queue))) == 2
    assert sdk.call("customers.get", lena["id"])["total_stamps"] == 2
