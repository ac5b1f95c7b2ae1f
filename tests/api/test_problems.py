"""Problems: whatever goes wrong is said in the same form, with an id to ask for, and nothing of the inside."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from tests.api.endpoints import ENDPOINTS, Things, furnish
from tests.api.till import Api, Till, given, refused

LARGEST = 256 * 1024
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW")


@asynccontextmanager
async def lost(api: Api, table: str) -> AsyncIterator[None]:
    """Do without a table for a while."""
    await api.database.write(lambda connection: connection.execute(text(f'ALTER TABLE "{table}" RENAME TO lost')))
    yield
    await api.database.write(lambda connection: connection.execute(text(f'ALTER TABLE lost RENAME TO "{table}"')))


NOWHERE = (
    *("/v1", "/v1/", "/api/v1", "/v2/customers", "/customers", "/v1/customer", "/v1/webhook", "/v1/docs"),
    *("/v1/customers/1/stamps/2", "/v1/health/live", "/health", "/v1/metrics", "/docs/x", "/v1/program%00", "/%ff"),
)


async def test_an_unknown_address_is_a_problem_with_or_without_a_key(till: Till, subtests: pytest.Subtests) -> None:
    for path in NOWHERE:
        with subtests.test(path=path):
            for method in ("GET", "POST"):
                refused(await till.ask(method, path, base=""), 404, "not_found")
                refused(await till.api.client.request(method, path), 404, "not_found")


async def test_an_unknown_address_is_told_so_though_the_key_cannot_be_looked_up(till: Till) -> None:
    till.api.witness.keys.clear()  # so that it expects no headers of the rate limit
    async with lost(till.api, "api_key"):
        refused(await till.get("/nowhere"), 404, "not_found")
        refused(await till.ask("PUT", "/customers"), 405, "method_not_allowed")


async def test_a_method_that_an_address_does_not_take_is_a_problem_that_lists_those_it_takes(till: Till) -> None:
    things = Things(customer=1, code="CUS0000000000", transaction=1, reward=1, phone="")
    paths = {endpoint.path for endpoint in ENDPOINTS}
    for path in paths:
        taken = {endpoint.method for endpoint in ENDPOINTS if endpoint.path == path}
        taken |= {"HEAD"} if "GET" in taken else set()
        for method in set(METHODS) - taken:
            answer = await till.ask(method, path.format(**things._asdict()))
            assert answer.status_code == 405, f"{method} {path}"
            assert set(answer.headers["allow"].split(", ")) == taken | {"OPTIONS"}


async def test_options_are_told_to_anybody_and_name_all_methods_of_an_address(till: Till) -> None:
    things = Things(customer=1, code="CUS0000000000", transaction=1, reward=1, phone="")._asdict()
    for path in {endpoint.path for endpoint in ENDPOINTS}:
        taken = {endpoint.method for endpoint in ENDPOINTS if endpoint.path == path}
        taken |= {"OPTIONS", "HEAD"} if "GET" in taken else {"OPTIONS"}
        for headers in ({}, {"Authorization": f"Bearer {till.key}"}):
            answer = await till.api.client.options(f"/api/v1{path.format(**things)}/", headers=headers)
            assert (answer.status_code, answer.content) == (204, b"")
            assert set(answer.headers["allow"].split(", ")) == taken, path
    assert (await till.api.client.options("/docs")).headers["allow"] == "GET, HEAD, OPTIONS"
    refused(await till.api.client.options("/nowhere"), 404, "not_found")


async def test_head_is_get_without_a_body(till: Till) -> None:
    lena = await till.join()
    await till.stamp(lena["id"])
    things = Things(customer=lena["id"], code=lena["qr_code"], transaction=1, reward=1, phone="")._asdict()
    of_key = [f"/v1{endpoint.path.format(**things)}" for endpoint in ENDPOINTS if endpoint.method == "GET"]
    open_to_all = (
        "/health/live",
        "/health/ready",
        "/metrics",
        "/openapi.json",
        "/postman.json",
        "/docs",
        "/docs/start.js",
    )
    for path in (*of_key, *open_to_all, "/docs/scalar.js", "/nowhere", "/v1/customers/4711"):
        whole, head = [await till.ask(method, path, base="") for method in ("GET", "HEAD")]
        assert (head.status_code, head.content) == (whole.status_code, b""), path
        for name in ("content-type", "content-length", "etag", "allow"):
            if path != "/metrics" or name != "content-length":
                assert head.headers.get(name) == whole.headers.get(name), (path, name)
        assert int(head.headers["content-length"]) > 0
    refused(await till.ask("GET", f"/customers/{lena['id']}/stamps"), 405, "method_not_allowed")
    assert (await till.ask("HEAD", f"/customers/{lena['id']}/stamps")).status_code == 405


async def test_the_address_itself_leads_to_the_reference(till: Till) -> None:
    for method in ("GET", "HEAD"):
        answer = await till.api.client.request(method, "/")
        assert (answer.status_code, answer.headers["location"], answer.content) == (307, "docs", b"")
    assert (await till.api.client.get("/", follow_redirects=True)).headers["content-type"].startswith("text/html")
    refused(await till.api.client.post("/"), 405, "method_not_allowed")


async def test_answers_are_taken_for_what_they_are_and_not_kept_by_caches(till: Till) -> None:
    lena = await till.join()
    for path in ("/customers", "/analytics", "/nowhere", "/customers/4711"):
        for method in ("GET", "HEAD", "OPTIONS"):
            headers = (await till.ask(method, path)).headers
            assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store"), path
    stamped = await till.ask("POST", f"/customers/{lena['id']}/stamps", base="/api/v1")
    assert (stamped.headers["x-content-type-options"], stamped.headers["cache-control"]) == ("nosniff", "no-store")
    for path in ("/docs", "/docs/scalar.js", "/health/live"):
        assert (await till.api.client.get(path)).headers["x-content-type-options"] == "nosniff"
    for path in (f"/customers/{lena['id']}/card.png", f"/customers/{lena['id']}"):
        assert (await till.get(path)).headers["cache-control"] == "private, no-cache", "what has an ETag is asked again"


async def test_a_body_may_have_256_kib_and_not_a_byte_more(till: Till) -> None:
    lena = await till.join()
    path, before = f"/customers/{lena['id']}/stamps", await till.api.dump()
    refused(await till.ask("POST", path, b"{}".ljust(LARGEST + 1)), 413, "body_too_large")
    refused(await till.ask("POST", path, b"x" * (LARGEST + 1)), 413, "body_too_large")
    assert await till.api.dump() == before
    assert given(await till.ask("POST", path, b"{}".ljust(LARGEST)))["stamps_added"] == 1


async def test_a_body_that_does_not_say_its_length_is_counted_as_it_comes(till: Till) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(LARGEST // 4_096 + 1):
            yield b" " * 4_096

    headers = {"Authorization": f"Bearer {till.key}"}
    refused(await till.api.client.post("/v1/customers", content=endless(), headers=headers), 413, "body_too_large")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "json"])
async def test_a_body_of_another_media_type_is_refused(till: Till, media_type: str) -> None:
    lena = await till.join()
    answer = await till.ask("POST", f"/customers/{lena['id']}/stamps", b"{}", headers={"Content-Type": media_type})
    refused(answer, 415, "unsupported_media_type")
    assert (await till.show(lena["id"]))["total_stamps"] == 0


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "Application/JSON", "application/vnd.a+json", ""]
)
async def test_a_body_of_any_kind_of_json_is_taken(till: Till, media_type: str) -> None:
    lena = await till.join()
    answer = await till.ask("POST", f"/customers/{lena['id']}/stamps", b"{}", headers={"Content-Type": media_type})
    assert given(answer)["stamps_added"] == 1


async def test_a_failure_tells_the_caller_an_id_and_the_log_the_whole_story(
    till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    async with lost(till.api, "daily_total"):
        with caplog.at_level(logging.ERROR):
            problem = refused(await till.get("/analytics"), 500, "internal_error")
    assert set(problem) == {"type", "title", "status", "detail", "code", "request_id"}
    assert f"request {problem['request_id']} failed" in caplog.text
    assert "no such table: daily_total" in caplog.text


async def test_what_the_database_does_not_take_may_be_sent_again_with_the_same_key(till: Till) -> None:
    lena = await till.join()
    path = f"/customers/{lena['id']}/stamps"
    async with lost(till.api, "transaction"):
        answer = await till.post(path, once="k")
        problem = refused(answer, 503, "busy")
    assert f"try again in {answer.headers['retry-after']} s" in problem["detail"]
    assert (await till.show(lena["id"]))["total_stamps"] == 0
    assert given(await till.post(path, once="k"))["total_stamps"] == 1


async def test_a_length_that_is_no_number_is_a_bad_request(till: Till) -> None:
    answer = await till.ask("POST", "/customers", b"{}", headers={"Content-Length": "many"})
    assert answer.status_code == 400


@pytest.mark.parametrize("request_id", ["till-1.2026_03", "x" * 64, "7"])
async def test_a_request_id_of_the_caller_is_kept(till: Till, request_id: str) -> None:
    for path, status in (("/program", 200), ("/nowhere", 404), ("/customers/x", 400)):
        answer = await till.ask("GET", path, headers={"X-Request-Id": request_id})
        assert (answer.status_code, answer.headers["x-request-id"]) == (status, request_id)
        assert status == 200 or answer.json()["request_id"] == request_id


@pytest.mark.parametrize("request_id", ["", "x" * 65, "a b", "<script>", "a\tb", "{}"])
async def test_a_request_id_that_is_of_no_use_is_replaced_by_one_of_ours(till: Till, request_id: str) -> None:
    answers = [await till.ask("GET", "/program", headers={"X-Request-Id": request_id}) for _ in "12"]
    first, second = [answer.headers["x-request-id"] for answer in answers]
    assert first != second
    assert request_id not in {first, second}


async def test_no_two_requests_have_the_same_id(till: Till) -> None:
    things = await furnish(till)
    answers = [await endpoint.ask(till, things) for endpoint in ENDPOINTS]
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(ENDPOINTS)
