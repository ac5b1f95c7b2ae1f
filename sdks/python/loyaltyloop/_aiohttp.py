"""Sending over aiohttp, for `AsyncClient`. Needs the extra `loyaltyloop[async]`."""

import asyncio

try:
    import aiohttp
except ModuleNotFoundError as missing:
    raise ImportError("AsyncClient needs aiohttp: pip install 'loyaltyloop[async]'") from missing

from loyaltyloop._calls import Answer, Attempts, Pause, Request
from loyaltyloop.errors import ConnectionFailed


class AsyncTransport:
    """Sends requests over one session, which is opened by the first of them."""

    def __init__(self, *, timeout: float) -> None:
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request) -> Answer:
        """Send one request. Raises ConnectionFailed."""
        session = self._open()
        try:
            async with session.request(
                request.method, request.url, data=request.body, headers=request.headers, allow_redirects=False
            ) as response:
                body = await response.read()
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            raise ConnectionFailed(f"{request.method} {request.url}: {error or type(error).__name__}") from error
        return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, body)

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        return self._session


async def drive(steps: Attempts, transport: AsyncTransport) -> Answer:
    """Do what `attempts` asks for, and return its answer. Raises LoyaltyLoopError."""
    met: Answer | ConnectionFailed | None = None
    try:
        while True:
            step, met = steps.send(met), None
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
            else:
                met = await _send(step, transport)
    except StopIteration as ended:
        answer: Answer = ended.value
        return answer


async def _send(request: Request, transport: AsyncTransport) -> Answer | ConnectionFailed:
    try:
        return await transport.send(request)
    except ConnectionFailed as failure:
        return failure
