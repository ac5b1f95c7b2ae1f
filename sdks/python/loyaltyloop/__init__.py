"""The client of a Loyalty Loop service: stamp cards over its API.

from loyaltyloop import Client

client = Client("ll_...", base_url="https://cards.example.com")
print(client.customers.stamp("CUS7Q4M2K9XTP", stamps=2).reward_earned)
"""

from typing import TYPE_CHECKING, Any

from loyaltyloop import models, webhooks
from loyaltyloop._calls import NOT_GIVEN, NotGiven
from loyaltyloop._error_codes import *  # noqa: F403 - a class for each code of the reference
from loyaltyloop.client import Client
from loyaltyloop.errors import ApiError, ConnectionFailed, InvalidSignature, Limits, LoyaltyLoopError
from loyaltyloop.pages import AsyncListing, Listing, Page

if TYPE_CHECKING:
    from loyaltyloop.async_client import AsyncClient as AsyncClient

__all__ = [
    "NOT_GIVEN",
    "ApiError",
    "AsyncListing",
    "Client",
    "ConnectionFailed",
    "InvalidSignature",
    "Limits",
    "Listing",
    "LoyaltyLoopError",
    "NotGiven",
    "Page",
    "models",
    "webhooks",
]


def __getattr__(name: str) -> Any:
    """`AsyncClient` is imported when somebody asks for it, for it needs aiohttp."""
    if name != "AsyncClient":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from loyaltyloop.async_client import AsyncClient

    return AsyncClient
