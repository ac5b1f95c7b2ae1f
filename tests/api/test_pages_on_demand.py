"""Pages on demand: they are loaded for the first who asks, once, and answer as if they had always been there."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar
from litestar.datastructures import State

from api.app import create_app, is_of_pages
from api.lean_litestar import LitestarOnDemand
from api.pages import open_pages
from loyalty_app.settings import Settings
from tests.api.till import Api, Till, refused


@pytest.fixture
async def browser(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """A client of which nobody expects that all is as the reference says."""
    transport = httpx.ASGITransport(api.app, raise_app_exceptions=False)  # type: ignore[arg-type]  # the same in other words
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield client


async def test_many_who_ask_first_at_once_get_the_same_pages() -> None:
    state = State()
    pages = LitestarOnDemand(lambda: open_pages(state))
    found = await asyncio.gather(*(pages.made() for _ in range(6)))
    assert len({id(one) for one in found}) == 1
    assert found[0].state is state


def test_every_address_of_the_pages_leads_to_them_and_no_other_address_does() -> None:
    api, pages = create_app(Settings()), open_pages(State())
    assert {route.path for route in pages.routes if not is_of_pages(route.path)} == set()
    assert {route.path for route in api.routes if is_of_pages(route.path)} == set()


@pytest.mark.parametrize("path", ["/app/nothing", "/c/nothing", "//c/nothing", "/join/nothing"])
async def test_an_unknown_address_below_the_pages_is_a_page_that_says_so(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(f"http://shop.test{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "x-request-id" in answer.headers


@pytest.mark.parametrize("path", ["/app", "/c", "/join", "/application/x", "/v1/app/x"])
async def test_an_address_that_only_looks_like_one_of_the_pages_is_a_problem_of_the_api(till: Till, path: str) -> None:
    refused(await till.api.client.get(path), 404, "not_found")


async def test_addresses_of_pages_tell_their_methods_and_answer_head(browser: httpx.AsyncClient) -> None:
    assert (await browser.options("/c/secret")).headers["allow"] == "GET, HEAD, OPTIONS"
    refused(await browser.options("/c/a/b/c/d/e"), 404, "not_found")
    refused(await browser.put("/c/secret"), 405, "method_not_allowed")
    head = await browser.head("/c/secret")
    assert (head.status_code, head.content) == (404, b"")


async def test_pages_that_cannot_be_loaded_are_a_problem_with_a_request_id_until_they_can(
    api: Api, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    faults = [OSError("a template cannot be read") for _ in range(5)]

    def make() -> Litestar:
        if faults:
            raise faults.pop()
        return open_pages(api.app.state)

    monkeypatch.setattr(api.app, "pages", LitestarOnDemand(make))
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        answer = await browser.request(method, "/c/secret")
        assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
        assert answer.headers["x-request-id"] in caplog.text
    refused(await browser.get("/c/secret"), 500, "internal_error")
    assert (await browser.get("/c/nothing")).headers["content-type"].startswith("text/html")
