"""What the scanner asks of the server: stamps, rewards and undoing through the counter, once each, by staff who may."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx
import pytest
import qrcode
from httpx import AsyncClient
from PIL import Image

from api.pages.scan.frames import LARGEST_FRAME_BYTES, MOST_A_SECOND, FrameReader
from api.refusals import RateLimited
from loyalty_app.shops.staff import remove_staff
from loyalty_app.shops.workplaces import add_branch
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_app.words import LANGUAGES
from loyalty_core.access import Role
from loyalty_core.fields import BotId, BusinessId, UserId
from loyalty_core.programs import CardCodes
from loyalty_core.rotating_codes import seal_of, step_at
from loyalty_core.views import CustomerView
from testkit.shop import Shop
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Counter:
    """A shop, a customer of it, and the scanner of one of its staff."""

    def __init__(self, place: Place, shop: Shop, customer: CustomerView, client: AsyncClient) -> None:
        self.place, self.shop, self.customer, self.client = place, shop, customer, client

    async def ask(self, what: str, *, key: str | None = None, **body: object) -> httpx.Response:
        headers = {"Idempotency-Key": key or uuid4().hex}
        return await self.client.post(f"api/scan/{self.shop.business.id}/{what}", json=body, headers=headers)

    async def stamp(self, *, key: str | None = None, **body: object) -> httpx.Response:
        return await self.ask("stamps", key=key, **({"code": self.customer.qr_code} | body))


async def at_work(place: Place, *, role: Role = Role.STAFF, **terms: Any) -> Counter:  # noqa: ANN401  # terms of a program
    shop = await place.town.open_shop(**terms)
    ana = await place.town.hire(shop, "Ana", role)
    return Counter(place, shop, await shop.join("Lena Lang"), await place.signed_in(ana))


def done(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def refused(answer: httpx.Response, status: int, code: str) -> str:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    return str(answer.json()["detail"])


async def test_a_card_is_stamped_in_whatever_form_its_code_was_scanned_and_staff_see_no_more_than_in_the_chat(
    place: Place,
) -> None:
    till = await at_work(place)
    code = till.customer.qr_code
    forms = (code, f"https://t.me/stamps_bot?start=c_{code}", f"]Q1{code.lower()}", f"  {code[3:]} ")
    for number, form in enumerate(forms, start=1):
        told = done(await till.stamp(code=form))
        seen = {"customer_id": till.customer.id, "name": "Lena", "stamps": number, "goal": 10, "rewards": []}
        assert told["customer"] == seen
    told = done(await till.stamp(code=None, customer_id=till.customer.id, stamps=3))
    assert (told["added"], told["customer"]["stamps"]) == (3, 7)
    entries = await till.shop.ledger()
    assert {(entry.actor.type.value, entry.actor.name) for entry in entries} == {("staff", "Ana")}


async def test_one_key_is_one_stamp_however_often_and_however_late_it_is_sent(place: Place) -> None:
    till = await at_work(place)
    key = "page-1"
    first = done(await till.stamp(key=key))
    again = done(await till.stamp(key=key, waited_seconds=3_000))
    assert again == {**first, "replayed": True}
    refused(await till.stamp(key=key, stamps=2), 422, "idempotency_key_reused")
    colleague = await place.town.hire(till.shop, "Ben")
    other = Counter(place, till.shop, till.customer, await place.signed_in(colleague))
    assert done(await other.stamp(key=key))["transaction_id"] != first["transaction_id"]
    assert (await till.shop.customer(till.customer.id)).card.current_stamps == 2


async def test_a_scan_that_waited_counts_from_when_it_was_made(place: Place) -> None:
    till = await at_work(place)
    now = place.town.clock()
    done(await till.stamp(waited_seconds=3_600))
    [entry] = await till.shop.ledger()
    assert now - timedelta(seconds=1) <= entry.occurred_at + timedelta(hours=1) <= place.town.clock()
    assert "7 days" in refused(await till.stamp(waited_seconds=7 * 86_400), 400, "invalid_request")


async def test_a_reward_is_handed_out_and_undone_by_its_entry(place: Place) -> None:
    till = await at_work(place, stamps_required=2)
    told = done(await till.stamp(stamps=3))
    [reward] = told["earned"]
    assert told["dropped"] == 1
    assert told["customer"]["rewards"] == [reward]
    given = done(await till.ask("redemptions", key="r", customer_id=till.customer.id, reward_id=reward["id"]))
    assert given["handed_out"] == reward
    assert given["customer"]["rewards"] == []
    again = await till.ask("redemptions", customer_id=till.customer.id, reward_id=reward["id"])
    assert "already redeemed" in refused(again, 409, "reward_already_redeemed")
    barred = await till.ask("undo", transaction_id=told["transaction_id"])
    assert "already handed out" in refused(barred, 409, "void_refused")
    back = done(await till.ask("undo", key="u", transaction_id=given["transaction_id"]))
    assert back["customer"]["rewards"] == [reward]
    assert done(await till.ask("undo", key="u", transaction_id=given["transaction_id"]))["replayed"] is True
    gone = done(await till.ask("undo", transaction_id=told["transaction_id"]))
    assert gone["customer"]["stamps"] == 0


async def test_where_rewards_ask_for_a_rotating_code_a_printed_card_gets_none_and_a_fresh_one_does(
    place: Place,
) -> None:
    till = await at_work(place, stamps_required=1, card_codes=CardCodes.ROTATING_REDEEM)
    asked = {"customer_id": till.customer.id, "reward_id": done(await till.stamp())["earned"][0]["id"]}
    printed = await till.ask("redemptions", **asked, code=till.customer.qr_code)
    refused(printed, 409, "rotating_code_required")
    refused(await till.ask("redemptions", **asked, code="no code"), 400, "invalid_request")
    assert len(done(await till.stamp())["customer"]["rewards"]) == 2
    shown = seal_of(
        till.customer.qr_code, step_at(place.town.clock()), place.town.runtime.vault.code_keys(till.shop.business.id)[0]
    )
    given = done(await till.ask("redemptions", **asked, code=till.customer.qr_code + shown))
    assert given["handed_out"]["id"] == asked["reward_id"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_refusal_has_its_reason_in_the_language_of_the_page(place: Place, language: str) -> None:
    till = await at_work(place, cooldown_seconds=3_600)
    done(await till.stamp())
    till.client.headers["Accept-Language"] = language
    said = [
        refused(await till.stamp(), 409, "stamp_too_soon"),
        refused(await till.stamp(code="https://example.org/menu"), 400, "invalid_request"),
        refused(await till.stamp(code="CUS0000000000"), 404, "customer_not_found"),
        refused(await till.stamp(branch_id=1), 400, "invalid_request"),
    ]
    assert "Ana" in said[0]
    assert len(set(said)) == len(said)
    english = ("Already stamped", "That is no customer", "There is no such card", "That branch is gone")
    assert all(one.startswith(start) == (language == "en") for one, start in zip(said, english, strict=True))
    assert (await till.shop.customer(till.customer.id)).card.current_stamps == 1


async def test_a_refusal_names_its_time_by_the_clock_of_the_shop(place: Place) -> None:
    till = await at_work(place, cooldown_seconds=3_600, timezone="Asia/Kolkata")
    before = place.town.clock()
    done(await till.stamp())
    said = refused(await till.stamp(), 409, "stamp_too_soon")
    possible = [moment + timedelta(hours=1) for moment in (before, place.town.clock())]
    assert any(moment.astimezone(till.shop.business.zone).strftime("%H:%M") in said for moment in possible)


async def test_who_is_not_on_the_staff_does_nothing_here_and_who_is_removed_is_out_at_the_next_stamp(
    place: Place,
) -> None:
    till, stranger = await at_work(place), await place.town.person("Sam")
    other = Counter(place, till.shop, till.customer, await place.signed_in(stranger))
    for answer in (
        await other.stamp(),
        await other.ask("find", text=till.customer.qr_code),
        await other.ask("frames"),
        await other.client.get("api/scan/shift"),
    ):
        assert answer.status_code in {400, 403}
    refused(await other.stamp(), 403, "not_on_staff")
    done(await till.stamp())
    shop = BusinessId(till.shop.business.id)
    [entry] = await till.shop.ledger()
    await remove_staff(till.shop.database, shop, entry.actor.id or 0, now=place.town.clock())
    assert "not on the staff" in refused(await till.stamp(), 403, "not_on_staff")
    refused(await till.client.get("api/scan/shift"), 403, "not_on_staff")
    assert (await till.shop.customer(till.customer.id)).card.current_stamps == 1
    async with place.client() as nobody:
        refused(await nobody.post(f"api/scan/{shop}/stamps", json={"code": "x"}), 401, "session_ended")


async def test_a_code_a_number_or_a_name_finds_customers_of_this_shop_with_what_staff_may_see(place: Place) -> None:
    till = await at_work(place)
    await till.shop.update(till.customer.id, phone="+4915112345678")
    await till.shop.join("Lena Berg")
    for text in (till.customer.qr_code, "+49 151 12345678"):
        found = done(await till.ask("find", text=text))
        assert found["customers"] == [
            {"customer_id": till.customer.id, "name": "Lena", "stamps": 0, "has_reward": False, "mark": None}
        ]
        assert found["by_code"] == text.startswith("CUS")
    both = done(await till.ask("find", text="lena"))
    marks = [one["mark"] for one in both["customers"]]
    assert till.customer.qr_code[-4:] in marks
    assert len(set(marks)) == 2
    assert done(await till.ask("find", text="+49 30 1234567"))["customers"] == []
    next_door = await at_work(place)
    assert done(await next_door.ask("find", text=till.customer.qr_code))["customers"] == []


async def test_the_branch_of_the_shift_is_that_of_the_chat_and_each_window_keeps_its_shop(place: Place) -> None:
    till = await at_work(place)
    north, south = [
        await add_branch(till.shop.database, till.shop.business.id, name=name, now=place.town.clock())
        for name in ("North", "South")
    ]
    shift = done(await till.client.get("api/scan/shift"))
    assert (shift["business_id"], shift["branch_id"]) == (till.shop.business.id, None)
    chosen = {"business_id": till.shop.business.id, "branch_id": south.id}
    assert done(await till.client.put("api/scan/shift", json=chosen))["branch_id"] == south.id
    assert done(await till.client.get("api/scan/shift"))["branch_id"] == south.id
    other = await at_work(place)
    wrong = await other.client.put("api/scan/shift", json={**chosen, "business_id": other.shop.business.id})
    refused(wrong, 400, "invalid_request")
    done(await till.stamp(branch_id=north.id))
    [entry] = await till.shop.ledger()
    assert entry.branch_id == north.id


def a_card(code: str, side: int = 420) -> bytes:
    paper = Image.new("L", (480, 480), 255)
    paper.paste(qrcode.make(code).get_image().convert("L").resize((side, side)), (30, 30))
    file = BytesIO()
    paper.save(file, "JPEG", quality=50)
    return file.getvalue()


async def test_a_frame_of_a_card_gives_its_text_and_what_is_no_small_jpeg_is_refused(place: Place) -> None:
    till = await at_work(place)
    way, jpeg = f"api/scan/{till.shop.business.id}/frames", {"Content-Type": "image/jpeg"}
    frame = a_card(till.customer.qr_code)
    assert len(frame) < LARGEST_FRAME_BYTES
    assert done(await till.client.post(way, content=frame, headers=jpeg))["codes"] == [till.customer.qr_code]
    assert done(await till.client.post(way, content=b"\xff\xd8no", headers=jpeg))["codes"] == []
    refused(await till.client.post(way, content=b"x" * 30_721, headers=jpeg), 413, "body_too_large")
    refused(await till.client.post(way, json={}), 400, "invalid_request")


async def test_a_person_may_send_three_frames_a_second_and_late_ones_are_dropped_with_an_answer() -> None:
    seconds = [100.0]
    reader = FrameReader(lambda: seconds[0])
    ana, ben = (PagePerson(bot_id=BotId(7), user_id=UserId(number)) for number in (1, 2))
    for _ in range(MOST_A_SECOND):
        await reader.read(ana, b"")
    with pytest.raises(RateLimited):
        await reader.read(ana, b"")
    await reader.read(ben, b"")
    seconds[0] += 1
    await reader.read(ana, b"")
