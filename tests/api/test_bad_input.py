"""Bad input: a 400 that names the field by JSON pointer and says what would be right, and nothing stored."""

import msgspec
import pytest

from tests.api.till import Till, refused
from tests.api.witness import Json

Values = tuple[object, ...]

TEXT_200 = "a text of 1 to 200 characters, without control characters"
TEXT_100 = "a text of 1 to 100 characters, without control characters"
ID = "a positive whole number of at most 64 bits"
PHONE, EMAIL, BIRTHDAY = "+14155552671", "ana@example.com", "a past date, as 1990-05-17"
CONTROLS = ("a\x00b", "\x00", "a\nb", "\x7f")

NAMES: Values = ("", "   ", "x" * 201, "ü" * 201, 5, None, True, [], {}, *CONTROLS)
PHONES: Values = (
    "",
    "12",
    "abc",
    "+",
    "0" * 41,
    14155552671,
    True,
    [],
    "+1415555\x002671",
    "555 55",
    "+999999999999999999",
)
EMAILS: Values = (
    "",
    "a@",
    "@example.com",
    "ana",
    "a b@example.com",
    "a@b@c.com",
    "a\x00@example.com",
    f"{'x' * 250}@a.com",
    5,
    [],
)
BIRTHDAYS: Values = (
    "",
    "17.05.1990",
    "1990-13-01",
    "1990-02-30",
    "1899-12-31",
    "2026-03-03",
    "1990-05-17T00:00:00Z",
    19900517,
)
TEXTS: Values = ("", "x" * 201, 5, True, [], *CONTROLS)
IDS: Values = (0, -1, "1", 1.5, 1e3, True, [], 2**63, 10**40)

Wrong = tuple[str, Values, str]
"""A field, values that it does not take, and what the refusal says would be right."""

JOIN: list[Wrong] = [
    ("name", NAMES, TEXT_200),
    ("phone", (*PHONES, None), PHONE),
    ("email", EMAILS, EMAIL),
    ("birthday", BIRTHDAYS, BIRTHDAY),
]
PROFILE: list[Wrong] = [
    ("name", NAMES, TEXT_200),
    ("phone", PHONES, PHONE),
    ("email", EMAILS, EMAIL),
    ("birthday", BIRTHDAYS, BIRTHDAY),
]
STAMPS: list[Wrong] = [
    ("stamps", (0, 11, -1, "3", 2.5, 1e0, True, None, [], {}, 10**40), "a whole number from 1 to 10"),
    ("branch_id", IDS, ID),
    ("branch_id", (7,), "the id of a branch of this business, or null"),
    ("order_ref", ("", "x" * 101, 5, True, [], *CONTROLS), TEXT_100),
]
PROGRAM: list[Wrong] = [
    ("name", NAMES, TEXT_200),
    ("stamps_required", (0, 101, "8", 8.0, True, None, []), "a whole number from 1 to 100"),
    ("reward_description", (*TEXTS, None), TEXT_200),
    ("surplus", ("", "keep", 1, None, []), "one of reset, carry"),
    ("cooldown_seconds", (-1, 31_536_001, "60", 0.5, None), "whole seconds from 0 to 31536000"),
    ("daily_stamp_cap", (0, 1_001, "5", True), "a whole number from 1 to 1000, or null"),
    ("reward_valid_days", (0, 3_651, "5", True), "whole days from 1 to 3650, or null"),
]
ORDERS: dict[str, tuple[str, Json, list[Wrong]]] = {
    "POST /customers": ("name phone email birthday", {"name": "Omar", "phone": "+14155552672"}, JOIN),
    "PATCH /customers/{id}": ("name phone email birthday", {}, PROFILE),
    "POST /customers/{id}/stamps": ("stamps branch_id order_ref", {}, STAMPS),
    "POST /customers/qr/{code}/stamps": ("stamps branch_id order_ref", {}, STAMPS),
    "POST /customers/{id}/redeem": ("reward_id", {}, [("reward_id", IDS, ID)]),
    "POST /customers/qr/{code}/redeem": ("reward_id", {}, [("reward_id", IDS, ID)]),
    "POST /transactions/{transaction}/void": ("reason", {}, [("reason", TEXTS, TEXT_200)]),
    "PATCH /program": (" ".join(field for field, _, _ in PROGRAM), {}, PROGRAM),
}
every_order = pytest.mark.parametrize("order", ORDERS)


async def aim(till: Till, order: str) -> tuple[str, str]:
    """The method and the path of an order, about a customer with one stamp."""
    lena = await till.join()
    stamped = await till.stamp(lena["id"])
    method, path = order.split()
    return method, path.format(id=lena["id"], code=lena["qr_code"], transaction=stamped["transaction_id"])


async def assert_refused(till: Till, request: tuple[str, str], body: object, pointer: str, right: str) -> None:
    answer = await till.ask(*request, body)
    assert answer.status_code == 400, f"{request} took {body!r:.80}: {answer.text}"
    [error] = refused(answer, 400, "invalid_request")["errors"]
    assert error["pointer"] == pointer, f"{body!r:.80}: {error}"
    assert right in error["message"], f"{body!r:.80}: {error}"
    assert error["message"] in answer.json()["detail"]


@every_order
async def test_a_field_out_of_its_limits_is_named_with_what_would_be_right_and_nothing_is_stored(
    till: Till, order: str
) -> None:
    request, (_, right_body, wrong) = await aim(till, order), ORDERS[order]
    before = await till.api.dump()
    for field, values, right in wrong:
        for value in values:
            await assert_refused(till, request, {**right_body, field: value}, f"/{field}", right)
    assert await till.api.dump() == before


@every_order
async def test_an_unknown_field_is_named_with_those_that_are_known(till: Till, order: str) -> None:
    request, (known, right_body, _) = await aim(till, order), ORDERS[order]
    before = await till.api.dump()
    listed = ", ".join(known.split())
    for field, pointer in (("nickname", "/nickname"), ("", "/"), ("a/b~c", "/a~1b~0c"), ("a`b", "/a`b"), ("é", "/é")):
        await assert_refused(till, request, {**right_body, field: 1}, pointer, f"the fields are {listed}")
    assert await till.api.dump() == before


@every_order
async def test_a_body_that_is_no_object_is_refused_as_a_whole(till: Till, order: str) -> None:
    request = await aim(till, order)
    before = await till.api.dump()
    for body in (b"[]", b'[{"name":"Omar"}]', b'"text"', b"5", b"true", b"null", b"[" * 900 + b"]" * 900):
        await assert_refused(till, request, body, "", "must be a JSON object")
    assert await till.api.dump() == before


@every_order
async def test_a_body_that_is_no_json_is_malformed(till: Till, order: str) -> None:
    request, (known, right_body, _) = await aim(till, order), ORDERS[order]
    before = await till.api.dump()
    right = msgspec.json.encode(right_body)
    not_a_number = right.replace(b"}", b',"%s":NaN}' % known.split()[-1].encode()).replace(b"{,", b"{")
    for body in (b"{", b"\x00", b"{'a':1}", b"\xef\xbb\xbf{}", right[:-1], right + b"x", right + right, not_a_number):
        problem = refused(await till.ask(*request, body), 400, "malformed_json")
        assert "JSON in UTF-8" in problem["detail"]
    assert await till.api.dump() == before


@pytest.mark.parametrize("name", [b"\\ud800", b"\\udc00\\ud800", b"\xff", b"\xed\xa0\x80", b"\\x41", b"a\nb"])
async def test_a_text_that_is_no_unicode_is_malformed(till: Till, name: bytes) -> None:
    body = b'{"name":"%s","phone":"+14155552671"}' % name
    refused(await till.ask("POST", "/customers", body), 400, "malformed_json")


@pytest.mark.parametrize("missing", ["name", "phone"])
async def test_a_missing_field_is_named_with_what_belongs_there(till: Till, missing: str) -> None:
    body = {"name": "Omar", "phone": "+14155552672"}
    body.pop(missing)
    await assert_refused(till, ("POST", "/customers"), body, f"/{missing}", "is required: a ")


QUERIES: list[tuple[str, str, tuple[str, ...], str]] = [
    ("/customers", "page", ("0", "-1", "x", "", "1.5", "+1", "%201x", str(2**31 + 1), "9" * 40), "1 or more"),
    ("/customers", "limit", ("0", "101", "-5", "x", "", "1.5", "9" * 40), "a whole number from 1 to 100"),
    ("/customers", "q", ("", "x" * 101, "%00", "a%00b"), "a text of 1 to 100 characters"),
    ("/customers", "phone", ("", "12", "abc", "%00", "0" * 41, "%2B"), PHONE),
    ("/rewards", "status", ("", "open", "AVAILABLE", "%00"), "one of available, redeemed, voided, expired"),
    ("/rewards", "limit", ("0", "101"), "a whole number from 1 to 100"),
    ("/analytics", "days", ("0", "366", "-1", "x", "", "1.5", "9" * 40), "a whole number from 1 to 365"),
]


@pytest.mark.parametrize(("path", "name", "values", "right"), QUERIES, ids=lambda value: str(value)[:12])
async def test_a_query_parameter_out_of_its_limits_is_named_with_what_would_be_right(
    till: Till, path: str, name: str, values: tuple[str, ...], right: str
) -> None:
    for value in values:
        await assert_refused(till, ("GET", f"{path}?{name}={value}"), None, f"/{name}", right)


async def test_query_parameters_that_nobody_knows_do_not_matter(till: Till) -> None:
    plain = (await till.get("/customers")).content
    assert (await till.get("/customers", utm_source="mail", page_=0)).content == plain


@pytest.mark.parametrize(
    "path",
    [
        "/customers/{}",
        "/customers/{}/transactions",
        "/customers/{}/rewards",
        "/customers/{}/stamps",
        "/transactions/{}/void",
    ],
)
async def test_an_id_is_a_positive_whole_number_of_at_most_64_bits(till: Till, path: str) -> None:
    method = "POST" if path.endswith(("stamps", "void")) else "GET"
    wrong = ("0", "-1", "+1", "x", "1.0", "1e3", "%201", "%D9%A1", "%00", "%2F1", str(2**63), "9" * 40, "9" * 5_000)
    for text in (*wrong, f"{'0' * 19}1{'0' * 30}", f"{'0' * 19}1{'0' * 5_000}"):
        await assert_refused(till, (method, path.format(text)), None, "/id", ID)


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "schl\x7fssel", "a\tb"])
async def test_an_idempotency_key_is_of_1_to_255_visible_ascii_characters(till: Till, key: str) -> None:
    lena = await till.join()
    before = await till.api.dump()
    answer = await till.ask("POST", f"/customers/{lena['id']}/stamps", headers={"Idempotency-Key": key})
    [error] = refused(answer, 400, "invalid_request")["errors"]
    assert error == {"pointer": "/Idempotency-Key", "message": "must be 1 to 255 visible ASCII characters"}
    assert await till.api.dump() == before
    await till.ask("POST", f"/customers/{lena['id']}/stamps", headers={"Idempotency-Key": "x" * 255})


@pytest.mark.parametrize("name", ["x" * 200, "🌸" * 200, "Ana-María O'Neil, Jr.", "\u202eanA", "a\u200db"])
async def test_a_name_of_up_to_two_hundred_characters_is_taken(till: Till, name: str) -> None:
    assert (await till.join(name))["name"] == name
