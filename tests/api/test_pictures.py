"""The picture of a card over HTTP: what it shows, who may see it, and that the same one is not sent twice."""

from io import BytesIO

import httpx
import zxingcpp
from PIL import Image
from sqlalchemy import Connection, insert, update

from api.etags import has_already
from loyalty_app.db.tables import business, telegram_bot
from loyalty_app.shops.links import code_in
from loyalty_core.access import Scope
from tests.api.till import Till, refused


async def card_of(till: Till, customer: int, **headers: str) -> httpx.Response:
    asked = {name.replace("_", "-"): value for name, value in headers.items()}
    return await till.ask("GET", f"/customers/{customer}/card.png", headers=asked)


def picture_of(response: httpx.Response) -> Image.Image:
    return Image.open(BytesIO(response.content))


def corner_of(response: httpx.Response) -> Image.Image:
    """A part of the card where nothing is but its colour."""
    return picture_of(response).convert("RGB").crop((0, 0, 40, 40))


async def test_a_card_is_a_png_whose_code_finds_the_customer(till: Till) -> None:
    lena = await till.join()
    answer = await card_of(till, lena["id"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert picture_of(answer).size == (1000, 600)
    [code] = zxingcpp.read_barcodes(picture_of(answer))
    assert code_in(code.text) == lena["qr_code"]


async def test_with_a_bot_the_code_is_a_link_that_opens_the_card_in_its_chat(till: Till) -> None:
    lena = await till.join()
    await employ(till, "bean_and_leaf_bot")
    [code] = zxingcpp.read_barcodes(picture_of(await card_of(till, lena["id"])))
    assert code.text == f"https://t.me/bean_and_leaf_bot?start=c_{lena['qr_code']}"


async def employ(till: Till, username: str) -> None:
    row = {
        "bot_id": 1,
        "business_id": till.business.id,
        "username": username,
        "secret": "s",
        "created_at": till.api.clock(),
    }
    await till.api.database.write(lambda connection: connection.execute(insert(telegram_bot).values(row)))


async def test_who_has_the_picture_is_not_sent_it_again(till: Till) -> None:
    lena = await till.join()
    tag = (await card_of(till, lena["id"])).headers["etag"]
    again = await card_of(till, lena["id"], if_none_match=tag)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


async def test_another_stamp_name_reward_or_colour_is_another_picture(till: Till) -> None:
    lena = await till.join()
    tags = [(await card_of(till, lena["id"])).headers["etag"]]

    async def look_again() -> None:
        answer = await card_of(till, lena["id"], if_none_match=tags[-1])
        assert answer.status_code == 200
        tags.append(answer.headers["etag"])

    await till.stamp(lena["id"])
    await look_again()
    await till.patch(f"/customers/{lena['id']}", {"name": "Omar"})
    await look_again()
    await till.change(reward_description="A cake")
    await look_again()
    await paint(till, "#14508C")
    await look_again()
    assert len(set(tags)) == len(tags)


async def paint(till: Till, colour: str) -> None:
    def work(connection: Connection) -> None:
        connection.execute(update(business).where(business.c.id == till.business.id).values(card_color=colour))

    await till.api.database.write(work)


async def test_what_the_card_does_not_show_leaves_the_picture_as_it_is(till: Till) -> None:
    lena = await till.join("Lena Meyer")
    tag = (await card_of(till, lena["id"])).headers["etag"]
    await till.patch(f"/customers/{lena['id']}", {"name": "Lena Schmidt", "email": "lena@example.com"})
    assert (await card_of(till, lena["id"], if_none_match=tag)).status_code == 304


async def test_the_card_of_nobody_and_of_an_erased_customer_is_not_there(till: Till) -> None:
    lena = await till.join()
    await till.delete(f"/customers/{lena['id']}")
    refused(await card_of(till, lena["id"]), 404, "customer_not_found")
    refused(await card_of(till, 2**40), 404, "customer_not_found")


async def test_a_key_without_the_scope_sees_no_card(till: Till) -> None:
    lena = await till.join()
    other = await till.api.another_till(till.business, scopes=(Scope.STAMPS_WRITE,))
    refused(await card_of(other, lena["id"]), 403, "scope_required")


async def test_the_shop_s_colour_is_on_the_card(till: Till) -> None:
    lena = await till.join()
    await paint(till, "#0000FF")
    pixels = corner_of(await card_of(till, lena["id"])).tobytes()
    assert min(pixels[2::3]) > 2 * max(pixels[0::3] + pixels[1::3])


def test_an_if_none_match_may_name_several_tags_weak_ones_or_any() -> None:
    assert has_already('"a"', "a")
    assert has_already('"b", W/"a"', "a")
    assert has_already("*", "a")
    assert not has_already('"b"', "a")
    assert not has_already("", "a")
