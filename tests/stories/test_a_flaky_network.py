"""The network of the shop drops answers, so that the till sends everything three times, some of it at once."""

import asyncio

import httpx

from tests.api.till import Till, given, on_both_databases, refused
from tests.api.witness import Json


async def thrice(till: Till, path: str, body: Json, key: str, status: int = 200) -> Json:
    """Two copies race each other, a third comes late: all three are answered alike."""
    answers: list[httpx.Response] = list(await asyncio.gather(*(till.post(path, body, once=key) for _ in range(2))))
    answers.append(await till.post(path, body, once=key))
    assert len({answer.content for answer in answers}) == 1
    assert [answer.headers.get("idempotent-replayed") for answer in answers].count("true") == 2
    return given(answers[0], status)


@on_both_databases
async def test_a_till_on_a_flaky_network_tells_the_same_story_as_one_on_a_calm_day(till: Till) -> None:
    # Lena joins once, though her card is asked for three times.
    lena = await thrice(till, "/customers", {"name": "Lena", "phone": "+14155552671"}, "join-1", 201)
    path = f"/customers/{lena['id']}"

    # Every purchase counts once.
    sales = [await thrice(till, f"{path}/stamps", {"stamps": cups}, f"sale-{cups}") for cups in (4, 3, 2)]
    assert [sale["total_stamps"] for sale in sales] == [4, 7, 9]

    # The cashier redeems too early, then sells the tenth cup, then sends the old request again: now it is granted.
    refused(await till.post(f"{path}/redeem", {}, once="free-1"), 409, "no_reward_available")
    assert (await thrice(till, f"{path}/stamps", {"stamps": 1}, "sale-1"))["reward_earned"]
    coffee = await thrice(till, f"{path}/redeem", {}, "free-1")

    # A bug of the till uses a key for another sale. It is told, and nothing is stamped.
    refused(await till.post(f"{path}/stamps", {"stamps": 5}, once="sale-1"), 422, "idempotency_key_reused")

    # The coffee was for somebody else. The undo arrives three times as well.
    await thrice(till, f"/transactions/{coffee['transaction_id']}/void", {}, "undo-1")

    shown = await till.show(lena["id"])
    assert (shown["total_stamps"], shown["total_visits"], shown["rewards_available"]) == (10, 4, 1)
    assert [entry["type"] for entry in shown["recent_transactions"]] == ["void", "redeem", *["stamp"] * 4]
    assert (await till.get("/customers")).json()["pagination"]["total"] == 1
    await till.assert_books_balance()
