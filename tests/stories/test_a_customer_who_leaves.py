"""Lena moves away and wants to be forgotten; the shop's figures remember that somebody drank ten coffees."""

from tests.api.till import Till, given, on_both_databases, refused


@on_both_databases
async def test_a_customer_who_leaves_is_forgotten_and_may_come_back(till: Till) -> None:
    lena = await till.join("Lena Lovelace", phone="+14155552671", email="lena@example.com", birthday="1990-05-17")
    path = f"/customers/{lena['id']}"
    await till.post(f"{path}/stamps", {"stamps": 10}, once="sale-1")
    await till.stamp(lena["id"], 4)
    earned = given(await till.get("/analytics", days=1))["rewards"]
    assert (earned["earned"], earned["outstanding"]) == (1, 1)

    # She asks to be erased. Her open reward is taken back, her card is found by nothing any more.
    till.api.clock.wait(days=1)
    assert given(await till.delete(path))["deleted"] is True
    for way in (path, f"/customers/qr/{lena['qr_code']}", f"{path}/transactions", f"{path}/rewards"):
        refused(await till.get(way), 404, "customer_not_found")
    for verb in ("stamps", "redeem"):
        refused(await till.post(f"{path}/{verb}"), 404, "customer_not_found")
    for search in ({"q": "lovelace"}, {"phone": "+14155552671"}, {}):
        assert (await till.get("/customers", **search)).json()["pagination"]["total"] == 0

    # No table knows her any more, not even the kept answers of the till.
    kept = repr(await till.api.dump())
    assert not [trace for trace in ("Lovelace", "lovelace", "4155552671", "lena@", "1990") if trace in kept]

    # The figures stay, without a name.
    summary = given(await till.get("/analytics", days=2))
    assert (summary["visits"], summary["stamps"]["added"]) == (2, 14)
    assert (summary["customers"]["total"], summary["rewards"]["outstanding"]) == (0, 0)
    [voided] = (await till.get("/rewards")).json()["data"]
    assert voided["status"] == "voided"

    # A year later she is back: the same number, a new card, a new start.
    till.api.clock.wait(days=365)
    again = await till.join("Lena", phone="+14155552671")
    assert again["id"] != lena["id"]
    assert (again["qr_code"] != lena["qr_code"], again["total_stamps"]) == (True, 0)
    assert (await till.stamp(again["id"]))["total_stamps"] == 1
    await till.assert_books_balance()
