"""The look at the desk: what is chosen is drawn first, saved once, and seen on cards, posters and pages."""

import asyncio
import base64
import re
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from loyalty_app.chat.card_queue import repaint
from loyalty_app.customers.card_pictures import look_of, read_card
from loyalty_app.pictures.code_reading import read_codes
from loyalty_app.pictures.marks import Sign
from loyalty_app.shops.businesses import find_business
from loyalty_app.shops.links import join_link
from loyalty_app.shops.looks import PLAIN_LOOK, LookChange, ShopLook, change_look, read_look
from loyalty_core.access import Role
from tests.browser import Tab
from tests.pages.desk_page import DeskPage, desk_of
from tests.pages.place import Place
from tests.pages.private_cards import address_of, browser_of, let_join

pytestmark = pytest.mark.asyncio(loop_scope="session")

RED, CLOSE = (220, 20, 30), 12


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 100)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, RED).save(file, kind)
    return file.getvalue()


async def look(desk: DeskPage) -> ShopLook:
    return await desk.shop.database.read(lambda c: read_look(c, find_business(c, desk.shop.business.id)))


async def colour(desk: DeskPage) -> str | None:
    return (await desk.shop.database.read(lambda c: find_business(c, desk.shop.business.id))).card_color


def preview(page: str) -> Image.Image:
    """The card that a page shows."""
    found = re.search(r'id="preview".*?src="data:image/jpeg;base64,([^"]*)"', page, re.DOTALL)
    assert found is not None
    return Image.open(BytesIO(base64.b64decode(found[1]))).convert("RGB")


def has_red(red: Image.Image) -> bool:
    return ImageChops.difference(red, Image.new("RGB", red.size, RED)).convert("L").getextrema()[0] < CLOSE  # type: ignore[operator]  # of one channel


async def test_a_look_is_saved_once_and_all_cards_are_drawn_with_it(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    lena = await desk.shop.join("Lena", opening_stamps=3)
    before = await desk.shop.database.read(lambda c: read_card(c, desk.shop.business.id, lena.id))
    form = await desk.form("look", "look")
    hours = " Mo  8–18\r\n\r\nSa 9–14 "
    changed = form | {"card_color": "#1F5F8B", "stamp_sign": "☕", "opening_hours": hours, "address": "عمان"}
    pages = [(await desk.upload("look", changed, {"logo": picture("WEBP")})).text for _ in range(2)]
    assert ["Saved." in page for page in pages] == [True, True]
    kept = await look(desk)
    assert (await colour(desk), kept.stamp_sign, kept.opening_hours, kept.address) == (
        "#1F5F8B",
        "☕",
        "Mo 8–18\nSa 9–14",
        "عمان",
    )
    assert has_red(preview(pages[1]))
    after = await desk.shop.database.read(lambda c: read_card(c, desk.shop.business.id, lena.id))
    assert (after.sign.text, after.colour, after.logo == kept.logo) == ("☕", "#1F5F8B", True)
    assert look_of(after) != look_of(before), "a picture that somebody keeps is fetched again"
    await desk.upload("look", await desk.form("look", "look"), {"stamp_picture": picture()})
    assert (await look(desk)).sign.picture
    await desk.send("look", await desk.form("look", "look"), stamp_sign="🍰")
    assert (await look(desk)).sign == Sign("🍰"), "the last choice counts"
    page = (await desk.send("look", await desk.form("look", "look"), no_logo="yes")).text
    assert (await look(desk)).logo is None
    assert not has_red(preview(page))


async def test_what_is_tried_is_drawn_and_not_saved(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    form = await desk.form("look", "look")
    before = preview((await desk.get("look")).text)
    tried = await desk.upload("look/try", form, {"stamp_picture": picture()}, card_color="own", own_color="#0055aa")
    shown = preview(tried.text)
    red, _, blue = shown.getpixel((20, 20))  # type: ignore[misc]  # RGB
    assert (has_red(shown), has_red(before), blue > red, "Nothing is saved yet." in tried.text) == (
        True,
        False,
        True,
        True,
    )
    assert (await look(desk), await colour(desk)) == (PLAIN_LOOK, None)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("card_color", "red"),
        ("stamp_sign", "two"),
        ("stamp_sign", "\u200b"),
        ("opening_hours", "x" * 301),
        ("opening_hours", "\n".join("12345678")),
        ("address", "y" * 2_000),
        ("address", "\u2060"),
    ],
)
async def test_wrong_texts_are_said_beside_their_field_and_nothing_is_changed(
    place: Place, field: str, text: str
) -> None:
    desk = await desk_of(place, Role.MANAGER)
    answer = await desk.upload("look", await desk.form("look", "look"), {"logo": picture()}, **{field: text})
    assert (answer.status_code, f'id="fault-{field}"' in answer.text) == (400, True)
    assert (await look(desk), await colour(desk)) == (PLAIN_LOOK, None)


@pytest.mark.parametrize(
    "content",
    [
        b"<svg/>",
        b"GIF89a" + b"x" * 50,
        picture()[:60],
        picture("PNG", (13_000, 1_000)),
        picture("PNG") + b"x" * (5 * 2**20),
    ],
    ids=["svg", "gif", "half", "bomb", "large"],
)
@pytest.mark.parametrize("field", ["logo", "stamp_picture"])
async def test_a_file_that_is_no_usable_picture_is_refused_and_nothing_is_changed(
    place: Place, field: str, content: bytes
) -> None:
    desk = await desk_of(place, language="de")
    answer = await desk.upload("look", await desk.form("look", "look"), {field: content}, address="Berlin")
    assert (answer.status_code, f'id="fault-{field}">Bitte wähle ein Bild' in answer.text) == (400, True)
    assert await look(desk) == PLAIN_LOOK


async def test_of_two_who_change_the_look_at_once_both_are_heard(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    form = await desk.form("look", "look")
    cherry, shop, now = LookChange(card_color="#B3263A"), desk.shop, desk.shop.clock.now
    await change_look(shop.database, shop.business.id, cherry, now=now, repaint=repaint)
    answers = await asyncio.gather(
        desk.send("look", form, address="Rome"), desk.send("look", form, opening_hours="8–20")
    )
    assert [one.status_code for one in answers] == [200, 200]
    kept = await look(desk)
    assert (kept.address, kept.opening_hours, await colour(desk)) == ("Rome", "8–20", "#B3263A")


async def test_posters_come_in_each_size_as_pdf_and_png_with_what_is_saved(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    await desk.upload("look", await desk.form("look", "look"), {"logo": picture()}, opening_hours="Daily 8–20")
    page = (await desk.get("look")).text
    for sheet in ("a4", "a5", "tent", "stickers"):
        assert all(f"look/poster/{sheet}.{kind}" in page for kind in ("pdf", "png"))
    pdf, png = [await desk.get(f"look/poster/a5.{kind}") for kind in ("pdf", "png")]
    assert (pdf.content[:5], pdf.headers["content-type"]) == (b"%PDF-", "application/pdf")
    drawn = Image.open(BytesIO(png.content)).convert("RGB")
    link = await desk.shop.database.read(lambda c: join_link(c, desk.shop.business))
    assert (read_codes(png.content), has_red(drawn)) == ([link], True)
    assert [(await desk.get(f"look/poster/{file}")).status_code for file in ("a6.pdf", "a5.svg", "a5")] == [404] * 3


async def test_the_page_of_a_card_shows_where_the_shop_is_and_its_own_stamps(place: Place) -> None:
    desk = await desk_of(place, Role.MANAGER)
    lena = await desk.shop.join("Lena", opening_stamps=2)
    await desk.send("look", await desk.form("look", "look"), stamp_sign="🍰", address="<Old> Town 1\nRome")
    async with browser_of() as browser:
        card = (await browser.get(await address_of(place, desk.shop, lena.id))).text
        assert (card.count("🍰"), "&lt;Old&gt; Town 1\nRome" in card) == (2, True)
        assert "&lt;Old&gt; Town 1" in (await browser.get(await let_join(place, desk.shop))).text
        await desk.upload("look", await desk.form("look", "look"), {"stamp_picture": picture()})
        card = (await browser.get(await address_of(place, desk.shop, lena.id))).text
        [address] = set(re.findall(r'<img src="(/c/stamp/[^"]+)"', card))
        stamp = await browser.get(f"{place.url}{address}")
        assert (stamp.status_code, has_red(Image.open(BytesIO(stamp.content)).convert("RGB"))) == (200, True)
        await desk.send("look", await desk.form("look", "look"), no_stamp_picture="yes")
        assert (await browser.get(f"{place.url}{address}")).status_code == 404


async def test_staff_do_not_change_the_look(place: Place) -> None:
    staff = await desk_of(place, Role.STAFF)
    for path in ("look", "look/try"):
        assert (await staff.send(path, {"key": "k" * 20}, address="x")).status_code == 403
    assert (await staff.get("look/poster/a5.pdf")).status_code == 403
    assert await look(staff) == PLAIN_LOOK


async def test_a_card_is_drawn_while_the_form_is_filled_in_and_saved_in_telegram(place: Place, phone: Tab) -> None:
    desk = await desk_of(place)
    page = phone.page
    await place.open(phone, f"shop/{desk.shop.business.id}/look", desk.person)
    await page.get_by_role("heading", name="Look", exact=True).wait_for()
    await page.get_by_text("This is how your cards look.").wait_for()
    await page.get_by_label("An emoji or a letter").fill("🍰")
    await page.get_by_text("Nothing is saved yet.").wait_for()
    assert await look(desk) == PLAIN_LOOK
    await page.get_by_label("A picture (PNG").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": picture()}
    )
    await page.get_by_role("button", name="Save").click()
    await page.get_by_text("Saved.").wait_for()
    kept = await look(desk)
    assert (kept.stamp_sign, kept.logo is not None) == ("🍰", True)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert phone.problems == []
