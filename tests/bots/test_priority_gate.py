"""The priority gate: cards in other chats wait while somebody is served, but not for ever, and begin one at a time."""

import asyncio

import pytest

from bots.priority_gate import PriorityGate


async def begun(gate: PriorityGate, began: list[str], name: str) -> None:
    async with gate.gap():
        began.append(name)


async def until_asked() -> None:
    """Let all others go as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_card_waits_until_nobody_is_served() -> None:
    gate, began = PriorityGate(longest_seconds=60), list[str]()
    with gate.serving(), gate.serving():
        cards = [asyncio.create_task(begun(gate, began, name)) for name in ("first", "second")]
        await until_asked()
        assert began == []
    await asyncio.gather(*cards)
    assert began == ["first", "second"]


async def test_while_somebody_is_served_all_the_time_cards_are_shown_all_the_same() -> None:
    gate, began = PriorityGate(longest_seconds=0.01), list[str]()
    with gate.serving():
        await asyncio.gather(*(begun(gate, began, str(number)) for number in range(100)))
    assert began == [str(number) for number in range(100)]


async def test_cards_begin_one_at_a_time() -> None:
    gate, at_once, most = PriorityGate(), 0, 0

    async def show() -> None:
        nonlocal at_once, most
        async with gate.gap():
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1

    await asyncio.gather(*(show() for _ in range(10)))
    assert most == 1


async def test_who_fails_is_served_no_more() -> None:
    gate, began = PriorityGate(), list[str]()
    with pytest.raises(ZeroDivisionError), gate.serving():
        raise ZeroDivisionError
    await begun(gate, began, "card")
    assert began == ["card"]


async def test_one_that_takes_long_holds_up_the_others_for_a_moment_only() -> None:
    gate, began, done = PriorityGate(longest_seconds=0.01), list[str](), asyncio.Event()

    async def take_long() -> None:
        async with gate.gap():
            await done.wait()

    long = asyncio.create_task(take_long())
    await until_asked()
    async with asyncio.timeout(20):
        await asyncio.gather(*(begun(gate, began, str(number)) for number in range(20)))
    done.set()
    await long
    assert len(began) == 20
