"""The client on the standard library. Threads may share one.

client = Client("ll_...", base_url="https://cards.example.com")
stamped = client.customers.stamp("CUS7Q4M2K9XTP", stamps=2)
if stamped.reward_earned:
...
"""

import platform
from types import TracebackType
from typing import TypeVar

from loyaltyloop._address import base_address
from loyaltyloop._calls import RETRIES, Answer, Call, attempts
from loyaltyloop._resources import Resources
from loyaltyloop._transport import Transport, drive

LIBRARY = "loyaltyloop-python/1.0.0"
TIMEOUT_SECONDS = 30.0

C = TypeVar("C", bound="Client")


class Client(Resources):
    """Calls a service with one API key; `customers`, `rewards`, `webhooks` and so on hold its operations.

    api_key   begins with ll_
    base_url  of the service, with or without /v1
    timeout   seconds that one attempt may wait for the line
    retries   attempts after a first one that failed for a reason that may pass

    Raises ValueError: the key or the address is none.
    """

    def __init__(
        self, api_key: str, *, base_url: str, timeout: float = TIMEOUT_SECONDS, retries: int = RETRIES
    ) -> None:
        self.base_url, self._retries = base_address(base_url), retries
        self._headers = headers_for(api_key)
        self._transport = Transport(self.base_url, timeout=timeout)
        super().__init__(self._run)

    def _run(self, call: Call) -> Answer:
        return drive(attempts(self.base_url, self._headers, call, retries=self._retries), self._transport.send)

    def close(self) -> None:
        """Close kept connections; the client may be used again."""
        self._transport.close()

    def __enter__(self: C) -> C:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"


class _Headers(dict[str, str]):
    """Headers whose representation holds no API key."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self)})"


def headers_for(api_key: str) -> dict[str, str]:
    """The headers of every request. Raises ValueError: it is no API key."""
    if not api_key.startswith("ll_") or not api_key.isascii() or not api_key.isprintable():
        raise ValueError("api_key must be an API key of the service, which begins with ll_")
    return _Headers(
        {
            "Authorization": f"Bearer {api_key}",
            "Accept": "application/json",
            "User-Agent": f"{LIBRARY} python/{platform.python_version()}",
        }
    )
