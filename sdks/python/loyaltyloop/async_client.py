"""The client for asyncio, with the same operations. Needs the extra `loyaltyloop[async]`.

async with AsyncClient("ll_...", base_url="https://cards.example.com") as client:
await client.customers.stamp("CUS7Q4M2K9XTP")
"""

from types import TracebackType
from typing import TypeVar

from loyaltyloop._address import base_address
from loyaltyloop._aiohttp import AsyncTransport, drive
from loyaltyloop._async_resources import AsyncResources
from loyaltyloop._calls import RETRIES, Answer, Call, attempts
from loyaltyloop.client import TIMEOUT_SECONDS, headers_for

C = TypeVar("C", bound="AsyncClient")


class AsyncClient(AsyncResources):
    """Calls a service with one API key, as `Client` does. Raises ValueError: the key or the address is none."""

    def __init__(
        self, api_key: str, *, base_url: str, timeout: float = TIMEOUT_SECONDS, retries: int = RETRIES
    ) -> None:
        self.base_url, self._retries = base_address(base_url), retries
        self._headers = headers_for(api_key)
        self._transport = AsyncTransport(timeout=timeout)
        super().__init__(self._run)

    async def _run(self, call: Call) -> Answer:
        return await drive(attempts(self.base_url, self._headers, call, retries=self._retries), self._transport)

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def __aenter__(self: C) -> C:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"
