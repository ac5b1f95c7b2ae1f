"""Who somebody is: what Telegram says opens a session, once, and nothing that anybody else says."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from loyalty_app.sign_in.proof import InitDataProof
from loyalty_app.sign_in.sessions import find_person
from loyalty_core.fields import BotId
from loyalty_core.init_data import InitData, InitDataFault
from testkit.init_data import fields_for, signed, signed_by_telegram
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

ONE_USE = {"Idempotency-Key": "page-1"}


async def sign_in(place: Place, init_data: str, **headers: str) -> httpx.Response:
    async with place.client() as client:
        return await client.post("session", json={"init_data": init_data}, headers=headers)


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_init_data_opens_a_session_and_the_session_says_who_it_is(place: Place) -> None:
    ana = await place.town.person("Ana")
    opened = await sign_in(place, place.init_data(ana, language="de"))
    assert opened.status_code == 201
    assert opened.headers["cache-control"] == "no-store"
    assert "set-cookie" not in opened.headers
    data = opened.json()["data"]
    assert (data["user_id"], data["language"], data["idle_seconds"]) == (ana.id, "de", 12 * 3600)
    async with place.client(Authorization=f"Bearer {data['token']}") as client:
        assert (await client.get("session")).json()["data"]["user_id"] == ana.id


async def test_what_telegram_did_not_sign_for_this_bot_opens_nothing(place: Place) -> None:
    ana = await place.town.person("Ana")
    right, other = place.init_data(ana), "7000000009:some-other-bots-token-00000000"
    foreign = signed(fields_for(ana.id, at=place.town.clock()), other)
    for wrong in (right.replace(str(ana.id), str(ana.id + 1)), foreign, right[:-1], right.partition("&hash")[0], "x"):
        refused(await sign_in(place, wrong), 401, "init_data_invalid")
    refused(await sign_in(place, f"{right}&auth_date=1"), 401, "init_data_invalid")
    assert (await sign_in(place, right)).status_code == 201


async def test_init_data_is_taken_for_an_hour_and_not_from_the_future(place: Place) -> None:
    ana = await place.town.person("Ana")
    for ago in (timedelta(hours=1, seconds=5), timedelta(days=1), timedelta(minutes=-1)):
        refused(await sign_in(place, place.init_data(ana, ago=ago)), 401, "init_data_too_old")
    assert (await sign_in(place, place.init_data(ana, ago=timedelta(minutes=59)))).status_code == 201


async def test_the_same_init_data_opens_no_second_session(place: Place) -> None:
    ana = await place.town.person("Ana")
    shown = place.init_data(ana)
    first, *others = await asyncio.gather(*(sign_in(place, shown) for _ in range(5)))
    assert sorted(answer.status_code for answer in (first, *others)) == [201, 401, 401, 401, 401]
    refused(await sign_in(place, shown, **ONE_USE), 401, "init_data_used")


async def test_a_client_that_got_no_answer_may_ask_again_with_its_key_until_it_has_used_the_session(
    place: Place,
) -> None:
    ana = await place.town.person("Ana")
    shown = place.init_data(ana)
    lost = (await sign_in(place, shown, **ONE_USE)).json()["data"]["token"]
    again = (await sign_in(place, shown, **ONE_USE)).json()["data"]["token"]
    now, database = place.town.clock(), place.town.runtime.database
    assert await find_person(database, BotId(place.bot_id), lost, now=now) is None
    assert await find_person(database, BotId(place.bot_id), again, now=now) is not None
    refused(await sign_in(place, shown, **ONE_USE), 401, "init_data_used")


async def test_a_session_ends_when_its_person_signs_out_or_after_twelve_hours_without_use(place: Place) -> None:
    ana = await place.town.person("Ana")
    client = await place.signed_in(ana)
    token = client.headers["Authorization"].removeprefix("Bearer ")
    bot, database, now = BotId(place.bot_id), place.town.runtime.database, place.town.clock()
    late = now + timedelta(hours=11)
    assert await find_person(database, bot, token, now=late) is not None
    assert await find_person(database, bot, token, now=late + timedelta(hours=11, minutes=50)) is not None
    assert await find_person(database, bot, token, now=late + timedelta(hours=24)) is None
    assert await find_person(database, BotId(bot + 1), token, now=late) is None
    assert (await client.delete("session")).status_code == 204
    refused(await client.get("session"), 401, "session_ended")


async def test_a_body_that_is_no_init_data_is_refused_in_plain_words(place: Place) -> None:
    async with place.client() as client:
        refused(await client.post("session", json={}), 400, "invalid_request")
        refused(await client.post("session", json={"init_data": 7}), 400, "invalid_request")
        refused(
            await client.post("session", content=b"{", headers={"Content-Type": "application/json"}),
            400,
            "malformed_json",
        )
        refused(await client.post("session", json={"init_data": "x" * 9_000}), 400, "invalid_request")


async def test_where_the_token_is_not_held_telegrams_own_signature_is_checked(place: Place) -> None:
    runtime, now, key = place.town.runtime, place.town.clock(), Ed25519PrivateKey.generate()
    elsewhere = replace(runtime.settings, telegram_token=None)
    proof = InitDataProof(runtime.database, runtime.vault, elsewhere, key=key.public_key().public_bytes_raw())
    bot, fields = BotId(place.bot_id), fields_for(77, at=now)
    told = await proof.check(bot, signed_by_telegram(fields, bot, key), now=now)
    assert isinstance(told, InitData)
    assert told.user_id == 77
    forged = signed_by_telegram(fields, bot, Ed25519PrivateKey.generate())
    assert await proof.check(bot, forged, now=now) is InitDataFault.FORGED
    assert await proof.check(bot, signed_by_telegram(fields, bot + 1, key), now=now) is InitDataFault.FORGED
    assert await proof.check(bot, signed(fields, place.token), now=now) is InitDataFault.FORGED
    telegrams = InitDataProof(runtime.database, runtime.vault, elsewhere)
    assert await telegrams.check(bot, signed_by_telegram(fields, bot, key), now=now) is InitDataFault.FORGED


async def test_a_request_from_another_site_changes_nothing(place: Place) -> None:
    ana = await place.town.person("Ana")
    client = await place.signed_in(ana)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": place.url},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": place.url.replace("http:", "https:")},
        {"Cookie": f"loyalty-{place.bot_id}=x"},
        {"Cookie": f"__Host-loyalty-{place.bot_id}=x"},
    ):
        refused(await client.delete("session", headers=headers), 403, "cross_site")
    assert (await client.get("session", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 200
    assert (await client.delete("session", headers={"Origin": place.url})).status_code == 204
