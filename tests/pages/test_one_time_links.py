"""The way into the pages outside Telegram: a link from the chat that only a press spends, once, within ten minutes."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace
from playwright.async_api import Browser

from api import rate_limits
from api.app import create_app
from bots.supervisor import open_bots
from loyalty_app.settings import Settings
from loyalty_app.sign_in.links import make_link, spend_link
from loyalty_app.sign_in.sessions import PagePerson, find_person, open_session
from loyalty_app.upkeep.retention import prune
from loyalty_core.access import Role
from loyalty_core.fields import BotId, UserId
from testkit.clocks import Clock
from testkit.concurrency import until
from testkit.http_server import free_port, served
from testkit.sandbox import open_sandbox
from testkit.shop import Shop, found
from testkit.town import BOT, employ
from tests.api.till import started
from tests.browser import open_tab
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

FROM_OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}


async def link_for(place: Place, user_id: int = 4711) -> str:
    """The path of a link below the pages of the bot."""
    person = PagePerson(bot_id=BotId(place.bot_id), user_id=UserId(user_id), language="de")
    path = await make_link(place.town.runtime.database, person, "shop", now=place.town.clock())
    return path.removeprefix(f"/app/{place.bot_id}/")


async def test_looking_at_a_link_spends_nothing_and_one_press_spends_it(place: Place) -> None:
    link = await link_for(place)
    async with place.client(**FROM_OUR_PAGE) as client:
        for _ in range(2):
            shown = await client.get(link)
            assert (shown.status_code, '<form method="post">' in shown.text) == (200, True)
            assert "set-cookie" not in shown.headers
        both = await asyncio.gather(client.post(link), client.post(link))
        assert sorted(answer.status_code for answer in both) == [303, 410]
        [signed_in] = [answer for answer in both if answer.status_code == 303]
        assert signed_in.headers["location"] == f"/app/{place.bot_id}/shop"
        cookie = signed_in.headers["set-cookie"].lower()
        assert cookie.startswith(f"loyalty-{place.bot_id}=")
        assert {"httponly", "path=/", "samesite=lax"} <= set(cookie.split("; "))
        assert (await client.get("session")).json()["data"] == {
            "user_id": 4711,
            "language": "de",
            "idle_seconds": 12 * 3600,
        }
        assert (await client.get(link)).status_code == 410


async def test_a_link_is_not_spent_by_another_site_nor_where_nothing_says_who_asks(place: Place) -> None:
    link = await link_for(place)
    async with place.client() as client:
        for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            assert (await client.post(link, headers=headers)).status_code == 403
        assert (await client.post(link, headers={"Origin": place.url})).status_code == 303


async def test_a_link_of_another_bot_or_an_old_one_signs_nobody_in(place: Place) -> None:
    database, now, bot = place.town.runtime.database, place.town.clock(), BotId(place.bot_id)
    secret = (await link_for(place)).removeprefix("in/")
    assert await spend_link(database, BotId(bot + 1), secret, now=now) is None
    assert await spend_link(database, bot, f"{secret}x", now=now) is None
    assert await spend_link(database, bot, secret, now=now + timedelta(minutes=10, seconds=1)) is None
    assert await spend_link(database, bot, secret, now=now + timedelta(minutes=9)) is not None


async def test_an_address_that_guesses_too_often_has_to_wait_and_a_good_link_still_works(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "REFUSED_A_MINUTE", 0)
    link, stale = await link_for(place), place.init_data(await place.town.person("Ana"), ago=timedelta(hours=2))
    async with place.client(**FROM_OUR_PAGE) as client:
        page = await client.post("in/guessed")
        script = await client.post("session", json={"init_data": stale})
        for answer in (page, script):
            seconds = answer.headers["retry-after"]
            assert (answer.status_code, f"try again in {seconds} second" in answer.text) == (429, True)
        assert (await client.post(link)).status_code == 303


async def test_over_plain_http_elsewhere_no_cookie_is_given_and_the_link_stays_good(place: Place) -> None:
    link = await link_for(place)
    async with place.client(**FROM_OUR_PAGE) as client:
        elsewhere = await client.post(link, headers={"Host": "cards.example"})
        assert elsewhere.status_code == 403
        assert "https" in elsewhere.text
        assert (await client.post(link)).status_code == 303


async def test_what_has_ended_is_wiped_and_what_is_in_use_stays(place: Place) -> None:
    database, now, bot = place.town.runtime.database, place.town.clock(), BotId(place.bot_id)
    opened = await open_session(database, PagePerson(bot_id=bot, user_id=UserId(1)), now=now)
    assert opened is not None
    token = getattr(opened, "token", "")
    secret = (await link_for(place)).removeprefix("in/")
    await prune(database, now)
    assert await find_person(database, bot, token, now=now) is not None
    assert await prune(database, now + timedelta(hours=13)) > 0
    assert await find_person(database, bot, token, now=now) is None
    assert await spend_link(database, bot, secret, now=now) is None


async def test_a_manager_opens_the_desk_on_a_computer_by_a_link_from_the_chat(
    browser: Browser, settings_of_a_fresh_file: Settings
) -> None:
    async with open_sandbox() as sandbox, free_port() as listener:
        bot = await sandbox.add_bot(username=BOT)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        public = replace(
            settings_of_a_fresh_file, telegram_token=bot["token"], telegram_api_url=sandbox.url, public_url=url
        )
        app = create_app(public, bots=open_bots)
        async with started(app), served(app, listener), open_tab(browser) as tab:

            async def hears() -> bool:
                return bool(await sandbox.calls(method="setWebhook"))

            await until(hears)
            runtime = app.state.runtime
            shop = Shop(runtime.database, await found(runtime.database), Clock(), runtime.counter)
            ana = await sandbox.add_person("Ana", bot=BOT, language_code="en")
            await employ(shop, ana, Role.OWNER)
            await ana.say("/shop")

            async def offered() -> bool:
                return any("computer" in label for message in (await ana.screen()).messages for label in message.labels)

            await until(offered)
            await ana.press("Open on a computer")

            async def given() -> bool:
                return any(f"{url}/app/" in (message.text or "") for message in (await ana.screen()).messages)

            await until(given)
            [text] = [message.text for message in ana.messages if message.text and f"{url}/app/" in message.text]
            await tab.page.goto(url + text.partition(url)[2].split()[0].partition("<")[0])
            await tab.page.get_by_role("button", name="Sign in").click()
            await tab.page.wait_for_url(f"{url}/app/{bot['id']}/shop/*/figures")
            await tab.page.get_by_role("heading", name="Figures", exact=True).wait_for()
            [cookie] = await tab.page.context.cookies()
            assert (cookie["name"], cookie["httpOnly"]) == (f"loyalty-{bot['id']}", True)
            assert tab.problems == []
