"""Bad input: a 400 that names the field by JSON pointer and says what would be right, and nothing stored."""

from functools import partial

import httpx
import msgspec
import pytest

from tests.api.till import Till, given, refused, wrong_fields
from tests.api.witness import Json

Values = tuple[object, ...]

TEXT_200 = "a text of 1 to 200 characters, without control characters"
TEXT_100 = "a text of 1 to 100 characters, without control characters"
ID = "a positive whole number of at most 64 bits"
PHONE, EMAIL = "+14155552671", "ana@example.com"
BIRTHDAY = "a day of the calendar from 1900 on, not in the future, as 1990-05-17"
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
    "1990-05-17T00:00:00Z",
    19900517,
)
TEXTS: Values = ("", "x" * 201, 5, True, [], *CONTROLS)
IDS: Values = (0, -1, "1", 1.5, 1e300, -1.0, True, [], 2**63, 10**40)

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
    ("stamps", (0, 11, -1, "3", 2.5, True, None, [], {}, 10**40), "a whole number from 1 to 10"),
    ("branch_id", IDS, ID),
    ("branch_id", (7,), "the id of a branch of this business, or null"),
    ("order_ref", ("", "x" * 101, 5, True, [], *CONTROLS), TEXT_100),
]
PARTS: Values = (0, -1, "3", 2.5, True, [], {}, 10**40)
PART = "a whole number from 1 on, at most as many as are left"
PROGRAM: list[Wrong] = [
    ("name", NAMES, TEXT_200),
    ("title", TEXTS, TEXT_200),
    ("stamps_required", (0, 101, "8", 8.5, True, None, []), "a whole number from 1 to 100"),
    ("reward_description", (*TEXTS, None), TEXT_200),
    ("surplus", ("", "keep", 1, None, []), "one of reset, carry"),
    ("cooldown_seconds", (-1, 31_536_001, "60", 0.5, None), "whole seconds from 0 to 31536000"),
    ("daily_stamp_cap", (0, 1_001, "5", True), "a whole number from 1 to 1000, or null"),
    ("reward_valid_days", (0, 3_651, "5", True), "whole days from 1 to 3650, or null"),
    ("card_codes", ("", "always", 1, None, []), "one of fixed, rotating_redeem, rotating_all"),
    ("reward_cost", (-1, "250", 2.5, True, []), "a whole number of the currency's smallest unit, as 250 for 2.50"),
    ("currency", ("", "eur", "XXXX", 5, True, []), "the three letters of a currency (ISO 4217), as EUR, or null"),
    ("steps", ("", 5, {}, None, True), "at most 5 steps, in ascending order, below the goal"),
    (
        "opening_stamps",
        (-1, 100, "2", 0.5, None, True),
        "a whole number from 0 to one below the goal: the stamps of a head start",
    ),
    ("bonus_hours", ("", 5, {}, None, True), "at most 7 rows of hours that do not overlap"),
]
ORDERS: dict[str, tuple[str, Json, list[Wrong]]] = {
    "POST /customers": ("name phone email birthday", {"name": "Omar", "phone": "+14155552672"}, JOIN),
    "PATCH /customers/{id}": ("name phone email birthday", {}, PROFILE),
    "POST /customers/{id}/stamps": ("stamps branch_id order_ref", {}, STAMPS),
    "POST /customers/qr/{code}/stamps": ("stamps branch_id order_ref", {}, STAMPS),
    "POST /customers/{id}/redeem": ("reward_id", {}, [("reward_id", IDS, ID)]),
    "POST /customers/qr/{code}/redeem": ("reward_id", {}, [("reward_id", IDS, ID)]),
    "POST /transactions/{transaction}/void": (
        "reason stamps",
        {},
        [("reason", TEXTS, TEXT_200), ("stamps", PARTS, PART)],
    ),
    "POST /customers/{id}/merge": ("from_id", {"from_id": 2**40}, [("from_id", IDS, ID)]),
    "POST /customers/{id}/unmerge": ("from_id", {"from_id": 2**40}, [("from_id", IDS, ID)]),
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
    for body in (b"{", b"\x00", b"{'a':1}", b"\xef\xbb\xbf", right[:-1], right + b"x", right + right, not_a_number):
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
    ("/customers", "page", ("0", "-1", "x", "null", "1.5", "+1", "%201x", str(2**31 + 1), "9" * 40), "1 or more"),
    ("/customers", "limit", ("0", "101", "-5", "x", "null", "1.5", "9" * 40), "a whole number from 1 to 100"),
    ("/customers", "q", ("x" * 101, "%00", "a%00b"), "a text of 1 to 100 characters"),
    ("/customers", "phone", ("12", "abc", "%00", "0" * 41, "%2B"), PHONE),
    ("/rewards", "status", ("null", "NULL", "open", "AVAILABLE", "%00"), "one of available, redeemed, voided, expired"),
    ("/rewards", "limit", ("0", "101"), "a whole number from 1 to 100"),
    ("/analytics", "days", ("0", "366", "-1", "x", "null", "1.5", "9" * 40), "a whole number from 1 to 365"),
]


@pytest.mark.parametrize(("path", "name", "values", "right"), QUERIES, ids=lambda value: str(value)[:12])
async def test_a_query_parameter_out_of_its_limits_is_named_with_what_would_be_right(
    till: Till, path: str, name: str, values: tuple[str, ...], right: str
) -> None:
    for value in values:
        await assert_refused(till, ("GET", f"{path}?{name}={value}"), None, f"/{name}", right)


async def test_empty_parameters_are_as_good_as_none(till: Till) -> None:
    await till.join()
    paths = {
        "/customers": ("page", "limit", "cursor", "phone", "q", "updated_since"),
        "/rewards": ("status", "limit", "cursor"),
        "/transactions": ("order_ref", "type", "customer_id", "branch_id", "since", "until"),
        "/analytics": ("days",),
        "/events": ("since", "cursor"),
    }
    for path, names in paths.items():
        plain = given(await till.get(path))
        for empty in ("", "%20"):
            assert given(await till.get(f"{path}?{'&'.join(f'{name}={empty}' for name in names)}")) == plain, path


async def test_all_wrong_parameters_are_named(till: Till) -> None:
    wrong = wrong_fields(
        await till.get("/transactions", page=0, type="null", customer_id="x", since="yesterday", limit=5)
    )
    assert wrong == ["/page", "/type", "/customer_id", "/since"]


async def test_all_wrong_fields_of_a_profile_are_named_whoever_finds_them(till: Till) -> None:
    lena = await till.join()
    wrong = {"name": " ", "phone": "call me", "email": "at", "birthday": "2999-01-01"}
    worse = {"name": "", "phone": "call me", "email": "at home", "birthday": "soon", "age": 7}
    for send in (partial(till.post, "/customers"), partial(till.patch, f"/customers/{lena['id']}")):
        assert sorted(wrong_fields(await send(wrong))) == ["/birthday", "/email", "/name", "/phone"]
        assert sorted(wrong_fields(await send(worse))) == ["/age", "/birthday", "/email", "/name", "/phone"]
    assert sorted(wrong_fields(await till.post("/customers", {"email": "at home"}))) == ["/email", "/name", "/phone"]


async def test_all_wrong_fields_of_other_bodies_are_named(till: Till) -> None:
    lena = await till.join()
    stamps = wrong_fields(await till.post(f"/customers/{lena['id']}/stamps", {"stamps": 11, "branch_id": "x", "a": 1}))
    assert stamps == ["/a", "/stamps", "/branch_id"]
    program = wrong_fields(await till.patch("/program", {"stamps_required": 0, "surplus": "keep", "name": ""}))
    assert sorted(program) == ["/name", "/stamps_required", "/surplus"]
    assert wrong_fields(await till.post("/webhooks", {"url": 1, "events": [1]})) == ["/url", "/events"]


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
    told = f"{ID}, or a customer's code" if path.startswith("/customers") else ID
    for text in (*wrong, f"{'0' * 19}1{'0' * 30}", f"{'0' * 19}1{'0' * 5_000}"):
        await assert_refused(till, (method, path.format(text)), None, "/id", told)


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


@pytest.mark.parametrize(
    ("birthday", "reason"),
    [
        ("2026-03-03", "must not be in the future, and 2026-03-03 is"),
        ("1899-12-31", "must be 1900-01-01 or later"),
        ("1990-02-30", "must be a day of the calendar"),
    ],
)
async def test_a_wrong_birthday_is_told_what_is_wrong_with_it(till: Till, birthday: str, reason: str) -> None:
    lena = await till.join()
    body = {"name": "Omar", "phone": till.free_phone(), "birthday": birthday}
    await assert_refused(till, ("POST", "/customers"), body, "/birthday", reason)
    await assert_refused(till, ("PATCH", f"/customers/{lena['id']}"), {"birthday": birthday}, "/birthday", reason)


@pytest.mark.parametrize("number", ["3.0", "3e0", "0.3e1", "30E-1"])
async def test_a_whole_number_is_one_however_json_writes_it(till: Till, number: str) -> None:
    lena = await till.join()
    branch = await till.ask("POST", f"/customers/{lena['id']}/stamps", f'{{"stamps":{number}}}'.encode())
    assert given(branch)["stamps_added"] == 3
    change = f'{{"stamps_required":{number},"cooldown_seconds":{number},"daily_stamp_cap":{number}}}'.encode()
    program = given(await till.ask("PATCH", "/program", change))
    assert (program["stamps_required"], program["cooldown_seconds"], program["daily_stamp_cap"]) == (3, 3, 3)
    listed = f'{{"customers":[{{"name":"Mira","phone":"{till.free_phone()}","stamps":{number}}}]}}'.encode()
    assert (await till.ask("POST", "/customers/import", listed)).status_code == 202
    reward = await till.ask("POST", f"/customers/{lena['id']}/redeem", f'{{"reward_id":{number}}}'.encode())
    assert refused(reward, 404, "reward_not_found")["reward_id"] == 3


async def test_the_same_number_written_otherwise_is_the_same_request(till: Till) -> None:
    lena = await till.join()
    path, once = f"/customers/{lena['id']}/stamps", {"Idempotency-Key": "k"}
    first = await till.ask("POST", path, b'{"stamps":2}', headers=once)
    again = await till.ask("POST", path, b'{"stamps":2.0}', headers=once)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")


@pytest.mark.parametrize("number", ["1.5", "1e300", "1.0000001", '"3"', "true", "11.0", "0.0", "-1e0"])
async def test_what_is_no_whole_number_in_its_limits_stays_refused(till: Till, number: str) -> None:
    lena = await till.join()
    request = ("POST", f"/customers/{lena['id']}/stamps")
    await assert_refused(till, request, f'{{"stamps":{number}}}'.encode(), "/stamps", "a whole number from 1 to 10")


async def test_a_byte_order_mark_before_json_is_skipped_and_other_encodings_are_named(till: Till) -> None:
    lena = await till.join()
    path, text = f"/customers/{lena['id']}/stamps", '{"stamps":1}'
    assert given(await till.ask("POST", path, text.encode("utf-8-sig")))["total_stamps"] == 1
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"):
        problem = refused(await till.ask("POST", path, text.encode(encoding)), 400, "malformed_json")
        assert f"seems to be in {encoding[:6].upper()}" in problem["detail"], encoding
    latin = refused(await till.ask("POST", "/customers", '{"name":"José"}'.encode("latin-1")), 400, "malformed_json")
    assert latin["detail"] == "The body could not be read as JSON in UTF-8."


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json; charset=utf-8",
        'Application/JSON;Charset="UTF-8"',
        "application/json;charset=iso-8859-1",
        "a/b+json",
    ],
)
async def test_a_media_type_may_have_parameters(till: Till, media_type: str) -> None:
    lena = await till.join()
    path = f"/customers/{lena['id']}/stamps"
    assert (
        given(await till.ask("POST", path, b'{"stamps":1}', headers={"Content-Type": media_type}))["stamps_added"] == 1
    )


async def test_orders_that_look_the_same_are_the_same(till: Till) -> None:
    lena = await till.join()
    path = f"/customers/{lena['id']}/stamps"
    first = await till.stamp(lena["id"], order_ref="  Café-17 ")
    for same in ("Café-17", "Cafe\u0301-17", "\u200eCafé\u200b-17\ufeff", "\u00a0Café-17\u3000", "\tCafé-17\r\n"):
        problem = refused(await till.post(path, {"order_ref": same}), 409, "order_ref_used")
        assert (problem["transaction_id"], problem["order_ref"]) == (first["transaction_id"], "Café-17")
        [found] = given_list(await till.get("/transactions", order_ref=same))
        assert found["order_ref"] == "Café-17"
    for nothing in ("   ", "\u200b", "\u3164"):
        await assert_refused(till, ("POST", path), {"order_ref": nothing}, "/order_ref", "characters that can be seen")


def given_list(response: httpx.Response) -> list[Json]:
    assert response.status_code == 200, response.text
    data: list[Json] = response.json()["data"]
    return data
