"""Compression: long answers to GET are short on the wire, for clients who take that, and the same once unpacked."""

import gzip

import pytest

from tests.api.till import Till, given

IDENTITY = {"Accept-Encoding": "identity"}


async def crowded(till: Till) -> str:
    for _ in range(10):
        await till.join()
    return "/customers"


async def test_a_long_list_is_sent_gzipped_and_means_the_same(till: Till) -> None:
    path = await crowded(till)
    plain = await till.ask("GET", path, headers=IDENTITY)
    packed = await till.ask("GET", path, headers={"Accept-Encoding": "br, GZIP;q=0.8"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 4
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content, 5, mtime=0))


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "gzip; q=0.0, br"])
async def test_who_does_not_take_gzip_does_not_get_it(till: Till, accepted: str) -> None:
    answer = await till.ask("GET", await crowded(till), headers={"Accept-Encoding": accepted})
    assert (answer.status_code, answer.headers.get("content-encoding")) == (200, None)


async def test_what_is_short_or_a_picture_or_no_get_is_sent_as_it_is(till: Till) -> None:
    lena = await till.join()
    for path in ("/key", "/program", f"/customers/{lena['id']}/card.png"):
        answer = await till.get(path)
        assert (answer.status_code, answer.headers.get("content-encoding")) == (200, None), path
    stamped = await till.post(f"/customers/{lena['id']}/stamps")
    assert (given(stamped)["stamps_added"], stamped.headers.get("content-encoding")) == (1, None)


async def test_the_reference_is_sent_gzipped_and_its_renderer_once_only(till: Till) -> None:
    for path in ("/openapi.json", "/postman.json", "/docs", "/docs/scalar.js", "/metrics"):
        answer = await till.api.client.get(path)
        assert answer.headers.get_list("content-encoding") == ["gzip"], path
        assert answer.headers.get_list("vary") == ["Accept-Encoding"], path


async def test_a_state_that_the_caller_has_is_no_body_gzipped_or_not(till: Till) -> None:
    path = f"/customers/{(await till.join())['id']}"
    packed = await till.get(path)
    known = await till.ask("GET", path, headers={"If-None-Match": packed.headers["etag"]})
    assert (known.status_code, known.content, known.headers.get("content-encoding")) == (304, b"", None)


async def test_a_page_of_another_site_may_not_ask_with_a_key(till: Till) -> None:
    """A key must not be in a browser, so no browser is told that it may send one: see decision 0022."""
    preflight = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    asked = await till.api.client.options(
        "/v1/customers", headers={**preflight, "Access-Control-Request-Headers": "authorization"}
    )
    answer = await till.ask("GET", "/program", headers={"Origin": "https://shop.example"})
    assert (asked.status_code, answer.status_code) == (204, 200)
    for seen in (asked, answer):
        assert not [name for name in seen.headers if name.startswith("access-control-")]
