"""The fast path: stamps take a shorter way than everything else, and only a clock can tell.

A path with a slash at its end takes the long way through Litestar, so the same request can be made on both.
"""

import re
from collections.abc import Mapping

import httpx
import msgspec
import pytest

from api.operations import PREFIXES
from api.reference.routes import calls
from api.refusals import LARGEST_BODY
from api.stamp_fast_path import ROUTES, card_to_stamp
from tests.api.till import Api, Till, only_once

JSON = {"Content-Type": "application/json"}
VARIES = re.compile(
    rb'"(request_id|transaction_id|version|updated_at|last_visit_at|current_stamps|stamps_to_go|total_\w+)":[^,}]+'
)


class StampCase(msgspec.Struct):
    """A request for stamps, and the status it should be answered with."""

    status: int
    body: bytes = b"{}"
    headers: Mapping[str, str] = {}
    card: str = "{id}"


REQUESTS = {
    "one stamp": StampCase(200, b'{"stamps": 1}'),
    "no body": StampCase(200, b""),
    "by code": StampCase(200, card="qr/{qr_code}"),
    "by a scanned link": StampCase(200, card="qr/https%3A%2F%2Ft.me%2Fbot%3Fstart%3Dc_{qr_code}"),
    "by code in the place of the id": StampCase(200, card="{qr_code}"),
    "no code in the place of the id": StampCase(404, card="CUS12"),
    "its own request id": StampCase(200, headers={"X-Request-Id": "till-7"}),
    "a replay": StampCase(200, headers=only_once("again")),
    "the key in the other header": StampCase(200, headers={"Authorization": "", "X-Api-Key": "{key}"}),
    "no key": StampCase(401, headers={"Authorization": ""}),
    "a wrong key": StampCase(401, headers={"Authorization": "Bearer ll_no"}),
    "too many stamps": StampCase(400, b'{"stamps": 11}'),
    "an unknown field": StampCase(400, b'{"stampz": 1}'),
    "no JSON": StampCase(400, b"{"),
    "not said to be JSON": StampCase(415, headers={"Content-Type": "text/plain"}),
    "too large": StampCase(413, b" " * (LARGEST_BODY + 1)),
    "a wrong id": StampCase(400, card="x"),
    "an unknown card": StampCase(404, card="999"),
    "an unknown code": StampCase(404, card="qr/CUS0000000000"),
    "a wrong idempotency key": StampCase(400, headers=only_once("with a space")),
}


async def ask(till: Till, case: StampCase, card: Mapping[str, object], *, slash: str) -> httpx.Response:
    headers = {name: value.format(key=till.key) for name, value in case.headers.items()}
    return await till.ask("POST", f"/customers/{case.card.format(**card)}/stamps{slash}", case.body, headers=headers)


def seen(response: httpx.Response) -> tuple[object, ...]:
    """What a client can tell apart; what differs from request to request is left out."""
    length = "" if response.status_code == 200 else response.headers["content-length"]
    kept = {name for name in response.headers if name != "content-length"}
    told = {name: response.headers.get(name) for name in ("content-type", "idempotent-replayed", "x-ratelimit-limit")}
    return response.status_code, length, kept, told, VARIES.sub(b"", response.content)


@pytest.mark.parametrize("case", REQUESTS.values(), ids=REQUESTS)
async def test_a_stamp_is_answered_alike_on_both_ways(till: Till, case: StampCase) -> None:
    lena = await till.join()
    first = await ask(till, case, lena, slash="")
    short = await ask(till, case, lena, slash="")
    long = await ask(till, case, lena, slash="/")
    assert first.status_code == case.status, first.text
    assert seen(short) == seen(long)


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/customers/1/stamps/", "/v1/customers/1/redeem", "/v2/customers/1/stamps"),
        *("/v1/customers//stamps", "/v1/customers/1/2/stamps", "/x/v1/customers/1/stamps", "/v1/customers/1/stamps\n"),
    ],
)
def test_what_is_no_stamp_goes_the_long_way(path: str) -> None:
    assert card_to_stamp({"type": "http", "method": "POST", "path": path}) is None
    assert card_to_stamp({"type": "http", "method": "GET", "path": "/v1/customers/1/stamps"}) is None
    assert card_to_stamp({"type": "websocket", "path": "/v1/customers/1/stamps"}) is None


def test_the_fast_path_takes_each_operation_of_stamping_at_each_of_its_addresses_with_its_scope() -> None:
    stamping = [call for call in calls() if call.path.endswith("/stamps")]
    assert len(stamping) == len(ROUTES)
    for call in stamping:
        [(parameter, value)] = call.values.items()
        assert (ROUTES[parameter].scope, ROUTES[parameter].status) == (call.operation.scope, call.operation.status)
        for prefix in PREFIXES:
            scope = {"type": "http", "method": call.method, "path": prefix + call.address}
            assert card_to_stamp(scope) == {parameter: value}


async def test_who_hangs_up_in_the_middle_of_a_request_is_given_no_stamp(till: Till) -> None:
    lena, sent = await till.join(), []
    parts = [{"type": "http.request", "body": b"", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> object:
        return parts.pop(0)

    async def send(message: object) -> None:
        sent.append(message)

    path = f"/v1/customers/{lena['id']}/stamps"
    headers = [(b"authorization", f"Bearer {till.key}".encode()), (b"content-length", b"13")]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "headers": headers}
    await till.api.app({**scope, "client": None, "query_string": b""}, receive, send)  # type: ignore[arg-type]  # as a server does
    assert (sent, (await till.show(lena["id"]))["total_stamps"]) == ([], 0)


async def test_both_ways_are_counted_under_the_same_route(api: Api, till: Till) -> None:
    lena, before = await till.join(), await counted(api)
    for slash in ("", "/"):
        await till.post(f"/customers/{lena['id']}/stamps{slash}")
    new = await counted(api) - before
    routes = {found[1] for line in new if (found := re.search(r'route="([^"]+)"', line))}
    assert routes == {"/v1/customers/{id}/stamps"}


async def counted(api: Api) -> set[str]:
    """The lines of the figures that count requests to customers; those of a process go on from test to test."""
    figures = (await api.client.get("/metrics")).text
    return {line for line in figures.splitlines() if 'seconds_count{method="POST"' in line and "/customers/" in line}
