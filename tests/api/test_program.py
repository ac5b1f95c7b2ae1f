"""The program over HTTP: its terms, the promises that a change keeps, and how it does in figures."""

import pytest

from tests.api.till import Api, Till, given, wrong_fields


async def test_a_change_alters_what_was_asked_and_makes_a_new_version(till: Till) -> None:
    before = given(await till.get("/program"))
    assert before == {
        "name": "Bean & Leaf",
        "stamps_required": 10,
        "reward_description": "A coffee",
        "surplus": "reset",
        "cooldown_seconds": 0,
        "daily_stamp_cap": None,
        "reward_valid_days": None,
        "updated_at": "2026-03-02T12:00:00Z",
        "version": 1,
        "steps": [],
        "opening_stamps": 0,
        "bonus_hours": [],
        "birthday": None,
        "win_back": None,
        "referral": None,
        "id": till.business.id,
        "title": None,
        "main": True,
        "archived": False,
    }
    till.api.clock.wait(hours=1)
    asked = {"stamps_required": 8, "surplus": "carry", "cooldown_seconds": 60, "daily_stamp_cap": 20}
    changed = await till.change(**asked, reward_valid_days=30)
    assert changed == {
        **before,
        **asked,
        "reward_valid_days": 30,
        "updated_at": "2026-03-02T13:00:00Z",
        "version": 2,
    }
    assert given(await till.get("/program")) == changed


async def test_null_lifts_a_cap_and_a_validity(till: Till) -> None:
    await till.change(daily_stamp_cap=5, reward_valid_days=30)
    lifted = await till.change(daily_stamp_cap=None, reward_valid_days=None)
    assert (lifted["daily_stamp_cap"], lifted["reward_valid_days"]) == (None, None)


FRIENDS = {"stamps_for_friend": 2, "stamps_for_referrer": 3, "monthly_cap": 5}


async def test_a_gift_for_friends_is_set_and_ended_and_a_wrong_one_names_its_field(till: Till) -> None:
    assert (await till.change(referral=FRIENDS))["referral"] == FRIENDS
    wrong: dict[str, list[object]] = {
        "/referral/stamps_for_friend": [0, -1, 10, "2", None],
        "/referral/stamps_for_referrer": [0, 10, 1.5],
        "/referral/monthly_cap": [0, -3, 1_001],
    }
    for pointer, values in wrong.items():
        for value in values:
            asked = {"referral": {**FRIENDS, pointer.split("/")[-1]: value}}
            assert wrong_fields(await till.patch("/program", asked)) == [pointer], asked
    shapes: list[object] = [{"stamps_for_friend": 2}, {**FRIENDS, "valid_days": 3}, 5, [], {}]
    for shape in shapes:
        assert (await till.patch("/program", {"referral": shape})).status_code == 400
    assert given(await till.get("/program"))["referral"] == FRIENDS
    assert (await till.change(referral=None))["referral"] is None
    zeros = {"stamps_for_friend": 0, "stamps_for_referrer": 0, "monthly_cap": 0}
    assert (await till.change(referral=FRIENDS))["referral"] == FRIENDS
    assert (await till.change(referral=zeros))["referral"] is None
    assert (await till.change(referral=FRIENDS | zeros | {"monthly_cap": 5}))["referral"] is None


async def test_a_change_to_what_is_so_already_is_no_new_version(till: Till) -> None:
    before = given(await till.get("/program"))
    till.api.clock.wait(hours=1)
    assert await till.change() == before
    assert await till.change(stamps_required=10, name="Bean & Leaf") == before


async def test_a_shop_may_take_another_name(till: Till) -> None:
    assert (await till.change(name=" Böhne & Blatt "))["name"] == "Böhne & Blatt"
    assert given(await till.get("/program"))["name"] == "Böhne & Blatt"


async def test_a_higher_goal_never_makes_a_running_card_longer(till: Till) -> None:
    lena, omar = await till.join("Lena"), await till.join("Omar")
    await till.stamp(lena["id"], 4)
    await till.change(stamps_required=12)
    assert (await till.show(lena["id"]))["stamps_required"] == 10
    assert (await till.show(omar["id"]))["stamps_required"] == 12
    stamped = await till.stamp(lena["id"], 6)
    assert (stamped["reward_earned"], stamped["stamps_required"]) == (True, 12)


async def test_a_lower_goal_shortens_a_running_card_and_one_beyond_it_is_full_at_the_next_stamp(till: Till) -> None:
    lena, omar = await till.join("Lena"), await till.join("Omar")
    await till.stamp(lena["id"], 2)
    await till.stamp(omar["id"], 7)
    await till.change(stamps_required=5)
    assert (await till.show(lena["id"]))["stamps_required"] == 5
    assert not (await till.stamp(lena["id"], 2))["reward_earned"]
    assert (await till.stamp(lena["id"]))["reward_earned"]
    assert (await till.stamp(omar["id"]))["reward_earned"]


async def test_a_goal_that_was_lowered_for_a_while_stays_low_for_the_cards_of_that_time(till: Till) -> None:
    lena = await till.join()
    await till.stamp(lena["id"], 2)
    await till.change(stamps_required=5)
    await till.change(stamps_required=20)
    assert (await till.show(lena["id"]))["stamps_required"] == 5
    assert (await till.stamp(lena["id"], 3))["reward_earned"]


async def test_a_new_reward_text_and_validity_count_for_what_is_earned_from_then_on(till: Till) -> None:
    lena = await till.join()
    await till.stamp(lena["id"], 10)
    await till.change(reward_description="A cake", reward_valid_days=1)
    await till.stamp(lena["id"], 10)
    rewards = (await till.show(lena["id"]))["rewards"]
    assert [(reward["description"], reward["expires_at"]) for reward in rewards] == [
        ("A coffee", None),
        ("A cake", "2026-03-04T00:00:00Z"),
    ]


async def test_winning_back_is_set_seen_and_switched_off_and_counts_who_can_be_told(till: Till) -> None:
    cake = {"after_days": 14, "reward_description": "A cake", "valid_days": 7}
    assert (await till.change(win_back=cake))["win_back"] == cake
    assert given(await till.get("/program/win-back")) == {"after_days": 14, "customers": 0}
    lena = await till.join()
    for _ in range(2):
        await till.stamp(lena["id"])
    till.api.clock.wait(days=20)
    assert given(await till.get("/program/win-back")) == {"after_days": 14, "customers": 0}, "Lena has no chat"
    assert (await till.change(win_back=None))["win_back"] is None
    assert given(await till.get("/program/win-back"))["after_days"] == 60


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"after_days": 13, "stamps": 1}, "/win_back/after_days"),
        ({"after_days": 30}, "/win_back"),
        ({"after_days": 30, "stamps": 1, "reward_description": "A cake"}, "/win_back"),
        ({"after_days": 30, "stamps": 11}, "/win_back"),
        ({"stamps": 1}, "/win_back/after_days"),
        ({"after_days": "30", "stamps": 1}, "/win_back/after_days"),
        ([], "/win_back"),
    ],
)
async def test_what_is_no_way_of_winning_back_is_refused_and_changes_nothing(
    till: Till, asked: object, pointer: str
) -> None:
    before = given(await till.get("/program"))
    refusal = await till.patch("/program", {"win_back": asked})
    assert refusal.status_code == 400
    assert pointer in {error["pointer"] for error in refusal.json()["errors"]}
    assert given(await till.get("/program")) == before
    assert (await till.get("/program/win-back", after_days=13)).status_code == 400


async def test_a_shop_can_say_that_a_customer_wants_no_more_messages_but_not_take_it_back(till: Till) -> None:
    lena = await till.join()
    assert (await till.show(lena["id"]))["opted_out"] is False
    given(await till.patch(f"/customers/{lena['id']}", {"opted_out": True}))
    assert (await till.show(lena["id"]))["opted_out"] is True
    refusal = await till.patch(f"/customers/{lena['id']}", {"opted_out": False, "name": "Maya"})
    assert (refusal.status_code, refusal.json()["errors"][0]["pointer"]) == (400, "/opted_out")
    shown = await till.show(lena["id"])
    assert (shown["opted_out"], shown["name"]) == (True, lena["name"])


async def test_the_summary_counts_what_happened_and_what_stands(till: Till) -> None:
    lena, omar = await till.join("Lena"), await till.join("Omar")
    await till.stamp(lena["id"], 10)
    await till.redeem(lena["id"])
    wrong = await till.stamp(omar["id"], 3)
    await till.void(wrong["transaction_id"])
    till.api.clock.wait(days=1)
    await till.stamp(lena["id"], 10)
    summary = given(await till.get("/analytics", days=2))
    assert summary["period"] == {"days": 2, "from": "2026-03-02", "to": "2026-03-03", "timezone": "UTC"}
    assert summary["customers"] == {"total": 2, "new": 2, "active": 1, "returning": 1}
    assert (summary["visits"], summary["stamps"]) == (2, {"added": 23, "voided": 3})
    assert summary["rewards"] == {
        "earned": 2,
        "redeemed": 1,
        "expired": 0,
        "outstanding": 1,
        "redemption_rate": 0.5,
    }
    first, second = summary["daily"]
    day = {"visits": 1, "stamps": 10, "rewards_earned": 1}
    assert first == {"date": "2026-03-02", **day, "new_customers": 2, "rewards_redeemed": 1}
    assert second == {"date": "2026-03-03", **day, "new_customers": 0, "rewards_redeemed": 0}


@pytest.mark.parametrize("days", [1, 30, 365])
async def test_a_summary_has_one_row_a_day_the_empty_ones_too(till: Till, days: int) -> None:
    summary = given(await till.get("/analytics", days=days))
    dates = [row["date"] for row in summary["daily"]]
    assert (len(dates), dates) == (days, sorted(set(dates)))
    assert (dates[0], dates[-1]) == (summary["period"]["from"], "2026-03-02")


async def test_a_summary_is_of_thirty_days_of_the_shop_s_own_calendar(api: Api) -> None:
    till = await api.open_till(timezone="Pacific/Auckland")
    summary = given(await till.get("/analytics"))
    assert summary["period"] == {
        "days": 30,
        "from": "2026-02-02",
        "to": "2026-03-03",
        "timezone": "Pacific/Auckland",
    }
