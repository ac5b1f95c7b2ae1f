"""The look of a shop: only what is asked for changes, cards are drawn again if they show it, and rights hold."""

from datetime import datetime

import msgspec
import pytest
from sqlalchemy import Connection

from loyalty_app.db.engine import Database
from loyalty_app.pictures.marks import Sign
from loyalty_app.shops.businesses import Repaint, list_businesses
from loyalty_app.shops.looks import PLAIN_LOOK, LookChange, ShopLook, change_look, read_look
from loyalty_app.shops.twins import create_test_key
from loyalty_core.errors import InvalidRequest, LoyaltyError, NotOnStaff, RoleRequired
from loyalty_core.fields import BusinessId
from testkit.builders import ANA
from testkit.shop import Shop


class Repainted(list[int]):
    """The shops whose cards were marked to be drawn again."""

    def __call__(self, connection: Connection, database: Database, business_id: BusinessId, *, now: datetime) -> None:
        del connection, database, now
        self.append(business_id)


async def change(shop: Shop, wanted: LookChange, repaint: Repaint | None = None, by: int | None = None) -> None:
    marked = Repainted() if repaint is None else repaint
    await change_look(shop.database, shop.business.id, wanted, now=shop.clock.now, repaint=marked, by=by)


async def look(shop: Shop) -> ShopLook:
    return await shop.database.read(lambda connection: read_look(connection, shop.business))


async def test_what_is_not_asked_for_stays(shop: Shop) -> None:
    assert await look(shop) == PLAIN_LOOK
    await change(shop, LookChange(stamp_sign="☕", address=" Old  Town\n\n 1 "))
    await change(shop, LookChange(opening_hours="8–20", logo=b"png"))
    await change(shop, LookChange(stamp_sign=None))
    assert await look(shop) == ShopLook(address="Old Town\n1", opening_hours="8–20", logo=b"png")


async def test_cards_are_drawn_again_if_they_show_what_changed(shop: Shop) -> None:
    marked = Repainted()
    await change(shop, LookChange(opening_hours="8–20", address="Old Town 1"), marked)
    assert marked == []
    await change(shop, LookChange(stamp_sign="☕"), marked)
    await change(shop, LookChange(card_color="#112233"), marked)
    await change(shop, LookChange(logo=b"png"), marked)
    await change(shop, LookChange(stamp_picture=b"png"), marked)
    assert marked == [shop.business.id] * 4


async def test_a_picture_goes_before_a_sign_and_without_both_there_is_a_star() -> None:
    assert ShopLook(stamp_sign="☕", stamp_picture=b"png").sign == Sign(picture=b"png")
    assert (ShopLook(stamp_sign="☕").sign, PLAIN_LOOK.sign) == (Sign("☕"), Sign())


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"card_color": "brown"}, "/card_color"),
        ({"stamp_sign": "ab"}, "/stamp_sign"),
        ({"stamp_sign": "👍" * 20}, "/stamp_sign"),
        ({"opening_hours": "x" * 301}, "/opening_hours"),
        ({"address": "\n".join("12345678")}, "/address"),
        ({"address": "\u2060"}, "/address"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_changed(shop: Shop, asked: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await change(shop, msgspec.convert({"logo": b"png", **asked}, LookChange))
    assert [error.pointer for error in refused.value.errors] == [field]
    assert await look(shop) == PLAIN_LOOK


async def test_only_managers_and_owners_of_the_shop_change_its_look(shop: Shop) -> None:
    await shop.hire(ANA)
    refusals: list[tuple[int, type[LoyaltyError]]] = [(ANA.id or 0, RoleRequired), (999, NotOnStaff)]
    for by, refusal in refusals:
        with pytest.raises(refusal):
            await change(shop, LookChange(address="Old Town 1"), by=by)
    assert await look(shop) == PLAIN_LOOK


async def test_the_twin_for_test_keys_looks_as_its_shop_does(shop: Shop) -> None:
    await change(shop, LookChange(stamp_sign="☕"))
    await create_test_key(shop.database, shop.business.id, name="till", now=shop.clock.now)
    [twin] = [one for one in await list_businesses(shop.database) if one.test_of == shop.business.id]
    assert (await shop.database.read(lambda connection: read_look(connection, twin))).stamp_sign == "☕"
