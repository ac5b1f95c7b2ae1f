"""Rate limits: how many requests a key has in each hour, and how many failed sign-ins an address has in each minute.

Requests of keys are counted in this process, or in Redis for several; hours are whole hours of UTC. What remains is
computed from the result of the increment itself, so it is exact with many requests at once. If Redis cannot be reached,
this process counts alone, says so in its log and in /health/ready, and asks Redis again after a rest: stamping goes on.
Those without a key are counted by the library `limits`, which costs a request more than its key does.
"""

import logging
from collections import Counter
from functools import cached_property
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple

from loyalty_app.clock import Clock
from loyalty_app.settings import SettingsError

if TYPE_CHECKING:
    from limits.aio.storage import MemoryStorage

    from api.redis_counts import RedisCounts

HOUR, MINUTE = 3_600, 60
FAILURES_A_MINUTE = 60
CHALLENGES_A_MINUTE = 60
REFUSED_A_MINUTE = 120
JOINS_AN_HOUR = 60
IPV6_NETWORK = 64
"""One household or shop has all addresses that begin with the same 64 bits."""
REST_SECONDS = 5
WRONG_URL = (
    "LOYALTY_REDIS_URL must be as redis://host:6379/0, with rediss:// for TLS, and may have only options that Redis's "
    "library for Python knows."
)

log = logging.getLogger(__name__)


class RateLimitState(NamedTuple):
    """Where a key stands in its hour; `reset` in Unix seconds, `exceeded` if this request was one too many."""

    limit: int
    remaining: int
    reset: int
    seconds_left: int
    exceeded: bool

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The three X-RateLimit headers."""
        return [
            (b"x-ratelimit-limit", b"%d" % self.limit),
            (b"x-ratelimit-remaining", b"%d" % self.remaining),
            (b"x-ratelimit-reset", b"%d" % self.reset),
        ]


class HourCounts:
    """How many requests of each key this process has counted, in an hour and those beside it.

    Why not in one: as the hour turns a request may be counted late, in the hour in which it came, or the clock be set
    back. Neither begins a count again.
    """

    def __init__(self) -> None:
        self._counts = dict[int, Counter[int]]()

    def add(self, key_id: int, hour: int, requests: int) -> int:
        """Count requests of a key; return how many it has in that hour. What is further away is forgotten."""
        counts = self._counts.get(hour)
        if counts is None:
            counts = self._begin(hour)
        counts[key_id] += requests
        return counts[key_id]

    def _begin(self, hour: int) -> Counter[int]:
        self._counts = {one: counts for one, counts in self._counts.items() if abs(one - hour) == 1}
        begun = self._counts[hour] = Counter()
        return begun


class RateLimits:
    """Counts the requests of each key, and the failed sign-ins of each address.

    Raises SettingsError if the URL of Redis cannot work.
    """

    def __init__(self, redis_url: str | None, clock: Clock) -> None:
        self._clock = clock
        self._shared = _shared(redis_url) if redis_url else None
        self._resting_until = 0
        self._here = HourCounts()
        self.redis_reachable = True

    @cached_property
    def _local(self) -> "MemoryStorage":
        from limits.aio.storage import MemoryStorage  # noqa: PLC0415  # for the first request that is counted

        return MemoryStorage()

    async def count(self, key_id: int, limit: int) -> RateLimitState:
        """Count a request of a key. A limit of 0 (no API in the plan) is not counted."""
        now = self._now()
        window, passed = divmod(now, HOUR)
        used = await self._increment(key_id, now, 1) if limit else 0
        return RateLimitState(limit, max(0, limit - used), (window + 1) * HOUR, HOUR - passed, used > limit)

    async def charge(self, key_id: int, limit: int, requests: int) -> RateLimitState:
        """Count more requests of a key, all of them or none: if so many are not left, those that are stay."""
        now = self._now()
        window, passed = divmod(now, HOUR)
        used = await self._increment(key_id, now, requests)
        if exceeded := used > limit:
            used = await self._increment(key_id, now, -requests)
        return RateLimitState(limit, max(0, limit - used), (window + 1) * HOUR, HOUR - passed, exceeded)

    async def look(self, key_id: int, limit: int) -> RateLimitState:
        """Where a key stands in this hour, without counting a request."""
        now = self._now()
        window, passed = divmod(now, HOUR)
        used = await self._used(key_id, now)
        return RateLimitState(limit, max(0, limit - used), (window + 1) * HOUR, HOUR - passed, used >= limit)

    async def failed(self, address: str) -> int | None:
        """Count a failed sign-in. Returns the seconds to wait if the address had too many in this minute, else None."""
        window, passed = divmod(self._now(), MINUTE)
        failures = await self._local.incr(f"failed:{network_of(address)}:{window}", MINUTE)
        return MINUTE - passed if failures > FAILURES_A_MINUTE else None

    async def refused(self, address: str) -> int | None:
        """Count somebody whom the pages did not sign in. Returns the seconds to wait, as `failed`.

        Why apart from wrong keys: tills and people of a shop share its address, and none locks out the others.
        """
        window, passed = divmod(self._now(), MINUTE)
        refused = await self._local.incr(f"refused:{network_of(address)}:{window}", MINUTE)
        return MINUTE - passed if refused > REFUSED_A_MINUTE else None

    async def challenged(self, address: str) -> int | None:
        """Count somebody who is about to sign in with a passkey. Returns the seconds to wait, as `failed`."""
        window, passed = divmod(self._now(), MINUTE)
        asked = await self._local.incr(f"challenged:{network_of(address)}:{window}", MINUTE)
        return MINUTE - passed if asked > CHALLENGES_A_MINUTE else None

    async def joined(self, address: str) -> int | None:
        """Count somebody who asks for a card on a page. Returns the seconds to wait if an address had too many.

        Many customers of a shop may come from one address, that of its wireless network.
        """
        window, passed = divmod(self._now(), HOUR)
        joins = await self._local.incr(f"joined:{network_of(address)}:{window}", HOUR)
        return HOUR - passed if joins > JOINS_AN_HOUR else None

    def _now(self) -> int:
        return int(self._clock().timestamp())

    async def _increment(self, key_id: int, now: int, by: int) -> int:
        if self._shared is not None and now >= self._resting_until:
            try:
                used = await self._shared.incr(_name(key_id, now), HOUR, by)
            except OSError as error:
                self._resting_until = now + REST_SECONDS
                self._note(reachable=False, reason=str(error))
            else:
                self._note(reachable=True)
                return used
        return self._here.add(key_id, now // HOUR, by)

    async def _used(self, key_id: int, now: int) -> int:
        if self._shared is not None and now >= self._resting_until:
            try:
                return await self._shared.get(_name(key_id, now))
            except OSError as error:
                log.warning("what is left of a limit is shown as this process knows it: %s", error)
        return self._here.add(key_id, now // HOUR, 0)

    def _note(self, *, reachable: bool, reason: str = "no answer") -> None:
        if reachable != self.redis_reachable:
            self.redis_reachable = reachable
            if reachable:
                log.warning("Redis is back: rate limits are counted over all processes again")
            else:
                log.error("Redis cannot be reached (%s): this process counts rate limits alone", reason)

    async def reachable(self) -> bool:
        """Whether Redis answers; True if none is configured."""
        if self._shared is not None:
            self._note(reachable=await self._shared.check())
        return self.redis_reachable

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._shared is not None:
            await self._shared.close()


def _name(key_id: int, now: int) -> str:
    """Under which name Redis counts a key in the hour of a moment."""
    return f"key:{key_id}:{now // HOUR}"


def network_of(address: str) -> str:
    """What is counted as one address: with IPv6 its network."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, IPV6_NETWORK), strict=False)) if found.version == 6 else address  # noqa: PLR2004


def _shared(redis_url: str) -> "RedisCounts":
    from api.redis_counts import RedisCounts  # noqa: PLC0415  # the library of Redis is for those who have one

    try:
        return RedisCounts(redis_url)
    except (ValueError, TypeError) as error:  # the library quotes parts of the URL, which may be of the password
        raise SettingsError(WRONG_URL) from error
