"""The control API of a sandbox: acts on phones, and waiting until a bot has handled them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from testkit.screens import Json

PATIENCE_SECONDS = 20


class SandboxControl:
    """Speaks to a sandbox. `idle` is awaited after each act, if set; people wait for bots only while `attended`."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self.url, self.client = url, client
        self.idle: Callable[[], Awaitable[None]] | None = None
        self.attended = True
        self.patience_seconds: float = PATIENCE_SECONDS

    async def settle(self, bot: str) -> None:
        """Wait until a bot has confirmed all its updates and has nothing under way."""
        if not self.attended:
            return
        state = await self.get("control/settled", bot=bot, wait=self.patience_seconds)
        assert state["settled"], f"{bot} has left {state['waiting']} updates unconfirmed"
        if self.idle is not None:
            await asyncio.wait_for(self.idle(), self.patience_seconds)

    async def polled(self, bot: str) -> None:
        """Wait until a bot waits for updates by a long poll, and there are none."""
        state = await self.get("control/polling", bot=bot, wait=self.patience_seconds)
        assert state["polling"], f"{bot} does not ask for updates"

    async def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401  # JSON is anything
        """Read from the control API."""
        return read(await self.client.get(path, params=query))

    async def post(self, path: str, body: Json) -> Any:  # noqa: ANN401  # JSON is anything
        """Let the control API do something."""
        return read(await self.client.post(path, json=body))


def read(answer: httpx.Response) -> Any:  # noqa: ANN401  # JSON is anything
    """The JSON of an answer; an answer that is no 2xx is an AssertionError."""
    assert answer.is_success, f"{answer.status_code}: {answer.text}"
    return answer.json()
