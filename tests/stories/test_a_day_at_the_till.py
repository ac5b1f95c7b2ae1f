"""Lena comes in for her free coffee: scan, look up, stamp to the reward, redeem, and the owner looks at the day."""

from tests.api.till import Till, given, on_both_databases, refused


@on_both_databases
async def test_a_day_at_the_till(till: Till) -> None:
    clock = till.api.clock

    # In the morning Lena gets her card, and two stamps with her breakfast.
    lena = given(await till.post("/customers", {"name": "Lena", "phone": "(415) 555-2671"}), 201)
    scanned = f"/customers/qr/https%3A%2F%2Ft.me%2Fbean_bot%3Fstart%3Dc_{lena['qr_code']}"
    breakfast = given(await till.post(f"{scanned}/stamps", {"stamps": 2, "order_ref": "morning-1"}))
    assert (breakfast["current_stamps"], breakfast["reward_earned"]) == (2, False)

    # All day long she brings her colleagues' orders.
    for number, cups in enumerate((3, 4), 1):
        clock.wait(hours=2)
        looked_up = given(await till.get(scanned))
        stamped = given(await till.post(f"{scanned}/stamps", {"stamps": cups, "order_ref": f"office-{number}"}))
        assert stamped["current_stamps"] == looked_up["current_stamps"] + cups

    # She asks for her free coffee too early.
    problem = refused(await till.post(f"{scanned}/redeem"), 409, "no_reward_available")
    assert problem["detail"] == "This customer has no reward to redeem at the moment."

    # The tenth stamp fills the card. The till says so, and she takes the coffee at once.
    clock.wait(hours=1)
    full = given(await till.post(f"{scanned}/stamps"))
    assert (full["reward_earned"], full["current_stamps"], full["total_stamps"]) == (True, 0, 10)
    [reward] = full["rewards"]
    redeemed = given(await till.post(f"{scanned}/redeem"))
    assert redeemed["reward"] == {**reward, "status": "redeemed", "redeemed_at": "2026-03-02T17:00:00Z"}
    assert redeemed["customer"]["rewards_available"] == 0

    # In the evening all that happened stands on her card, the newest first, and in the owner's figures.
    told = given(await till.get(scanned))["recent_transactions"]
    assert [(entry["type"], entry["stamps"]) for entry in told] == [
        ("redeem", 0),
        ("stamp", 1),
        ("stamp", 4),
        ("stamp", 3),
        ("stamp", 2),
    ]
    assert {entry["actor"]["name"] for entry in told} == {"Till at the door"}
    [today] = given(await till.get("/analytics", days=1))["daily"]
    assert today == {
        "date": "2026-03-02",
        "visits": 4,
        "stamps": 10,
        "new_customers": 1,
        "rewards_earned": 1,
        "rewards_redeemed": 1,
    }
    await till.assert_books_balance()
