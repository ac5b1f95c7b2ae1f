"""One attempt, against a real receiver: what is sent, and what is never done."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from loyalty_core.delivery_retries import Delivered, RetryAt
from loyalty_core.webhooks import verify
from tests.webhooks.certificates import CERTIFICATE, own_certificate
from tests.webhooks.receiver import receiving
from tests.webhooks.sending import BODY, EVENT_ID, OLD_SECRET, PUBLIC_ONLY, SECRET, a_job, sending

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SEND_ONE = """
import asyncio, sys
from tests.webhooks.sending import a_job, sending

async def send():
    async with sending() as sender:
        print((await sender.attempt(a_job(sys.argv[1]))).verdict)

asyncio.run(send())
"""


def at_noon() -> datetime:
    return NOON


# What is sent.


async def test_the_very_bytes_of_the_event_are_posted() -> None:
    async with receiving() as receiver, sending() as sender:
        await sender.attempt(a_job(f"{receiver.url}/a%20b%2F?shop=1&x=%26"))

    request = receiver.requests[0]
    assert (request.method, request.path) == ("POST", "/hook/a%20b%2F?shop=1&x=%26")
    assert request.body == BODY


async def test_the_headers_are_these_and_no_others() -> None:
    async with receiving() as receiver, sending() as sender:
        await sender.attempt(a_job(receiver.url), at_noon)

    headers = dict(receiver.requests[0].headers)
    verify(SECRET, headers, BODY, now=NOON)
    assert headers.pop("webhook-signature").startswith("v1,")
    assert headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "accept": "*/*",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "content-length": str(len(BODY)),
        "user-agent": "LoyaltyWebhooks/1",
        "webhook-id": EVENT_ID,
        "webhook-timestamp": str(int(NOON.timestamp())),
    }


async def test_signatures_tell_the_real_time_where_the_clock_of_attempts_was_moved() -> None:
    async with receiving() as receiver, sending(signed_at=at_noon) as sender:
        tried = await sender.attempt(a_job(receiver.url), lambda: NOON + timedelta(days=3))

    verify(SECRET, dict(receiver.requests[0].headers), BODY, now=NOON)
    assert tried.at == NOON + timedelta(days=3)


async def test_while_a_secret_is_renewed_there_are_two_signatures_and_either_is_good() -> None:
    async with receiving() as receiver, sending() as sender:
        await sender.attempt(a_job(receiver.url, secrets=(SECRET.encode(), OLD_SECRET.encode())), at_noon)

    headers = receiver.requests[0].headers
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, OLD_SECRET):
        verify(secret, headers, BODY, now=NOON)


async def test_every_try_is_signed_anew_with_the_same_id_and_body() -> None:
    async with receiving("500", "ok") as receiver, sending() as sender:
        await sender.attempt(a_job(receiver.url), at_noon)
        await sender.attempt(a_job(receiver.url, number=2), lambda: NOON + timedelta(hours=2))

    first, second = receiver.requests
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    verify(SECRET, second.headers, BODY, now=NOON + timedelta(hours=2))


async def test_a_connection_is_kept_for_the_next_delivery() -> None:
    async with receiving() as receiver, sending() as sender:
        for _ in range(5):
            await sender.attempt(a_job(receiver.url))

    assert [request.connection for request in receiver.requests] == [1, 1, 1, 1, 1]


async def test_after_a_connection_was_lost_the_next_delivery_opens_another() -> None:
    async with receiving("close", "ok") as receiver, sending() as sender:
        lost = await sender.attempt(a_job(receiver.url))
        found = await sender.attempt(a_job(receiver.url, number=2))

    assert (lost.error, found.verdict, receiver.connections) == ("closed", Delivered(), 2)


async def test_a_cookie_is_not_kept() -> None:
    async with receiving("cookie", "ok") as receiver, sending() as sender:
        await sender.attempt(a_job(receiver.url))
        await sender.attempt(a_job(receiver.url))

    assert "cookie" not in receiver.requests[1].headers


# What is never done.


async def test_nothing_is_told_to_one_whose_certificate_nobody_vouches_for(tmp_path: Path) -> None:
    async with receiving(tls=own_certificate(tmp_path)) as receiver, sending() as sender:
        tried = await sender.attempt(a_job(receiver.url))

    assert isinstance(tried.verdict, RetryAt)
    assert (tried.error, receiver.requests) == ("tls", [])


async def test_one_whose_certificate_is_vouched_for_gets_its_event(tmp_path: Path) -> None:
    async with receiving(tls=own_certificate(tmp_path)) as receiver:
        trusting = {**os.environ, "SSL_CERT_FILE": str(tmp_path / CERTIFICATE)}
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SEND_ONE, receiver.url, env=trusting, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await program.communicate()

    assert (said, [request.body for request in receiver.requests]) == (b"Delivered()\n", [BODY])


async def test_a_redirect_is_a_failure_and_its_target_is_never_contacted() -> None:
    async with receiving() as target, receiving("redirect") as receiver, sending() as sender:
        receiver.location = target.url
        tried = await sender.attempt(a_job(receiver.url))

    assert isinstance(tried.verdict, RetryAt)
    assert (tried.http_status, target.connections) == (307, 0)


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy"])
async def test_a_proxy_of_the_environment_sees_nothing(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with receiving() as proxy, receiving() as plain, receiving(tls=own_certificate(tmp_path)) as safe:
        monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
        async with sending() as sender:
            tried = [await sender.attempt(a_job(receiver.url)) for receiver in (plain, safe)]

    assert ([one.error for one in tried], proxy.connections) == ([None, "tls"], 0)


async def test_a_password_of_the_environment_is_not_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login mira password tulip\n")
    monkeypatch.setenv("NETRC", str(netrc))
    async with receiving() as receiver, sending() as sender:
        await sender.attempt(a_job(receiver.url))

    assert "authorization" not in receiver.requests[0].headers


async def test_an_address_that_is_not_public_is_not_dialled() -> None:
    async with receiving() as receiver, sending(PUBLIC_ONLY) as sender:
        tried = await sender.attempt(a_job(receiver.url), at_noon)

    assert isinstance(tried.verdict, RetryAt)
    assert (tried.error, tried.http_status) == ("address_not_public", None)
    assert receiver.connections == 0
