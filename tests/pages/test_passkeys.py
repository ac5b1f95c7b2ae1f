"""Passkeys: made by a signed-in person, they sign in that person alone, once for each challenge, and only here."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from playwright.async_api import Browser, CDPSession, Page, Route

from api import rate_limits
from loyalty_app.sign_in.links import make_link
from loyalty_app.sign_in.passkeys import PasskeyPlace, PasskeyRefused, recognise
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_core.access import Role
from loyalty_core.fields import BotId, UserId
from testkit.people import Person
from testkit.shop import Shop
from tests.browser import Tab, open_tab
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
ENTER, MAKE = "Sign in with a passkey", "Sign in with a passkey next time"
REFUSED = "This passkey was not taken. Ask for a link in the chat: /shop, then “Open on a computer”. It always works."
FROM_OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}


class Laptop:
    """A browser with a device that makes passkeys, signed in at the desk of a shop by a link from the chat."""

    def __init__(self, place: Place, tab: Tab, device: CDPSession, number: str) -> None:
        self.place, self.tab, self.device, self.number = place, tab, device, number
        self.home = at_localhost(place.pages)

    @property
    def page(self) -> Page:
        return self.tab.page

    async def make(self) -> None:
        """Make a passkey, as the desk proposes."""
        await self.page.get_by_role("link", name=MAKE).click()
        await self.page.get_by_role("button", name=MAKE).click()
        await self.page.get_by_text("made on").wait_for()

    async def leave(self) -> None:
        """Sign out, and open the desk again."""
        await self.page.get_by_role("button", name="Sign out").click()
        await self.page.get_by_role("heading", name="You are signed out.").wait_for()
        await self.page.goto(f"{self.home}/shop")
        await self.page.get_by_role("button", name=ENTER).wait_for()

    async def enter(self, then: str) -> None:
        """Press the button, and wait until the page says something."""
        await self.page.get_by_role("button", name=ENTER).click()
        await self.page.get_by_text(then, exact=True).first.wait_for()

    async def held_back(self) -> dict[str, object]:
        """What the browser would have sent to sign in; it does not arrive."""
        kept: list[str] = []

        async def hold(route: Route) -> None:
            kept.append(route.request.post_data or "")
            await route.abort()

        await self.page.route("**/session/passkey", hold)
        await self.enter("There is no connection. Please try again in a moment.")
        await self.page.unroute("**/session/passkey")
        sent: dict[str, object] = json.loads(kept[0])
        return sent


def at_localhost(url: str) -> str:
    """The same place by its name: browsers give no passkeys to a bare address."""
    return url.replace("127.0.0.1", "localhost")


@asynccontextmanager
async def laptop_of(place: Place, browser: Browser, person: Person) -> AsyncIterator[Laptop]:
    who = PagePerson(bot_id=BotId(place.bot_id), user_id=UserId(person.id), language="en")
    link = await make_link(place.town.runtime.database, who, "shop", now=place.town.clock())
    async with open_tab(browser) as tab:
        device = await tab.page.context.new_cdp_session(tab.page)
        await device.send("WebAuthn.enable")
        made = await device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        await tab.page.goto(f"{at_localhost(place.url)}{link}")
        await tab.page.get_by_role("button", name="Sign in").click()
        await tab.page.get_by_role("heading", name="Figures", exact=True).wait_for()
        yield Laptop(place, tab, device, str(made["authenticatorId"]))


async def page_asks_less(laptop: Laptop) -> None:
    """The page lets the device sign without verifying its person, as a page could that somebody has changed."""

    async def weaken(route: Route) -> None:
        answer = await route.fetch()
        told = await answer.json()
        told["data"]["userVerification"] = "discouraged"
        await route.fulfill(response=answer, json=told)

    await laptop.page.route("**/session/passkey/options", weaken)


async def owner(place: Place) -> tuple[Shop, Person]:
    shop = await place.town.open_shop()
    return shop, await place.town.hire(shop, "Rosa", Role.OWNER)


async def test_an_owner_makes_a_passkey_signs_in_with_it_and_removes_it(place: Place, browser: Browser) -> None:
    shop, rosa = await owner(place)
    async with laptop_of(place, browser, rosa) as laptop:
        page = laptop.page
        await laptop.make()
        await page.get_by_text("not used yet").wait_for()
        await laptop.leave()
        await laptop.enter("Figures")
        await page.wait_for_url(f"**/shop/{shop.business.id}/figures")
        assert await page.get_by_role("link", name=MAKE).count() == 0, "who has a passkey is offered no other"
        await page.get_by_role("link", name="Signing in").click()
        await page.get_by_text("used last:").wait_for()
        await page.locator(".lines summary").click()
        await page.get_by_role("button", name="Yes, remove").click()
        await page.get_by_text("Saved.").wait_for()
        assert await page.get_by_text("made on").count() == 0
        assert laptop.tab.problems == []
        await laptop.leave()
        await laptop.enter(REFUSED)


async def test_a_passkey_asks_for_the_person_and_counts_once_here_and_within_five_minutes(
    place: Place, browser: Browser
) -> None:
    _, rosa = await owner(place)
    async with laptop_of(place, browser, rosa) as laptop, place.client(**FROM_OUR_PAGE) as client:
        await laptop.make()
        await laptop.leave()
        unseen = {"authenticatorId": laptop.number, "isUserVerified": False}
        await laptop.device.send("WebAuthn.setUserVerified", unseen)
        await laptop.enter("No passkey was used. Nothing has changed.")
        await page_asks_less(laptop)
        await laptop.enter(REFUSED)
        await laptop.page.unroute("**/session/passkey/options")
        await laptop.device.send("WebAuthn.setUserVerified", {**unseen, "isUserVerified": True})
        host = laptop.home.split("/")[2]
        elsewhere = await client.post("session/passkey", json=await laptop.held_back(), headers={"Host": "localhost:1"})
        assert elsewhere.status_code == 401, "signed for another origin"
        sent = await laptop.held_back()
        late = place.town.clock() + timedelta(minutes=5, seconds=1)
        spot = PasskeyPlace(bot_id=BotId(place.bot_id), origin=f"http://{host}", host="localhost")
        credential = sent["credential"]
        assert isinstance(credential, dict)
        assert isinstance(await recognise(place.town.runtime.database, spot, credential, now=late), PasskeyRefused)
        other = PasskeyPlace(bot_id=BotId(place.bot_id + 1), origin=f"http://{host}", host="localhost")
        refused = await recognise(place.town.runtime.database, other, credential, now=place.town.clock())
        assert isinstance(refused, PasskeyRefused), "of another bot"
        answers = [await client.post("session/passkey", json=sent, headers={"Host": host}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [204, 401]
        assert "set-cookie" in answers[0].headers


async def test_a_challenge_is_for_the_person_who_asked_for_it_and_nothing_else_is_kept(place: Place) -> None:
    _, rosa = await owner(place)
    async with place.client(**FROM_OUR_PAGE) as nobody:
        named = {"Host": "localhost:80"}
        assert (await nobody.post("api/passkeys/options", headers=named)).status_code == 401
        assert (await nobody.post("session/passkey/options")).status_code == 401, "a bare address has no passkeys"
        for wrong in ({}, {"rawId": 1, "response": {"clientDataJSON": "e30"}}, {"response": "x"}):
            answer = await nobody.post("session/passkey", json={"credential": wrong}, headers=named)
            assert (answer.status_code, "Open on a computer" in answer.text) == (401, True)
        foreign = await nobody.post("session/passkey", json={}, headers={**named, "Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
    client = await place.signed_in(rosa)
    options = (await client.post("api/passkeys/options", headers=named)).json()["data"]
    assert (options["rp"]["id"], options["authenticatorSelection"]["userVerification"]) == ("localhost", "required")
    answer = await client.post("api/passkeys", json={"credential": {"rawId": "x"}}, headers=named)
    assert (answer.status_code, answer.json()["code"]) == (400, "passkey_not_kept")


async def test_an_address_that_asks_for_challenges_all_the_time_has_to_wait(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place.client(**FROM_OUR_PAGE, Host="localhost:80") as client:
        first, second = [(await client.post("session/passkey/options")).json()["data"] for _ in range(2)]
        assert first["challenge"] != second["challenge"]
        monkeypatch.setattr(rate_limits, "CHALLENGES_A_MINUTE", 0)
        answer = await client.post("session/passkey/options")
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert 0 < int(answer.headers["retry-after"]) <= 60
