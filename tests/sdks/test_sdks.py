"""The four SDKs do the same in each language, against a real server."""

import json
import secrets
from datetime import datetime
from urllib.parse import urlsplit

import pytest

from api.reference.routes import document
from sdks.generator.contents import contents_of
from tests.api.live import NOBODY, Live
from tests.sdks.driving import Driver, asked_for, given
from tests.sdks.scripted import cutting, scripted

STAMPED = json.dumps({"data": {"transaction_id": 1, "rewards": [], "news": {"a_b": 1}}}).encode()
BUSY = json.dumps({"code": "busy", "detail": "Come back soon.", "status": 503}).encode()
A_KEY = "ll_" + "a" * 48


def a_customer(sdk: Driver, live: Live) -> dict[str, object]:
    found: dict[str, object] = sdk.call("customers.create", name="Lena", phone=live.free_phone())
    return found


def test_two_lines_stamp_a_card_by_code_or_by_id(sdk: Driver, live: Live) -> None:
    lena = a_customer(sdk, live)
    assert sdk.call("customers.stamp", lena["qr_code"], stamps=2)["current_stamps"] == 2
    assert sdk.call("customers.stamp", lena["id"])["current_stamps"] == 3
    assert sdk.call("customers.get", lena["qr_code"])["total_stamps"] == 3


@pytest.mark.parametrize("name", ["", " \n", ".", ".."])
def test_an_empty_scan_is_refused_at_once_and_nothing_is_sent(running: Driver, name: str) -> None:
    with scripted() as script:
        running.open(script.url, A_KEY)
        for method in ("stamp", "get", "get_by_code", "redeem", "delete"):
            assert " code" in running.refused(f"customers.{method}", name)["text"]
    assert not script.seen


NAMED: dict[str, dict[str, object]] = {
    "stamp": {"stamps": 10},
    "get": {},
    "get_by_code": {},
    "update": {"name": "Lena M."},
    "list_transactions": {},
    "list_rewards": {"status": "available"},
    "card": {},
    "card_link": {},
    "revoke_card_link": {},
    "redeem": {},
    "merge": {"from_id": "the other"},
    "unmerge": {"from_id": "the other"},
    "delete": {},
}
"""Every method that takes a customer, in an order in which all of them can be asked."""


def test_every_method_about_a_customer_takes_their_code(sdk: Driver, live: Live) -> None:
    [customers] = [one for one in contents_of(document()).resources if one.name == "customers"]
    assert NAMED.keys() == {method.name for method in customers.methods if method.takes_code}
    lena, other = a_customer(sdk, live), a_customer(sdk, live)
    named = {name: {"from_id": other["id"]} if "from_id" in values else values for name, values in NAMED.items()}
    by_code = {name: sdk.call(f"customers.{name}", lena["qr_code"], **values) for name, values in named.items()}
    assert by_code["get"] == by_code["get_by_code"]
    assert by_code["update"]["name"] == "Lena M."
    assert by_code["list_transactions"][0]["id"] == by_code["stamp"]["transaction_id"]
    assert by_code["list_rewards"] == by_code["stamp"]["rewards"]
    assert by_code["delete"]["id"] == lena["id"]
    assert by_code["merge"]["other"]["id"] == by_code["unmerge"]["other"]["id"] == other["id"]
    for name, values in named.items():
        assert sdk.refused(f"customers.{name}", lena["qr_code"], **values)["class"] == "CustomerNotFound", name


def test_the_ledger_of_a_customer_is_listed_by_code_or_by_id(sdk: Driver, live: Live) -> None:
    lena = a_customer(sdk, live)
    for _ in "12":
        sdk.call("customers.stamp", lena["id"])
    by_code = sdk.call("transactions.list", customer_id=lena["qr_code"])
    assert len(by_code) == 2
    assert sdk.call("transactions.list", customer_id=lena["id"]) == by_code


def test_a_full_card_is_a_reward_that_is_handed_out_and_taken_back(sdk: Driver, live: Live) -> None:
    lena = a_customer(sdk, live)
    stamped = sdk.call("customers.stamp", lena["id"], stamps=10)
    assert stamped["reward_earned"] is True
    redeemed = sdk.call("customers.redeem", lena["qr_code"], reward_id=stamped["rewards"][0]["id"])
    assert redeemed["reward"]["status"] == "redeemed"
    sdk.call("transactions.void", redeemed["transaction_id"], reason="not yet")
    assert sdk.call("customers.get", lena["id"])["rewards_available"] == 1


def test_an_idempotency_key_of_the_caller_wins(sdk: Driver, live: Live) -> None:
    lena, key = a_customer(sdk, live), secrets.token_hex(8)
    first = sdk.call("customers.stamp", lena["id"], idempotency_key=key)
    assert sdk.call("customers.stamp", lena["id"], idempotency_key=key) == first
    assert sdk.call("customers.get", lena["id"])["total_stamps"] == 1


def test_a_refusal_is_an_error_of_the_class_of_its_code(sdk: Driver, live: Live) -> None:
    lena = a_customer(sdk, live)
    missing = sdk.refused("customers.stamp", "CUS0000000000")
    assert (missing["class"], missing["status"], missing["code"]) == ("CustomerNotFound", 404, "customer_not_found")
    assert missing["detail"] in missing["text"]
    assert missing["request_id"]
    exists = sdk.refused("customers.create", name="Lena", phone=lena["phone"])
    assert (exists["class"], exists["problem"]["customer_id"]) == ("CustomerExists", lena["id"])
    assert sdk.refused("customers.stamp", lena["id"], stamps=11)["class"] == "InvalidRequest"
    assert sdk.refused("customers.redeem", lena["id"])["class"] == "NoRewardAvailable"


def test_a_field_that_is_left_out_stays_and_null_clears_it(sdk: Driver, live: Live) -> None:
    lena = a_customer(sdk, live)
    sdk.call("customers.update", lena["id"], email="lena@example.com")
    assert sdk.call("customers.update", lena["id"], name="Lena M.")["email"] == "lena@example.com"
    assert sdk.call("customers.update", lena["id"], email=None)["email"] is None


def test_all_rows_are_walked_once_while_others_come(sdk: Driver, live: Live) -> None:
    known = {a_customer(sdk, live)["id"] for _ in range(5)}
    first = given(sdk.ask(page="customers", given={"limit": 2}, cursor=None))
    assert len(first["items"]) == 2
    a_customer(sdk, live)
    seen, cursor = [one["id"] for one in first["items"]], first["next_cursor"]
    while cursor:
        page = given(sdk.ask(page="customers", given={"limit": 2}, cursor=cursor))
        seen, cursor = [*seen, *(one["id"] for one in page["items"])], page["next_cursor"]
    assert len(seen) == len(set(seen))
    assert known <= set(seen)
    assert known <= {one["id"] for one in sdk.call("customers.list", limit=2)}


def test_events_are_listed_with_what_they_say(sdk: Driver, live: Live) -> None:
    lena = a_customer(sdk, live)
    [event] = [
        one for one in sdk.call("events.list", limit=100) if one["data"].get("customer", {}).get("id") == lena["id"]
    ]
    assert (event["type"], event["data"]["customer"]["name"]) == ("customer.created", "Lena")


def test_a_picture_comes_as_bytes(sdk: Driver, live: Live) -> None:
    assert sdk.call("customers.card", a_customer(sdk, live)["id"])["bytes"] > 1_000


def test_of_an_answer_that_is_cut_off_the_stamp_is_given_once(running: Driver, live: Live) -> None:
    running.open(live.url, live.key)
    lena = a_customer(running, live)
    with cutting(int(urlsplit(live.url).port or 0), times=2) as url:
        running.open(url, live.key)
        assert running.call("customers.stamp", lena["qr_code"])["current_stamps"] == 1
    running.open(live.url, live.key)
    assert running.call("customers.get", lena["id"])["total_stamps"] == 1


def test_sixty_four_calls_at_once_are_all_done(sdk: Driver, live: Live) -> None:
    lena = a_customer(sdk, live)
    told = given(sdk.ask(many=[asked_for("customers.stamp", lena["id"]) for _ in range(64)]))
    assert len({given(one)["transaction_id"] for one in told}) == 64
    assert sdk.call("customers.get", lena["id"])["total_stamps"] == 64


def test_a_failure_that_may_pass_is_tried_twice_more_with_the_same_key(running: Driver) -> None:
    with scripted((503, {"Retry-After": "0"}, BUSY), None, (200, {}, STAMPED)) as script:
        running.open(script.url, A_KEY)
        running.call("customers.stamp", 42)
    assert len({seen.headers["idempotency-key"] for seen in script.seen}) == 1
    assert [seen.path for seen in script.seen] == ["/v1/customers/42/stamps"] * 3


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_after_three_failures_the_last_one_is_told(running: Driver, status: int) -> None:
    with scripted(*[(status, {"Retry-After": "0"}, b"{}")] * 3) as script:
        running.open(script.url, A_KEY)
        assert running.refused("customers.stamp", 42)["status"] == status
    assert len(script.seen) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_what_will_not_pass_is_not_tried_again(running: Driver, status: int) -> None:
    with scripted((status, {}, b"not JSON")) as script:
        running.open(script.url, A_KEY)
        assert running.refused("customers.stamp", 42)["status"] == status
    assert len(script.seen) == 1


def test_a_long_retry_after_is_left_to_the_caller(running: Driver) -> None:
    with scripted((429, {"Retry-After": "1800"}, b'{"code": "rate_limited"}')) as script:
        running.open(script.url, A_KEY)
        refused = running.refused("customers.stamp", 42)
    assert (refused["class"], refused["retry_after"]) == ("RateLimited", 1800)
    assert len(script.seen) == 1


def test_fields_and_values_of_later_versions_are_passed_on(running: Driver) -> None:
    with scripted((200, {}, STAMPED)) as script:
        running.open(script.url, A_KEY)
        assert running.call("customers.stamp", 42)["news"] == {"a_b": 1}


def test_a_code_of_a_later_version_is_a_plain_api_error(running: Driver) -> None:
    with scripted((409, {}, b'{"code": "toString", "detail": "New."}')) as script:
        running.open(script.url, A_KEY)
        refused = running.refused("customers.stamp", 42)
    assert (refused["class"], refused["code"], refused["detail"]) == ("ApiError", "toString", "New.")


def test_a_line_that_is_down_is_a_failed_connection(running: Driver) -> None:
    running.open("http://127.0.0.1:9", A_KEY, retries=0)
    assert running.refused("customers.stamp", 42)["class"] == "ConnectionFailed"


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/", "/api/v1"])
def test_a_base_address_may_be_written_with_and_without_its_version(running: Driver, live: Live, end: str) -> None:
    running.open(live.url + end, live.key)
    assert running.call("program.get")["stamps_required"] == 10


@pytest.mark.parametrize(
    "url", ["", "cards.example.com", "ftp://cards.example.com", "https://a:b@c.example", "https://c.example/?x=1"]
)
def test_what_is_no_base_address_is_refused_at_once(running: Driver, url: str) -> None:
    assert "error" in running.ask(open=url, key=A_KEY)


@pytest.mark.parametrize("key", ["", "sk_1", "ll_a\nb", "ll_é"])
def test_what_is_no_api_key_is_refused_at_once_and_not_shown(running: Driver, key: str) -> None:
    error = running.ask(open="http://127.0.0.1:9", key=key)["error"]
    assert not key or key not in error["text"]


def test_a_client_never_shows_its_key(running: Driver, live: Live) -> None:
    assert live.key not in running.open(live.url, live.key)


def test_the_key_is_sent_as_a_bearer(running: Driver) -> None:
    with scripted((429, {"X-RateLimit-Limit": "1000", "X-RateLimit-Reset": "1678886400"}, b"{}")) as script:
        running.open(script.url, A_KEY, retries=0)
        assert running.refused("program.get")["status"] == 429
    assert script.seen[0].headers["authorization"] == f"Bearer {A_KEY}"


def test_an_answer_that_is_dumped_never_shows_its_secret(running: Driver) -> None:
    body = json.dumps({"data": {"id": 5, "secret": "whsec_hidden", "events": []}}).encode()
    with scripted((201, {}, body), (201, {}, body)) as script:
        running.open(script.url, A_KEY)
        asked = asked_for("webhooks.create", url=NOBODY, events=["stamp.added"])
        dumped = given(running.ask(**asked, shown=True))
        assert "whsec_hidden" not in dumped
        assert "…" in dumped
        assert given(running.ask(**asked))["secret"] == "whsec_hidden"


def test_a_webhook_is_registered_and_its_secret_is_there_once(sdk: Driver) -> None:
    webhook = sdk.call("webhooks.create", url=NOBODY, events=["stamp.added"])
    assert webhook["secret"].startswith("whsec_")
    assert [one["id"] for one in sdk.call("webhooks.list")] == [webhook["id"]]
    assert sdk.call("webhooks.delete", webhook["id"])["deleted"] is True


LOGIN = (200, {"Content-Type": "text/html"}, b"<html>Welcome to our Wi-Fi</html>")


@pytest.mark.parametrize(
    "stranger", [LOGIN, (302, {"Location": "http://login.example/"}, b""), (200, {}, STAMPED[:20]), (200, {}, b"{}")]
)
def test_what_somebody_else_answers_on_the_way_is_a_failed_connection(
    running: Driver, stranger: tuple[int, dict[str, str], bytes]
) -> None:
    with scripted(stranger, (200, {}, STAMPED)) as script:
        running.open(script.url, A_KEY)
        assert running.call("customers.stamp", 42)["transaction_id"] == 1
    assert len({seen.headers["idempotency-key"] for seen in script.seen}) == 1
    with scripted(stranger) as script:
        running.open(script.url, A_KEY, retries=0)
        assert running.refused("customers.stamp", 42)["class"] == "ConnectionFailed"


def test_a_time_may_be_one_of_the_language(sdk: Driver, live: Live) -> None:
    lena, given_at = a_customer(sdk, live), "2026-11-30T05:30:00.5+05:30"
    with scripted((200, {}, STAMPED)) as script:
        sdk.open(script.url, A_KEY)
        sdk.call("customers.stamp", lena["id"], occurred_at={"time": given_at})
    sent = json.loads(script.seen[0].body)["occurred_at"]
    assert datetime.fromisoformat(sent) == datetime.fromisoformat("2026-11-30T05:30:00.500+05:30")
