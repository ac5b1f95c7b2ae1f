"""A live server with one shop, as an integrator meets it: `loyalty serve` in a process of its own, and a key.

Webhooks may point at this machine there, so that nothing is sent anywhere else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from loyalty_app.settings import Settings
from testkit.console import Console

NOBODY = "http://127.0.0.1:9/hook"
"""A port of this machine where nobody listens."""

SHOP = ("--name", "Bean & Leaf", "--reward", 'A "large" coffee', "--stamps-required", "10", "--plan", "enterprise")


class Live:
    """The server, asked with the key of the shop."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key
        self.client = httpx.Client(base_url=f"{url}/v1", headers={"X-Api-Key": key}, trust_env=False, timeout=30)
        self._phones = count(4155550100)

    def free_phone(self) -> str:
        return f"+1{next(self._phones)}"

    def given(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  # any JSON
        """What an answer holds under `data`."""
        answer = self.client.request(method, path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()["data"]


@contextmanager
def live_shop(folder: Path) -> Iterator[Live]:
    """Open a shop with one branch in a folder, and serve it."""
    console = Console(folder, Settings(database_url=f"sqlite:///{folder / 'shop.db'}"))
    opened = console.ask("business", "create", *SHOP, "--rate-limit", "100000")
    console.ask("branch", "add", "--business", str(opened["business_id"]), "--name", "At the station")
    with console.serve("serve", LOYALTY_WEBHOOK_ALLOW="127.0.0.0/8") as (_, url):
        live = Live(url, opened["api_key"])
        yield live
        live.client.close()
