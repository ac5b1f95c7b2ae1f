"""Stamping over HTTP: stamps, rewards and undoing, and refusals that say why and until when."""

import pytest

from tests.api.till import Api, Till, given, refused


async def test_a_stamp_without_a_body_is_one_stamp_and_one_visit(till: Till) -> None:
    lena = await till.join()
    stamped = given(await till.ask("POST", f"/customers/{lena['id']}/stamps"))
    assert (stamped["stamps_added"], stamped["current_stamps"], stamped["total_stamps"]) == (1, 1, 1)
    assert (stamped["stamps_required"], stamped["reward_earned"], stamped["rewards"]) == (10, False, [])
    assert stamped["customer"] == {
        **lena,
        "current_stamps": 1,
        "total_stamps": 1,
        "total_visits": 1,
        "last_visit_at": "2026-03-02T12:00:00Z",
        "version": 2,
        "cards": [
            {
                **lena["cards"][0],
                "current_stamps": 1,
                "total_stamps": 1,
                "total_visits": 1,
                "next_reward": {"stamps_to_go": 9, "reward_description": "A coffee"},
            }
        ],
    }


async def test_the_last_stamp_of_a_card_earns_the_reward_at_once_and_the_card_starts_anew(till: Till) -> None:
    lena = await till.join()
    await till.stamp(lena["id"], 7)
    stamped = await till.stamp(lena["id"], 5)
    assert (stamped["current_stamps"], stamped["total_stamps"], stamped["reward_earned"]) == (0, 12, True)
    [reward] = stamped["rewards"]
    assert (reward["status"], reward["description"], reward["customer_id"]) == ("available", "A coffee", lena["id"])
    assert (await till.show(lena["id"]))["rewards"] == [reward]


async def test_with_carry_the_surplus_goes_on_and_several_rewards_may_come_of_one_call(api: Api) -> None:
    till = await api.open_till(stamps_required=3)
    await till.change(surplus="carry")
    lena = await till.join()
    stamped = await till.stamp(lena["id"], 10)
    assert (len(stamped["rewards"]), stamped["current_stamps"], stamped["customer"]["rewards_available"]) == (3, 1, 3)


async def test_an_order_of_the_till_is_stamped_once_and_again_after_it_was_undone(till: Till) -> None:
    lena = await till.join()
    first = await till.stamp(lena["id"], order_ref="till-1-000123")
    again = await till.post(f"/customers/{lena['id']}/stamps", {"order_ref": "till-1-000123"})
    assert str(first["transaction_id"]) in refused(again, 409, "order_ref_used")["detail"]
    await till.void(first["transaction_id"])
    assert (await till.stamp(lena["id"], order_ref="till-1-000123"))["total_stamps"] == 1


async def test_redeeming_takes_the_oldest_reward_unless_one_is_named(till: Till) -> None:
    lena = await till.join()
    rewards = [(await till.stamp(lena["id"], 10))["rewards"][0]["id"] for _ in range(3)]
    assert (await till.redeem(lena["id"], reward_id=rewards[1]))["reward"]["id"] == rewards[1]
    assert (await till.redeem(lena["id"]))["reward"]["id"] == rewards[0]
    by_code = given(await till.post(f"/customers/qr/{lena['qr_code']}/redeem", {"reward_id": None}))
    assert (by_code["reward"]["id"], by_code["reward"]["status"]) == (rewards[2], "redeemed")
    refused(await till.post(f"/customers/{lena['id']}/redeem"), 409, "no_reward_available")


async def test_a_reward_is_handed_out_once_and_the_refusal_says_when(till: Till) -> None:
    lena = await till.join()
    reward = (await till.stamp(lena["id"], 10))["rewards"][0]["id"]
    await till.redeem(lena["id"])
    till.api.clock.wait(minutes=3)
    again = await till.post(f"/customers/{lena['id']}/redeem", {"reward_id": reward})
    assert "3 minutes ago" in refused(again, 409, "reward_already_redeemed")["detail"]
    other = await till.post(f"/customers/{lena['id']}/redeem", {"reward_id": reward + 1})
    refused(other, 404, "reward_not_found")


async def test_a_reward_lapses_at_its_time_whether_or_not_anybody_has_booked_it(api: Api) -> None:
    till = await api.open_till(reward_valid_days=7)
    lena = await till.join()
    [reward] = (await till.stamp(lena["id"], 10))["rewards"]
    assert reward["expires_at"] == "2026-03-10T00:00:00Z"
    api.clock.wait(days=8)
    refused(await till.post(f"/customers/{lena['id']}/redeem"), 409, "no_reward_available")
    named = await till.post(f"/customers/{lena['id']}/redeem", {"reward_id": reward["id"]})
    refused(named, 409, "reward_expired")
    assert (await till.show(lena["id"]))["rewards"] == []
    [listed] = (await till.get("/rewards", status="expired")).json()["data"]
    assert (listed["id"], listed["status"]) == (reward["id"], "expired")


async def test_two_visits_need_the_cooldown_between_them_and_the_refusal_says_who_and_when(api: Api) -> None:
    till = await api.open_till(timezone="America/New_York", cooldown_seconds=1_800)
    lena = await till.join()
    await till.stamp(lena["id"])
    api.clock.wait(minutes=6)
    problem = refused(await till.post(f"/customers/{lena['id']}/stamps"), 409, "stamp_too_soon")
    assert problem["detail"] == "Already stamped 6 minutes ago by Till at the door; next stamp at 07:30."
    api.clock.wait(minutes=24)
    await till.stamp(lena["id"])


async def test_a_day_of_the_shop_holds_no_more_stamps_than_its_cap(api: Api) -> None:
    till = await api.open_till(timezone="America/New_York", daily_stamp_cap=3)
    lena = await till.join()
    await till.stamp(lena["id"], 2)
    refused(await till.post(f"/customers/{lena['id']}/stamps", {"stamps": 2}), 409, "daily_cap_reached")
    await till.stamp(lena["id"], 1)
    api.clock.wait(hours=12)  # midnight in UTC, evening in New York
    refused(await till.post(f"/customers/{lena['id']}/stamps"), 409, "daily_cap_reached")
    api.clock.wait(hours=5)
    await till.stamp(lena["id"], 3)


async def test_undoing_a_stamp_leaves_the_card_as_if_it_had_never_been_given(till: Till) -> None:
    lena = await till.join()
    await till.stamp(lena["id"], 9)
    before = await till.show(lena["id"])
    wrong = await till.stamp(lena["id"], 4)
    undone = given(await till.post(f"/transactions/{wrong['transaction_id']}/void", {"reason": "wrong customer"}))
    assert undone["voided_transaction_id"] == wrong["transaction_id"]
    after = await till.show(lena["id"])
    changing = {"version", "recent_transactions"}
    assert {k: v for k, v in after.items() if k not in changing} == {
        k: v for k, v in before.items() if k not in changing
    }
    [newest, voided, _] = after["recent_transactions"]
    assert (newest["type"], newest["voids"]) == ("void", voided["id"])
    assert (voided["id"], voided["voided_by"]) == (wrong["transaction_id"], newest["id"])


async def test_undoing_a_redemption_makes_its_reward_available_again(till: Till) -> None:
    lena = await till.join()
    [reward] = (await till.stamp(lena["id"], 10))["rewards"]
    redeemed = await till.redeem(lena["id"])
    voided = await till.void(redeemed["transaction_id"])
    assert voided["customer"]["rewards_available"] == 1
    assert (await till.show(lena["id"]))["rewards"] == [reward]


async def test_a_stamp_whose_reward_was_handed_out_cannot_be_undone_before_that_is(till: Till) -> None:
    lena = await till.join()
    stamped = await till.stamp(lena["id"], 10)
    redeemed = await till.redeem(lena["id"])
    problem = refused(await till.post(f"/transactions/{stamped['transaction_id']}/void"), 409, "void_refused")
    assert f"reward {stamped['rewards'][0]['id']}" in problem["detail"]
    await till.void(redeemed["transaction_id"])
    await till.void(stamped["transaction_id"])
    assert (await till.show(lena["id"]))["rewards"] == []


async def test_nothing_is_undone_twice_and_an_undo_cannot_be_undone(till: Till) -> None:
    lena = await till.join()
    stamped = await till.stamp(lena["id"])
    voided = await till.void(stamped["transaction_id"])
    again = await till.post(f"/transactions/{stamped['transaction_id']}/void")
    assert str(voided["transaction_id"]) in refused(again, 409, "already_voided")["detail"]
    refused(await till.post(f"/transactions/{voided['transaction_id']}/void"), 409, "void_refused")
    refused(await till.post("/transactions/999/void"), 404, "transaction_not_found")


@pytest.mark.parametrize("verb", ["stamps", "redeem"])
async def test_nobody_can_be_stamped_who_is_not_there(till: Till, verb: str) -> None:
    refused(await till.post(f"/customers/999/{verb}"), 404, "customer_not_found")
    refused(await till.post(f"/customers/{2**63 - 1}/{verb}"), 404, "customer_not_found")


async def test_only_the_last_ten_transactions_come_with_a_customer(till: Till) -> None:
    lena = await till.join()
    given_ids = [(await till.stamp(lena["id"]))["transaction_id"] for _ in range(12)]
    recent = [entry["id"] for entry in (await till.show(lena["id"]))["recent_transactions"]]
    assert recent == given_ids[:1:-1]
