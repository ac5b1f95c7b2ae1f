"""Routes of card links: the private address at which a customer without Telegram has their card."""

import msgspec
from litestar.response.base import ASGIResponse

from api import examples
from api.auth import keyed
from api.messages import AppRequest, counter_response, runtime_of
from api.operations import Operation, serves
from api.parsing import path_customer
from loyalty_app.card_pages.links import CardLinkRevoked, CardLinkView, LinkMaker, link_once, revoke_once
from loyalty_core.access import Scope

TAG = "Customers"
decode_revoked = msgspec.json.Decoder(CardLinkRevoked).decode


def link_maker(request: AppRequest) -> LinkMaker:
    """What links of cards are made with: the public address of the server, else the one at which it was asked."""
    runtime = runtime_of(request)
    base = runtime.settings.public_url or str(request.base_url)
    return LinkMaker(base=base.rstrip("/"), vault=runtime.vault)


@serves(
    "POST",
    "/customers/{id:str}/card-link",
    Operation(
        name="customers.card_link",
        summary="Get the private link of a card",
        text="The address at which the customer has their card without Telegram: print it on a receipt as a QR code, "
        "or send it. A card has one link, so another request answers with the same. Anyone who has the link has the "
        "card: they see it, and can erase it. It ends when it is revoked, when the customer is erased, and when the "
        "card comes into a chat by a phone number.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        answer=CardLinkView,
        once_only=True,
        refusals=("customer_not_found",),
        example=examples.CARD_LINK,
    ),
)
async def get_card_link(request: AppRequest) -> ASGIResponse:
    """Answer with the link of a card, and make it if there is none."""
    runtime, customer = runtime_of(request), path_customer(request)
    once = keyed(request, "getCardLink", customer)
    answer = await link_once(runtime.database, once, customer, maker=link_maker(request), now=runtime.clock())
    return counter_response(answer)


@serves(
    "DELETE",
    "/customers/{id:str}/card-link",
    Operation(
        name="customers.revoke_card_link",
        summary="Revoke the private link of a card",
        text="For a link that was lost or seen by somebody else. Its page says from then on that it has ended. The "
        "next POST makes another one. `revoked` is false if there was none.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        answer=CardLinkRevoked,
        once_only=True,
        refusals=("customer_not_found",),
        example=examples.CARD_LINK_REVOKED,
    ),
)
async def revoke_card_link(request: AppRequest) -> ASGIResponse:
    """Revoke the link of a card."""
    runtime, customer = runtime_of(request), path_customer(request)
    once = keyed(request, "revokeCardLink", customer)
    answer = await revoke_once(runtime.database, once, customer, now=runtime.clock())
    runtime.card_watch.end(decode_revoked(answer.body).customer_id)
    return counter_response(answer)


HANDLERS = [get_card_link, revoke_card_link]
