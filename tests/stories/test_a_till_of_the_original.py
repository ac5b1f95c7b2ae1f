"""A till that was written for the original API is pointed at this one: it only changes its base URL."""

from tests.api.till import Till, given, on_both_databases

BASE = "/api/v1"


@on_both_databases
async def test_a_till_of_the_original_works_as_it_did(till: Till) -> None:
    # Create a customer: name and phone are required, e-mail is not. The answer has the code for the card.
    body = {"name": "Jane Smith", "phone": "+1 415 555 2671", "email": "jane@example.com"}
    created = await till.ask("POST", "/customers", body, base=BASE)
    jane = given(created, 201)
    assert jane["qr_code"].startswith("CUS")
    assert int(created.headers["X-RateLimit-Remaining"]) < int(created.headers["X-RateLimit-Limit"])

    # Scan, look up, stamp: by default one stamp, and at the threshold the card starts again.
    by_code, by_id = f"/customers/qr/{jane['qr_code']}", f"/customers/{jane['id']}"
    assert given(await till.ask("GET", by_code, base=BASE))["current_stamps"] == 0
    assert given(await till.ask("POST", f"{by_code}/stamps", base=BASE))["stamps_added"] == 1
    assert given(await till.ask("POST", f"{by_id}/stamps", {"stamps": 3}, base=BASE))["current_stamps"] == 4
    full = given(await till.ask("POST", f"{by_code}/stamps", {"stamps": 10}, base=BASE))
    assert (full["reward_earned"], full["current_stamps"]) == (True, 0)
    assert given(await till.ask("POST", f"{by_code}/redeem", base=BASE))["reward"]["status"] == "redeemed"

    # The details come with what happened last, the list in pages, the figures for thirty days.
    recent = given(await till.ask("GET", by_id, base=BASE))["recent_transactions"]
    assert [entry["type"] for entry in recent] == ["redeem", "stamp", "stamp", "stamp"]
    listed = (await till.ask("GET", "/customers?page=1&limit=50", base=BASE)).json()
    assert [customer["id"] for customer in listed["data"]] == [jane["id"]]
    summary = given(await till.ask("GET", "/analytics?days=30", base=BASE))
    assert (summary["customers"]["total"], summary["visits"], summary["rewards"]["redeemed"]) == (1, 3, 1)

    # What a till of ours does is the same shop: both addresses show one and the same customer.
    assert given(await till.ask("GET", by_id, base=BASE)) == await till.show(jane["id"])
    await till.assert_books_balance()
