"""What is noted of an attempt, against a real receiver that answers well, badly, slowly, or not at all."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from loyalty_app.webhooks.delivery_queue import DEADLINE_SECONDS
from loyalty_core.delivery_retries import Delivered, Disable, GaveUp, RetryAt
from tests.webhooks.names import name_server
from tests.webhooks.receiver import HUGE, receiving
from tests.webhooks.sending import a_job, sending

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHORT_SECONDS = 0.3


def at_noon() -> datetime:
    return NOON


@pytest.mark.parametrize("status", [200, 201, 202, 299])
async def test_a_2xx_is_a_delivery_and_its_words_are_kept(status: int) -> None:
    async with receiving(str(status)) as receiver, sending() as sender:
        tried = await sender.attempt(a_job(receiver.url), at_noon)

    assert (tried.verdict, tried.at, tried.job) == (Delivered(), NOON, a_job(receiver.url))
    assert (tried.http_status, tried.error, tried.response) == (status, None, f"said {status}".encode())


async def test_an_answer_without_a_body_is_a_delivery_too() -> None:
    async with receiving("204") as receiver, sending() as sender:
        tried = await sender.attempt(a_job(receiver.url))

    assert (tried.verdict, tried.http_status, tried.response) == (Delivered(), 204, b"")


@pytest.mark.parametrize("status", [300, 304, 400, 401, 404, 500, 503])
async def test_another_status_is_a_failure_that_is_tried_again(status: int) -> None:
    async with receiving(str(status)) as receiver, sending() as sender:
        tried = await sender.attempt(a_job(receiver.url), at_noon)

    assert isinstance(tried.verdict, RetryAt)
    assert timedelta(seconds=4) <= tried.verdict.at - NOON <= timedelta(seconds=6)
    assert (tried.http_status, tried.error) == (status, None)


async def test_gone_switches_the_endpoint_off() -> None:
    async with receiving("410") as receiver, sending() as sender:
        assert (await sender.attempt(a_job(receiver.url))).verdict == Disable()


async def test_the_tenth_failure_is_the_last() -> None:
    async with receiving("500") as receiver, sending() as sender:
        assert (await sender.attempt(a_job(receiver.url, number=10))).verdict == GaveUp()


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        ("120", 120, 240),
        (" 90 ", 90, 180),
        ("999999999", 86_400, 172_800),
        ("9" * 500, 60, 120),
        ("-5", 60, 120),
        ("1.5", 60, 120),
        ("soon", 60, 120),
        ("\N{SUPERSCRIPT TWO}", 60, 120),
        ("Mon, 02 Mar 2026 18:00:00 GMT", 60, 120),
    ],
)
async def test_an_overloaded_receiver_is_left_alone_as_it_asks(retry_after: str, least: int, most: int) -> None:
    async with receiving("429") as receiver, sending() as sender:
        receiver.retry_after = retry_after
        tried = await sender.attempt(a_job(receiver.url), at_noon)

    assert isinstance(tried.verdict, RetryAt)
    assert least <= (tried.verdict.at - NOON).total_seconds() <= most
    assert tried.http_status == 429


@pytest.mark.parametrize("mode", ["hang", "drip"])
async def test_one_deadline_covers_the_whole_answer_however_slowly_it_comes(mode: str) -> None:
    async with receiving(mode) as receiver, sending(deadline=SHORT_SECONDS) as sender:
        began = time.monotonic()
        tried = await sender.attempt(a_job(receiver.url), at_noon)
        took = time.monotonic() - began

    assert SHORT_SECONDS * 0.9 <= took < DEADLINE_SECONDS
    assert isinstance(tried.verdict, RetryAt)
    assert timedelta(minutes=1) <= tried.verdict.at - NOON <= timedelta(minutes=2)
    assert (tried.http_status, tried.error, tried.response) == (None, "timeout", None)
    assert SHORT_SECONDS * 900 <= tried.milliseconds <= took * 1000 + 1


async def test_one_that_hangs_delays_no_other() -> None:
    async with receiving("hang") as slow, receiving() as quick, sending() as sender:
        waiting = asyncio.create_task(sender.attempt(a_job(slow.url)))
        await slow.gets(1)
        assert (await sender.attempt(a_job(quick.url))).verdict == Delivered()
        assert not waiting.done()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_of_a_huge_answer_little_is_read_and_less_kept() -> None:
    async with receiving("huge") as receiver, sending() as sender:
        tried = await sender.attempt(a_job(receiver.url))

    assert tried.verdict == Delivered()
    assert tried.response == b"x" * 4_096
    assert receiver.bytes_out < HUGE / 4  # what lies in buffers on the way was sent, but not read


async def test_a_zipped_answer_is_not_unzipped() -> None:
    async with receiving("zipped") as receiver, sending() as sender:
        tried = await sender.attempt(a_job(receiver.url))

    assert (tried.verdict, tried.response) == (Delivered(), b"\x1f\x8b not really zipped")


@pytest.mark.parametrize(
    ("mode", "error"), [("close", "closed"), ("reset", "closed"), ("break off", "closed"), ("babble", "not_http")]
)
async def test_a_broken_answer_is_a_failure_with_its_kind(mode: str, error: str) -> None:
    async with receiving(mode) as receiver, sending() as sender:
        tried = await sender.attempt(a_job(receiver.url))

    assert isinstance(tried.verdict, RetryAt)
    assert (tried.http_status, tried.error, tried.response) == (None, error, None)


async def test_where_nobody_listens_or_no_name_leads_the_failure_says_so() -> None:
    async with receiving() as receiver:
        pass
    async with sending() as sender:
        nobody = await sender.attempt(a_job(receiver.url))
    with name_server():
        async with sending() as sender:
            nowhere = await sender.attempt(a_job("https://shop.example/hook"))

    assert (nobody.error, nowhere.error) == ("connect", "name_not_found")
