"""The route of a card's picture, for programs that show it elsewhere than in a chat. `pictures` draws it."""

from litestar.response.base import ASGIResponse

from api.auth import key_holder
from api.operations import Operation, serves
from api.parsing import path_id
from api.requests import AppRequest, runtime_of
from api.responses import picture_response
from loyalty_app.customers.card_pictures import look_of, read_card, render_card_png
from loyalty_app.pictures.render_thread import drawn
from loyalty_core.access import Scope


@serves(
    "GET",
    "/customers/{id:str}/card.png",
    Operation(
        name="getCard",
        summary="Get the picture of a card",
        text="1000×600 pixels: stamps, reward and QR code in the shop's colour. With the `ETag` of a picture that you "
        "have in `If-None-Match` the answer is 304 as long as the card looks the same.",
        tag="Customers",
        scope=Scope.CUSTOMERS_READ,
        answer=bytes,
        refusals=("customer_not_found",),
    ),
)
async def get_card(request: AppRequest) -> ASGIResponse:
    """Draw a card, unless the caller has the picture already."""
    customer_id, business_id = path_id(request), key_holder(request).business.id
    card = await runtime_of(request).database.read(lambda c: read_card(c, business_id, customer_id))
    tag = f'"{look_of(card)}"'
    if has_already(request.headers.get("if-none-match", ""), tag):
        return picture_response(None, tag)
    return picture_response(await drawn(render_card_png, card), tag)


def has_already(known: str, tag: str) -> bool:
    """Whether an If-None-Match names a tag; weak ones count too, and * is any."""
    named = [each.strip().removeprefix("W/") for each in known.split(",")]
    return tag in named or named == ["*"]


HANDLERS = [get_card]
