"""A customer's code stands wherever their id can: the same answers, the same refusals, once only by either address."""

import pytest

from api.parsing import customer_ref
from tests.api.endpoints import ENDPOINTS, furnish
from tests.api.till import Api, Till, on_both_databases, refused

BY_ID = [endpoint for endpoint in ENDPOINTS if "{customer}" in endpoint.path]
KNOWN = "CUS12AB34CD56"


@on_both_databases
async def test_every_operation_on_a_customer_takes_the_code_in_the_place_of_the_id(
    till: Till, subtests: pytest.Subtests
) -> None:
    for endpoint in BY_ID:
        with subtests.test(endpoint=endpoint.name):
            things = await furnish(till, endpoint)
            if endpoint.method == "GET":
                by_id = await endpoint.ask(till, things)
                by_code = await till.get(endpoint.path.format(customer=things.code))
                assert (by_code.content, by_code.headers.get("etag")) == (by_id.content, by_id.headers.get("etag"))
            path = endpoint.path.format(customer=things.code)
            answer = await till.ask(endpoint.method, path, endpoint.body_about(things))
            assert answer.status_code == endpoint.status, answer.text
    await till.assert_books_balance()


@pytest.mark.parametrize("path", ["/customers/{}", "/customers/{}/transactions", "/customers/{}/rewards"])
async def test_what_is_meant_as_a_code_and_is_none_finds_nobody(till: Till, api: Api, path: str) -> None:
    stranger = await (await api.open_till("Elsewhere")).join()
    for text in ("CUS0000000000", "CUS12", "cus-nope", stranger["qr_code"]):
        refused(await till.get(path.format(text)), 404, "customer_not_found")


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        *((KNOWN, KNOWN), (KNOWN.lower(), KNOWN), ("12ab34cd56", KNOWN), ("CUS 12AB-34CD-56", KNOWN)),
        ("https:%2F%2Ft.me%2Fbot?start=c_CUS12AB34CD56", KNOWN),
        *(("42", 42), ("1234567890", 1_234_567_890), ("CUS1234567890", "CUS1234567890")),
        *(("+1234567890", None), ("1234567890.", None), ("1_234_567_890", None), ("x", None), ("", None), ("0", None)),
    ],
)
def test_digits_alone_are_an_id_and_never_a_code(text: str, ref: int | str | None) -> None:
    assert customer_ref(text) == ref


async def test_a_code_is_the_same_request_at_both_of_its_addresses_and_an_id_is_another(till: Till) -> None:
    lena = await till.join()
    first = await till.post(f"/customers/{lena['qr_code'].lower()}/stamps", once="k")
    again = await till.post(f"/customers/qr/{lena['qr_code']}/stamps", once="k")
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    refused(await till.post(f"/customers/{lena['id']}/stamps", once="k"), 422, "idempotency_key_reused")
    assert (await till.show(lena["id"]))["total_stamps"] == 1


async def test_a_change_by_code_minds_the_state_that_it_expects(till: Till) -> None:
    lena = await till.join()
    path = f"/customers/{lena['qr_code']}"
    known = (await till.get(path)).headers["etag"]
    await till.stamp(lena["qr_code"])
    late = await till.ask("PATCH", path, {"name": "Lena M"}, headers={"If-Match": known})
    refused(late, 412, "precondition_failed")
    assert (await till.show(lena["qr_code"]))["name"] == "Lena"


async def test_the_ledger_is_searched_by_code_as_by_id(till: Till) -> None:
    lena, omar = await till.join(), await till.join("Omar")
    for customer in (lena, omar, lena):
        await till.stamp(customer["id"])
    by_id = (await till.get("/transactions", customer_id=lena["id"])).json()
    assert (await till.get("/transactions", customer_id=lena["qr_code"].lower())).json() == by_id
    assert len(by_id["data"]) == 2
    assert (await till.get("/transactions", customer_id="CUS0000000000")).json()["data"] == []
    refused(await till.get("/transactions", customer_id="Lena"), 400, "invalid_request")
