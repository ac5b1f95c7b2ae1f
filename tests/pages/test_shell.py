"""What all pages share: their headers, their languages, their first paint, and what they say when one cannot go on."""

import re

import pytest
from httpx import AsyncClient
from playwright.async_api import Route

from api.pages.static_files import version
from loyalty_app.words import LANGUAGES
from tests.browser import Tab
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = ("scan", "card", "shop")
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|javascript:", re.IGNORECASE)


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_has_no_inline_script_and_a_strict_policy(place: Place, page: str) -> None:
    async with place.client() as client:
        answer = await client.get(page)
    assert answer.status_code == 200
    assert not INLINE.search(answer.text)
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    sandbox = place.town.sandbox.url
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == f"'self' https://telegram.org {sandbox}"
    assert "unsafe" not in answer.headers["content-security-policy"]
    framed = {"shop": sandbox}.get(page, f"https://web.telegram.org {sandbox}")
    assert policy["frame-ancestors"] == framed
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_page_is_in_the_language_that_is_asked_for(place: Place, language: str) -> None:
    async with place.client() as client:
        by_header = await client.get("card", headers={"Accept-Language": f"xx, {language}-XY;q=0.9, fr;q=0.8"})
        by_query = await client.get("card", params={"lang": language}, headers={"Accept-Language": "fr"})
    for answer in (by_header, by_query):
        assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in answer.text


async def test_a_bot_that_is_not_there_and_a_page_that_is_not_there_are_pages_that_say_what_to_do(place: Place) -> None:
    async with AsyncClient(base_url=f"{place.url}/app/", trust_env=False) as client:
        for path in (
            "1/scan",
            "x/card",
            "0/shop",
            f"{2**70}/scan",
            f"{place.bot_id}/nothing",
            "nothing",
            "static/x/no.js",
        ):
            answer = await client.get(path, headers={"Accept-Language": "de"})
            assert answer.status_code == 404, path
            assert '<html lang="de"' in answer.text
        assert (await client.post("1/session", json={"init_data": "x"})).json()["code"] == "bot_not_found"


async def test_static_files_are_kept_for_ever_under_their_version_and_not_under_another(place: Place) -> None:
    async with place.client() as client:
        page = await client.get("card")
        [style] = set(re.findall(r"/app/static/\w+/shell\.css", page.text))
        kept = await client.get(f"{place.url}{style}")
        older = await client.get(f"{place.url}/app/static/0000/shell.css")
    assert "immutable" in kept.headers["cache-control"]
    assert kept.headers["content-type"].startswith("text/css")
    assert older.headers["cache-control"] == "no-cache"
    assert older.content == kept.content
    assert page.headers["x-page-version"] == style.split("/")[3]


async def test_a_page_is_there_before_any_script(place: Place, phone: Tab) -> None:
    await phone.page.route("**/*.js", lambda route: route.abort())
    await place.open(phone, "card")
    await phone.page.get_by_role("heading", level=1).wait_for()


async def test_a_page_opened_by_telegram_signs_its_person_in_without_telegrams_script(place: Place, phone: Tab) -> None:
    ana = await place.town.person("Ana")
    await place.open(phone, "card", ana)
    await phone.until(f"sessionStorage.getItem('session-{place.bot_id}')")
    await phone.page.reload()
    await phone.page.get_by_role("heading", level=1).wait_for()


async def test_init_data_that_is_too_old_is_a_screen_that_says_how_to_go_on(place: Place, phone: Tab) -> None:
    ana = await place.town.person("Ana")
    shown = place.init_data(ana)
    async with place.client() as client:
        await client.post("session", json={"init_data": shown})
    await place.open(phone, "card", init_data=shown)
    await phone.page.get_by_role("heading", name="This window was opened once before.").wait_for()
    await phone.page.get_by_role("button", name="Close").wait_for()


async def test_a_page_older_than_the_server_loads_itself_again(place: Place, phone: Tab) -> None:
    ana = await place.town.person("Ana")
    loads: list[str] = []

    async def as_before(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.text()
        loads.append(route.request.url)
        older = body.replace(f'data-version="{version()}"', 'data-version="0000"')
        await route.fulfill(response=answer, body=older if len(loads) == 1 else body)

    await phone.page.route(f"{place.pages}/card", as_before)
    await place.open(phone, "card", ana)
    await phone.page.locator(f'html[data-version="{version()}"]').wait_for()
    assert len(loads) == 2


async def test_a_page_turns_to_the_language_that_its_person_reads_in_the_chat(place: Place, phone: Tab) -> None:
    ana = await place.town.person("Ana")
    await place.open(phone, "shop", ana, language="ar")
    await phone.page.locator('html[lang="ar"][dir="rtl"]').wait_for()
    await phone.until(f"sessionStorage.getItem('session-{place.bot_id}')")
