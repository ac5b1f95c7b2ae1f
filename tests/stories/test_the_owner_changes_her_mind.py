"""The owner raises the goal, is sorry, lowers it, and changes the reward: what was promised is kept."""

from tests.api.till import Till, given, on_both_databases


async def goal(till: Till, customer: int) -> int:
    """How many stamps the card in hand needs in all."""
    shown = await till.show(customer)
    required: int = shown["stamps_required"]
    return required


@on_both_databases
async def test_the_owner_changes_her_mind(till: Till) -> None:
    lena, omar, mira = [(await till.join(name))["id"] for name in ("Lena", "Omar", "Mira")]
    await till.stamp(lena, 3)
    await till.stamp(omar, 7)

    # Coffee has become dear: twelve stamps instead of ten. Cards in hand keep their ten.
    assert (await till.change(stamps_required=12))["version"] == 2
    assert [await goal(till, who) for who in (lena, omar, mira)] == [10, 10, 12]
    await till.stamp(mira, 1)

    # Customers grumble: five. A card that has more already is full with the next stamp.
    await till.change(stamps_required=5)
    assert [await goal(till, who) for who in (lena, omar, mira)] == [5, 5, 5]
    assert (await till.stamp(omar))["rewards"][0]["description"] == "A coffee"

    # That is too cheap: eight, and a cake. Cards begun at five stay at five, Omar's new card takes eight.
    await till.change(stamps_required=8, reward_description="A cake", reward_valid_days=30)
    assert [await goal(till, who) for who in (lena, omar, mira)] == [5, 8, 5]
    cake = (await till.stamp(lena, 2))["rewards"][0]
    assert (cake["description"], cake["expires_at"]) == ("A cake", "2026-04-02T00:00:00Z")

    # Omar's coffee is a coffee for ever; Lena's cake is gone after a month.
    till.api.clock.wait(days=31)
    assert (await till.redeem(omar))["reward"]["description"] == "A coffee"
    owed = (await till.get("/rewards", status="available")).json()
    expired = (await till.get("/rewards", status="expired")).json()
    assert (owed["data"], [reward["id"] for reward in expired["data"]]) == ([], [cake["id"]])
    assert given(await till.get("/program"))["version"] == 4
    await till.assert_books_balance()
