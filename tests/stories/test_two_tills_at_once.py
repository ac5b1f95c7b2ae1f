"""Saturday, two tills, one queue: both stamp the same cards, and both see the same shop."""

import asyncio

from tests.api.till import Till, given, on_both_databases


@on_both_databases
async def test_two_tills_share_a_shop(till: Till) -> None:
    window = await till.api.another_till(till.business)
    queue = [(await till.join(f"Guest {number}"))["id"] for number in range(8)]

    # Friends hold up one card at both tills. Each cup counts, and the card fills exactly once for every ten.
    cups = [(who, each) for _ in range(5) for who in queue for each in (till, window)]
    stamped = await asyncio.gather(*(each.stamp(who) for who, each in cups))
    assert sum(one["reward_earned"] for one in stamped) == len(queue)
    for who in queue:
        seen = [await each.show(who) for each in (till, window)]
        assert seen[0] == seen[1]
        assert (seen[0]["total_stamps"], seen[0]["current_stamps"], seen[0]["rewards_available"]) == (10, 0, 1)

    # The ledger knows which till it was.
    entries = given(await till.get(f"/customers/{queue[0]}"))["recent_transactions"]
    assert sorted(entry["actor"]["id"] for entry in entries) == sorted([till.key_id] * 5 + [window.key_id] * 5)

    # Each friend asks for the free coffee at both tills. One coffee each.
    paths = [f"/customers/{who}/redeem" for who in queue]
    answers = await asyncio.gather(*(each.post(path) for path in paths for each in (till, window)))
    assert sorted(answer.status_code for answer in answers) == [200] * 8 + [409] * 8

    # In the evening the window undoes what the other till has stamped by mistake.
    wrong = await till.stamp(queue[0])
    assert (await window.void(wrong["transaction_id"]))["customer"]["current_stamps"] == 0
    summary = given(await window.get("/analytics", days=1))
    assert (summary["visits"], summary["rewards"]["redeemed"], summary["rewards"]["outstanding"]) == (80, 8, 0)
    await till.assert_books_balance()
