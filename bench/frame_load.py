"""Phones that send frames: a process of its own for `bench/scan.py`, which measures what they cost the server.

Each sends three pictures a second, half of them with a card. Beside them a phone stamps, and tells how long that took.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec

FRAMES_A_SECOND, STAMPS_A_SECOND = 3, 10
JPEG = {"Content-Type": "image/jpeg"}


class FrameJob(msgspec.Struct, frozen=True, kw_only=True):
    """What to send: where, as whom, for how long; `tokens` are sessions, of which the first stamps as well.

    `frames` are files; without any there are only stamps.
    """

    url: str
    tokens: list[str]
    frames: list[str]
    customer_id: int
    seconds: float


class FrameTally(msgspec.Struct, kw_only=True):
    """What came back: frames read and dropped, and the milliseconds of each stamp."""

    read: int = 0
    dropped: int = 0
    stamps_ms: list[float] = []


class Sender(NamedTuple):
    """A phone: what it sends, until when, and where it counts."""

    client: httpx.AsyncClient
    frames: list[bytes]
    tally: FrameTally
    end: float
    token: str


async def send(job: FrameJob) -> FrameTally:
    """Send until the time is over."""
    tally = FrameTally(stamps_ms=[])
    limits = httpx.Limits(max_connections=len(job.tokens) + 1)
    async with httpx.AsyncClient(base_url=job.url, timeout=20, trust_env=False, limits=limits) as client:
        end = time.monotonic() + job.seconds
        frames = [await asyncio.to_thread(Path(name).read_bytes) for name in job.frames]
        senders = [Sender(client, frames, tally, end, token) for token in job.tokens] if frames else []
        phones = [_phone(sender, number / len(senders) / FRAMES_A_SECOND) for number, sender in enumerate(senders)]
        await asyncio.gather(*phones, _stamps(client, job, tally, end))
    return tally


async def _phone(phone: Sender, pause: float) -> None:
    await asyncio.sleep(pause)
    tally, headers, turn = phone.tally, {**JPEG, "Authorization": f"Bearer {phone.token}"}, 0
    while (began := time.monotonic()) < phone.end:
        answer = await phone.client.post("/frames", content=phone.frames[turn % len(phone.frames)], headers=headers)
        tally.read, tally.dropped = tally.read + answer.is_success, tally.dropped + (not answer.is_success)
        turn += 1
        await asyncio.sleep(max(0.0, 1 / FRAMES_A_SECOND + 0.01 - (time.monotonic() - began)))


async def _stamps(client: httpx.AsyncClient, job: FrameJob, tally: FrameTally, end: float) -> None:
    headers = {"Authorization": f"Bearer {job.tokens[0]}"}
    while (began := time.monotonic()) < end:
        key = {**headers, "Idempotency-Key": f"bench-{began}"}
        (await client.post("/stamps", json={"customer_id": job.customer_id}, headers=key)).raise_for_status()
        tally.stamps_ms.append((time.monotonic() - began) * 1_000)
        await asyncio.sleep(max(0.0, 1 / STAMPS_A_SECOND - (time.monotonic() - began)))


if __name__ == "__main__":
    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=FrameJob)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(send(wanted))))
