"""Together: however many come at once, every stamp counts once and every reward is handed out once."""

import asyncio
from collections import Counter

import httpx

from tests.api.till import Api, Till, given, on_both_databases


def outcomes(answers: list[httpx.Response]) -> Counter[tuple[int, str]]:
    """How many answers there were of each status and code."""
    return Counter((answer.status_code, answer.json().get("code", "")) for answer in answers)


@on_both_databases
async def test_two_hundred_stamps_of_one_card_at_once_count_two_hundred(till: Till) -> None:
    lena = await till.join()
    answers = await asyncio.gather(*(till.post(f"/customers/{lena['id']}/stamps") for _ in range(200)))
    stamped = [given(answer) for answer in answers]
    assert sorted(one["total_stamps"] for one in stamped) == list(range(1, 201))
    assert sum(one["reward_earned"] for one in stamped) == 20
    shown = await till.show(lena["id"])
    assert (shown["total_stamps"], shown["total_visits"], shown["rewards_available"]) == (200, 200, 20)
    assert shown["version"] == 201
    ledger = (await till.get(f"/customers/{lena['id']}/transactions")).json()["pagination"]["total"]
    assert ledger == given(await till.get("/analytics"))["visits"] == 200


@on_both_databases
async def test_sixty_four_posts_with_one_key_are_one_entry_and_sixty_four_equal_answers(till: Till) -> None:
    lena = await till.join()
    posts = (till.post(f"/customers/{lena['id']}/stamps", {"stamps": 2}, once="k") for _ in range(64))
    answers = await asyncio.gather(*posts)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 63
    shown = await till.show(lena["id"])
    assert (shown["total_stamps"], len(shown["recent_transactions"])) == (2, 1)


@on_both_databases
async def test_of_thirty_two_who_redeem_one_reward_one_succeeds(till: Till) -> None:
    lena = await till.join()
    reward = (await till.stamp(lena["id"], 10))["rewards"][0]["id"]
    named = [till.post(f"/customers/{lena['id']}/redeem", {"reward_id": reward}) for _ in range(16)]
    unnamed = [till.post(f"/customers/{lena['id']}/redeem") for _ in range(16)]
    counted = outcomes(list(await asyncio.gather(*named, *unnamed)))
    assert counted[200, ""] == 1
    assert counted[409, "reward_already_redeemed"] + counted[409, "no_reward_available"] == 31
    assert (await till.show(lena["id"]))["rewards_available"] == 0


@on_both_databases
async def test_of_many_who_join_with_one_phone_number_one_is_taken(till: Till) -> None:
    posts = (till.post("/customers", {"name": f"Lena {n}", "phone": "+14155552671"}) for n in range(20))
    counted = outcomes(list(await asyncio.gather(*posts)))
    assert counted == {(201, ""): 1, (409, "customer_exists"): 19}


@on_both_databases
async def test_of_many_who_undo_one_stamp_one_does(till: Till) -> None:
    lena = await till.join()
    transaction = (await till.stamp(lena["id"], 3))["transaction_id"]
    counted = outcomes(list(await asyncio.gather(*(till.post(f"/transactions/{transaction}/void") for _ in range(20)))))
    assert counted == {(200, ""): 1, (409, "already_voided"): 19}
    assert (await till.show(lena["id"]))["total_stamps"] == 0


@on_both_databases
async def test_of_many_tills_that_stamp_one_order_one_does(till: Till) -> None:
    people = [await till.join() for _ in range(4)]
    posts = [till.post(f"/customers/{people[number % 4]['id']}/stamps", {"order_ref": "A-17"}) for number in range(20)]
    counted = outcomes(list(await asyncio.gather(*posts)))
    assert counted == {(200, ""): 1, (409, "order_ref_used"): 19}


@on_both_databases
async def test_a_crowd_that_does_everything_at_once_leaves_books_that_balance(api: Api) -> None:
    till = await api.open_till(stamps_required=3)
    people = [(await till.join())["id"] for _ in range(5)]
    stamped = [await till.stamp(person, 3) for person in people]
    requests = [
        *(till.post(f"/customers/{person}/stamps", {"stamps": 2}) for person in people for _ in range(6)),
        *(till.post(f"/customers/{person}/redeem") for person in people for _ in range(2)),
        *(till.post(f"/transactions/{one['transaction_id']}/void") for one in stamped[:3]),
        *(till.patch(f"/customers/{person}", {"name": f"Guest {person}"}) for person in people),
        till.patch("/program", {"stamps_required": 4}),
        till.delete(f"/customers/{people[4]}"),
    ]
    answers = await asyncio.gather(*requests)
    assert {answer.status_code for answer in answers} <= {200, 404, 409}
    await till.assert_books_balance()
