"""A till beside the bot: the API in the same process, on the same data, asked with a shop's key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import httpx

from api.rate_limits import RateLimits
from loyalty_app.clock import utc_now
from loyalty_app.shops.api_keys import create_key
from testkit.shop import Shop
from testkit.town import Town
from tests.api.till import app_with

Json = dict[str, Any]


class Till:
    """Asks the API with a key."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str, key: str, **query: Any) -> Json:  # noqa: ANN401  # query parameters
        """What a path answers, with its status."""
        answer = await self.client.get(path, params=query, headers={"Authorization": f"Bearer {key}"})
        return {"status": answer.status_code, **answer.json()}

    async def data(self, path: str, shop: Shop, **query: Any) -> Json:  # noqa: ANN401  # query parameters
        """The data of a path, asked with a new key of a shop."""
        made = await create_key(shop.database, shop.business.id, now=utc_now(), name="Till")
        answer = await self.get(path, made.api_key, **query)
        assert answer["status"] == 200, answer
        data: Json = answer["data"]
        return data


@asynccontextmanager
async def open_till(town: Town) -> AsyncIterator[Till]:
    """The API of a town's process."""
    with app_with(lambda _: nullcontext()) as app:
        app.state.runtime = town.runtime
        app.state.limits = RateLimits(None, town.clock)
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # the same in other words
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://till") as client:
                yield Till(client)
        finally:
            await app.state.limits.close()
