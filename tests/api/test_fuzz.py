"""Whatever is sent: never a failure of the server, always JSON, always what the reference says, books that balance."""

import json
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.api.endpoints import ENDPOINTS, Endpoint, Things, furnish
from tests.api.till import Till

whatever_is_sent = settings(
    max_examples=min(40, settings().max_examples),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

FIELDS = (
    *("name", "phone", "email", "birthday", "stamps", "branch_id", "order_ref", "reward_id", "reason"),
    *("stamps_required", "reward_description", "surplus", "cooldown_seconds", "daily_stamp_cap", "reward_valid_days"),
)
NEARLY_RIGHT = st.sampled_from(
    [
        *(0, 1, 2, 10, 11, 100, 101, -1, 2**31, 2**63 - 1, 2**63, 1.0, "1", "Lena", "+14155552671", "(415) 555-2672"),
        *("ana@example.com", "1990-05-17", "2026-03-02", "2026-03-03", "A-17", "reset", "carry", "", None, True),
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.text(st.characters(categories=["Cs"])),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=9), inside, max_size=3),
    max_leaves=8,
)
BODIES = (
    st.dictionaries(st.sampled_from(FIELDS), NEARLY_RIGHT | ANYTHING, max_size=4).map(json.dumps)
    | ANYTHING.map(json.dumps)
    | st.binary(max_size=200)
)
PIECES = st.binary(min_size=1, max_size=40) | st.sampled_from([b"1", b"0", b"9" * 20, b"-1", b"%00", b"..", b"a/b"])
QUERIES = st.dictionaries(
    st.sampled_from(["page", "limit", "cursor", "q", "phone", "status", "days"]),
    st.binary(max_size=40) | NEARLY_RIGHT.map(lambda value: str(value).encode()),
    max_size=3,
)
HEADERS = st.dictionaries(
    st.sampled_from([b"authorization", b"x-api-key", b"x-request-id", b"idempotency-key", b"content-type", b"accept"]),
    st.binary(max_size=80).filter(lambda value: not set(value) & set(b"\r\n\x00")),
    max_size=4,
)

with_body = pytest.mark.parametrize(
    "endpoint", [endpoint for endpoint in ENDPOINTS if endpoint.method in {"POST", "PATCH"}], ids=lambda e: e.name
)
with_piece = pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if "{" in e.path], ids=lambda e: e.name)


def assert_sound(answer: httpx.Response) -> None:
    """The witness has compared the answer with the reference already."""
    assert answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "image/png" or isinstance(answer.json(), dict)


@pytest.fixture
async def things(till: Till) -> Things:
    return await furnish(till)


@with_body
@whatever_is_sent
@given(body=BODIES)
async def test_any_body_is_answered_soundly(till: Till, things: Things, endpoint: Endpoint, body: str | bytes) -> None:
    content = body.encode() if isinstance(body, str) else body
    assert_sound(await till.ask(endpoint.method, endpoint.path.format(**things._asdict()), content))


@with_piece
@whatever_is_sent
@given(piece=PIECES)
async def test_any_address_is_answered_soundly(till: Till, endpoint: Endpoint, piece: bytes) -> None:
    assume(piece not in {b".", b".."})  # these walk through addresses, they are no names
    text = quote(piece, safe="")
    path = endpoint.path.format(**dict.fromkeys(Things._fields, text))
    assert_sound(await till.ask(endpoint.method, path))


@pytest.mark.parametrize("path", ["/customers", "/rewards", "/customers/{customer}/transactions", "/analytics"])
@whatever_is_sent
@given(query=QUERIES)
async def test_any_query_is_answered_soundly(till: Till, things: Things, path: str, query: dict[str, bytes]) -> None:
    text = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    assert_sound(await till.ask("GET", f"{path.format(**things._asdict())}?{text}"))


@whatever_is_sent
@given(headers=HEADERS)
async def test_any_headers_are_answered_soundly(till: Till, things: Things, headers: dict[bytes, bytes]) -> None:
    till.api.clock.wait(minutes=1)  # failed sign-ins must not add up
    path = f"/v1/customers/{things.customer}/stamps"
    assert_sound(await till.api.client.post(path, headers=headers, content=b"{}"))
    assert_sound(
        await till.api.client.post(path, headers={b"authorization": b"Bearer " + till.key.encode(), **headers})
    )


@whatever_is_sent
@given(orders=st.lists(st.tuples(st.sampled_from(ENDPOINTS), BODIES), max_size=12))
async def test_after_any_requests_the_books_balance(
    till: Till, things: Things, orders: list[tuple[Endpoint, str | bytes]]
) -> None:
    for endpoint, body in orders:
        content = body.encode() if isinstance(body, str) else body
        assert_sound(await till.ask(endpoint.method, endpoint.path.format(**things._asdict()), content))
    await till.assert_books_balance()
