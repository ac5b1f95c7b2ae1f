"""The offline queue: stamps made without a network are kept in a file, with their time, and sent as batches later.

    queue = OfflineQueue("till-1.queue")
    try:
        client.customers.stamp(code, idempotency_key=key)
    except LoyaltyLoopError as error:
        if not error.undecided:
            raise
        queue.add(code, idempotency_key=key)       # the same key: it is stamped once, however often it is sent
    ...
    for kept, outcome in queue.send(client):
        ...

Each line of the file is a stamp, or says that one is settled; a line that a crash cut off is left out. One process at
a time writes to a file, with as many threads as it likes.
"""

import json
import os
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyaltyloop._calls import encoded_time, name_of
from loyaltyloop.client import Client
from loyaltyloop.models import BatchOutcome

if TYPE_CHECKING:
    from loyaltyloop.async_client import AsyncClient

AT_ONCE = 100
"""Items of a batch: far below the largest body, and cheap where little of the hourly limit is left."""
WRITING = threading.Lock()
"""Held while a file is written, or removed because nothing waits in it."""
NO_TIME = 500
"""Statuses from here on are no decision."""
CARRIED = ("branch_id", "order_ref", "program_id", "occurred_at")
"""What a stamp may carry besides."""
OLDEST = timedelta(days=7)
"""An older stamp is too old for the server too, and never becomes right."""


@dataclass(frozen=True)
class Kept:
    """A stamp that waits to be sent."""

    item: dict[str, Any]

    @property
    def idempotency_key(self) -> str:
        """Its key, which makes it happen once."""
        return str(self.item["idempotency_key"])


Settled = tuple[Kept, BatchOutcome]
"""A stamp, and what became of it."""


class OfflineQueue:
    """Stamps that wait in a file."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def add(
        self,
        customer: int | str,
        *,
        stamps: int = 1,
        idempotency_key: str | None = None,
        **more: Any,
    ) -> Kept:
        """Keep a stamp, on the disk when this returns. `more` is what a stamp may carry, as `stamp` names it: CARRIED.

        Raises OSError: the file cannot be written. Raises ValueError: the customer is empty, a stamp carries no such
        thing, or a text is no Unicode.
        """
        named = name_of(customer)
        if unknown := sorted(more.keys() - set(CARRIED)):
            raise ValueError(f"A stamp has no {', '.join(unknown)}. It may carry {', '.join(CARRIED)}.")
        who: dict[str, int | str] = {"customer_id": int(named)} if named.isdecimal() else {"qr_code": named}
        at = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        key = idempotency_key or str(uuid.uuid4())
        item = {"idempotency_key": key, **who, "stamps": stamps, "occurred_at": at, **more}
        self._append([{"stamp": item}])
        return Kept(item)

    def waiting(self) -> list[Kept]:
        """What waits, the oldest first."""
        found: dict[str, Kept] = {}
        for line in self._lines():
            if "stamp" in line:
                found[line["stamp"]["idempotency_key"]] = Kept(line["stamp"])
            found.pop(line.get("settled", ""), None)
        return list(found.values())

    def send(self, client: Client) -> Iterator[Settled]:
        """Send what waits; yield each stamp with its outcome, once that is on the disk.

        A stamp that the server refused is settled too: its outcome carries the problem. One that the server had no time
        for keeps waiting, and so does one whose time lies ahead of the server's, because the clock of the till is fast.
        Raises LoyaltyLoopError: the rest still waits.
        """
        for part in self._parts():
            yield from self._settle(part, client.stamps.batch(items=[kept.item for kept in part]))
        self._forget()

    async def send_async(self, client: "AsyncClient") -> AsyncIterator[Settled]:
        """The same with the client for asyncio."""
        for part in self._parts():
            for one in self._settle(part, await client.stamps.batch(items=[kept.item for kept in part])):
                yield one
        self._forget()

    def _parts(self) -> list[list[Kept]]:
        waiting = self.waiting()
        return [waiting[first : first + AT_ONCE] for first in range(0, len(waiting), AT_ONCE)]

    def _settle(self, part: list[Kept], outcomes: list[BatchOutcome]) -> list[Settled]:
        pairs = zip(part, outcomes, strict=True)
        settled = [(kept, outcome) for kept, outcome in pairs if not _waits(kept, outcome)]
        self._append([{"settled": kept.idempotency_key} for kept, _ in settled])
        return settled

    def _forget(self) -> None:
        with WRITING:
            if not self.waiting():
                self._path.unlink(missing_ok=True)

    def _append(self, lines: list[dict[str, Any]]) -> None:
        text = b"".join(_written(line) for line in lines)
        with WRITING, self._path.open("ab") as file:
            if file.tell() and not self._ends_whole():
                file.write(b"\n")
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    def _ends_whole(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def _lines(self) -> Iterator[dict[str, Any]]:
        if not self._path.exists():
            return
        for line in self._path.read_bytes().split(b"\n"):
            if (told := _read(line)) is not None:
                yield told


def _waits(kept: Kept, outcome: BatchOutcome) -> bool:
    """Whether a stamp is sent again: nothing was decided about it, or its time has not come by the server's clock.

    Why by age: only one that is refused for its time, and is not too old, can be ahead. It becomes right with time.
    """
    if outcome.status >= NO_TIME:
        return True
    wrong = (outcome.to_dict().get("problem") or {}).get("errors") or []
    return {one.get("pointer") for one in wrong} == {"/occurred_at"} and not _is_too_old(kept.item["occurred_at"])


def _is_too_old(occurred_at: str) -> bool:
    """Whether a time is more than 7 days past by the till's clock; what is no time never becomes right either."""
    try:
        return datetime.now(timezone.utc) - datetime.fromisoformat(occurred_at.replace("Z", "+00:00")) > OLDEST
    except (ValueError, TypeError, AttributeError):
        return True


def _written(line: dict[str, Any]) -> bytes:
    """A line of the file. Raises ValueError: a text is no Unicode, so no server could read the batch with it."""
    return json.dumps(line, default=encoded_time, ensure_ascii=False).encode() + b"\n"


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = json.loads(line)
    except ValueError:  # empty, or cut off by a crash, before `add` returned
        return None
    return told
