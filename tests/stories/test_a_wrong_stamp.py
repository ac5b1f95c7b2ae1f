"""Ana stamps the wrong card, and it earns a coffee that is drunk before anybody notices."""

from tests.api.till import Till, given, on_both_databases, refused


@on_both_databases
async def test_a_wrong_stamp_is_undone_step_by_step(till: Till) -> None:
    lena, omar = await till.join("Lena"), await till.join("Omar")
    await till.stamp(lena["id"], 8)
    await till.stamp(omar["id"], 8)
    before = await till.show(omar["id"])

    # The two stamps were meant for Lena. Omar's card fills up, and he drinks the coffee.
    wrong = await till.stamp(omar["id"], 2, order_ref="A-17")
    coffee = await till.redeem(omar["id"])

    # The stamp cannot be taken back while the coffee counts, and the refusal says what to do first.
    problem = refused(await till.post(f"/transactions/{wrong['transaction_id']}/void"), 409, "void_refused")
    assert "Undo its redemption first." in problem["detail"]

    # So first the coffee, then the stamp: Omar's card is as it was.
    reason = {"reason": "Omar did not order this"}
    freed = given(await till.post(f"/transactions/{coffee['transaction_id']}/void", reason))
    assert freed["customer"]["rewards_available"] == 1
    undone = given(await till.post(f"/transactions/{wrong['transaction_id']}/void", reason))
    card = ("current_stamps", "total_stamps", "total_visits", "rewards_earned", "rewards_available", "last_visit_at")
    assert [undone["customer"][name] for name in card] == [before[name] for name in card]

    # The order is free again, and this time it is Lena's.
    right = await till.stamp(lena["id"], 2, order_ref="A-17")
    assert right["reward_earned"]
    assert (await till.redeem(lena["id"]))["reward"]["status"] == "redeemed"

    # Nothing is hidden: what was undone stays in the ledger, and is not in the figures.
    ledger = (await till.get(f"/customers/{omar['id']}/transactions")).json()["data"]
    assert [(entry["type"], entry["voided_by"] is None) for entry in ledger] == [
        ("void", True),
        ("void", True),
        ("redeem", False),
        ("stamp", False),
        ("stamp", True),
    ]
    summary = given(await till.get("/analytics", days=1))
    assert (summary["visits"], summary["stamps"]) == (3, {"added": 20, "voided": 2})
    assert (summary["rewards"]["earned"], summary["rewards"]["redeemed"]) == (1, 1)
    await till.assert_books_balance()
