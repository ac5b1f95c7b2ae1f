"""Rate limits that several processes share, counted in Redis by the library `limits`.

A module of its own because it loads the library of Redis: only a server that has one imports it (`rate_limits`).
"""

from limits.aio.storage import RedisStorage
from redis.asyncio import BlockingConnectionPool
from redis.exceptions import RedisError

PATIENCE_SECONDS = 2


class RedisCounts:
    """Counts in one Redis. A crowd takes turns at its connections, of which an ordinary pool would turn some away."""

    def __init__(self, redis_url: str) -> None:
        patience = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS}
        self._pool = BlockingConnectionPool.from_url(redis_url, timeout=PATIENCE_SECONDS, **patience)
        self._storage = RedisStorage(
            "async+redis://",
            implementation="redispy",
            connection_pool=self._pool,  # type: ignore[arg-type]  # its hints name no option that is an object
        )

    async def incr(self, key: str, seconds: int) -> int:
        """Count one more of a key that lives so many seconds; gives the sum. Raises OSError if Redis is not reached."""
        try:
            return await self._storage.incr(key, seconds)
        except RedisError as error:
            raise OSError(str(error)) from error

    async def check(self) -> bool:
        """Whether Redis answers."""
        return await self._storage.check()

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.disconnect()
