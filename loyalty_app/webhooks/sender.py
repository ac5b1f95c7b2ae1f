"""The sender: one attempt to deliver one event over HTTP, with nothing held open but the connection.

One deadline of 15 seconds covers everything. Redirects are not followed, proxies of the environment not used; at most
64 KiB of the answer are read and 4 KiB kept. The guard sees every address when it is dialled. The core decides when to
try again.
"""

import logging
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from loyalty_app.clock import Clock, utc_now
from loyalty_app.settings import SettingsError
from loyalty_app.webhooks.addresses import Guard, NotAllowed, parse_address
from loyalty_app.webhooks.delivery_queue import DEADLINE_SECONDS, DeliveryAttempt, DeliveryJob
from loyalty_core.delivery_retries import Attempt, judge
from loyalty_core.webhooks import signature_header

MOST_READ = 64 * 1024
MOST_KEPT = 4 * 1024
UNREADABLE = "secret_unreadable"
AGENT = "LoyaltyWebhooks/1"
SECONDS_A_DAY = 86_400


log = logging.getLogger(__name__)


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt got: an answer, or the kind of failure in one word."""

    status: int | None = None
    retry_after: int | None = None
    response: bytes | None = None
    error: str | None = None


class Sender:
    """Sends webhooks. Why two connection pools: the guard judges https and http differently."""

    def __init__(
        self,
        guard: Guard,
        unlock: Callable[[bytes], str],
        *,
        deadline: float = DEADLINE_SECONDS,
        signed_at: Clock | None = None,
    ) -> None:
        """`signed_at` is the clock of signatures, which receivers compare with theirs; else that of the attempts."""
        self._unlock, self._deadline, self._signed_at = unlock, deadline, signed_at
        self._sessions = {scheme: _session(guard, https=scheme == "https") for scheme in ("https", "http")}

    async def attempt(self, job: DeliveryJob, clock: Clock = utc_now) -> DeliveryAttempt:
        """Try a delivery once, and judge the result."""
        at, began = clock(), time.perf_counter()
        received = await self._post(job, int((self._signed_at or clock)().timestamp()))
        milliseconds = int((time.perf_counter() - began) * 1000)
        attempt = Attempt(
            number=job.number,
            status=received.status if received.error is None else None,
            timed_out=received.error == "timeout",
            retry_after=received.retry_after,
            dice=secrets.randbelow(1_000) / 1_000,
        )
        return DeliveryAttempt(
            job=job,
            at=at,
            milliseconds=milliseconds,
            verdict=judge(attempt, clock()),
            http_status=received.status,
            error=received.error,
            response=received.response,
        )

    async def _post(self, job: DeliveryJob, timestamp: int) -> Received:
        url = URL(job.url)
        readable = list(self._readable(job))
        if not readable:
            return Received(error=UNREADABLE)
        headers = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": AGENT,
            "webhook-id": job.event_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature_header(readable, job.event_id, timestamp, job.body),
        }
        timeout = aiohttp.ClientTimeout(total=self._deadline)
        session = self._sessions[url.scheme]
        try:
            async with session.post(
                url, data=job.body, headers=headers, allow_redirects=False, timeout=timeout
            ) as answer:
                return await _read(answer)
        except TimeoutError:
            return Received(error="timeout")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Received(error=_kind(error))

    def _readable(self, job: DeliveryJob) -> Iterator[str]:
        """The secrets that sign. One that was encrypted with another key is left out, which the log says."""
        for secret in job.secrets:
            try:
                yield self._unlock(secret)
            except SettingsError as error:
                where = f"a secret of webhook {job.endpoint_id} of business {job.business_id}"
                log.error("%s cannot be read: %s", where, error)  # noqa: TRY400  # its traceback tells nothing

    async def close(self) -> None:
        """Close all connections."""
        for session in self._sessions.values():
            await session.close()


async def _read(answer: aiohttp.ClientResponse) -> Received:
    read = bytearray()
    async for chunk in answer.content.iter_any():
        read += chunk
        if len(read) > MOST_READ:
            answer.close()
            break
    return Received(status=answer.status, retry_after=_seconds(answer), response=bytes(read[:MOST_KEPT]))


def _seconds(answer: aiohttp.ClientResponse) -> int | None:
    """Retry-After in seconds; its other form, a date, is rare and ignored."""
    text = answer.headers.get("Retry-After", "").strip()
    return min(int(text), SECONDS_A_DAY) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004  # digits of a count


def _session(guard: Guard, *, https: bool) -> aiohttp.ClientSession:
    def make_socket(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, target = info
        if not guard.admits(parse_address(target[0]), int(target[1]), https=https):
            raise NotAllowed(NotAllowed.__doc__)
        made = socket.socket(family=family, type=kind, proto=protocol)
        made.setblocking(False)  # noqa: FBT003  # its only form
        return made

    connector = aiohttp.TCPConnector(socket_factory=make_socket, limit=0, use_dns_cache=False)
    return aiohttp.ClientSession(
        connector=connector, trust_env=False, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
    )


KINDS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "name_not_found"),
    (aiohttp.ClientSSLError, "tls"),
    (aiohttp.ClientConnectorError, "connect"),
    (aiohttp.ServerDisconnectedError, "closed"),
    (aiohttp.ClientOSError, "closed"),
    (aiohttp.ClientPayloadError, "closed"),
    (aiohttp.InvalidURL, "url"),
    (aiohttp.ClientError, "not_http"),
)


def _kind(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, NotAllowed):
        return "address_not_public"
    return next((word for kind, word in KINDS if isinstance(error, kind)), "connect")
