"""Rate limits that several processes share, counted in Redis by the library `limits`.

Why a module of its own: it loads the library of Redis. Only a server that has Redis imports it (`rate_limits`).
"""

from limits.aio.storage import RedisStorage
from redis.asyncio import BlockingConnectionPool
from redis.exceptions import RedisError

PATIENCE_SECONDS = 2


class RedisCounts:
    """Counts in one Redis. Requests wait for a connection; an ordinary pool would refuse some of them.

    Raises ValueError or TypeError if the URL is none, or has an unknown option.
    """

    def __init__(self, redis_url: str) -> None:
        patience = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS}
        self._pool = BlockingConnectionPool.from_url(redis_url, timeout=PATIENCE_SECONDS, **patience)
        # It does not connect; an option of the URL that is unknown is seen only here.
        self._pool.make_connection()  # type: ignore[no-untyped-call]  # its hints leave it out
        self._storage = RedisStorage(
            "async+redis://",
            implementation="redispy",
            connection_pool=self._pool,  # type: ignore[arg-type]  # its hints name no option that is an object
        )

    async def incr(self, key: str, seconds: int, by: int) -> int:
        """Add to a counter that lives `seconds`, and return the sum. Raises OSError if Redis cannot be reached."""
        try:
            return await self._storage.incr(key, seconds, by)
        except RedisError as error:
            raise OSError(str(error)) from error

    async def get(self, key: str) -> int:
        """The sum in a counter, 0 if there is none. Raises OSError if Redis cannot be reached."""
        try:
            return await self._storage.get(key)
        except RedisError as error:
            raise OSError(str(error)) from error

    async def check(self) -> bool:
        """Whether Redis answers."""
        return await self._storage.check()

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.disconnect()
