"""Precedence: cards in other chats wait while somebody is served, but not for ever, and begin one at a time."""

import asyncio

import pytest

import bots.priority_gate
from bots.priority_gate import PriorityGate


async def begun(precedence: PriorityGate, began: list[str], name: str) -> None:
    async with precedence.gap():
        began.append(name)


async def until_asked() -> None:
    """Let all others go as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_card_waits_until_nobody_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bots.priority_gate, "LONGEST_SECONDS", 60)
    precedence, began = PriorityGate(), list[str]()
    with precedence.serving(), precedence.serving():
        cards = [asyncio.create_task(begun(precedence, began, name)) for name in ("first", "second")]
        await until_asked()
        assert began == []
    await asyncio.gather(*cards)
    assert began == ["first", "second"]


async def test_while_somebody_is_served_all_the_time_cards_are_shown_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bots.priority_gate, "LONGEST_SECONDS", 0.01)
    precedence, began = PriorityGate(), list[str]()
    with precedence.serving():
        await asyncio.gather(*(begun(precedence, began, str(number)) for number in range(100)))
    assert began == [str(number) for number in range(100)]


async def test_cards_begin_one_at_a_time() -> None:
    precedence, at_once, most = PriorityGate(), 0, 0

    async def show() -> None:
        nonlocal at_once, most
        async with precedence.gap():
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1

    await asyncio.gather(*(show() for _ in range(10)))
    assert most == 1


async def test_who_fails_is_served_no_more() -> None:
    precedence, began = PriorityGate(), list[str]()
    with pytest.raises(ZeroDivisionError), precedence.serving():
        raise ZeroDivisionError
    await begun(precedence, began, "card")
    assert began == ["card"]


async def test_one_that_takes_long_holds_up_the_others_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bots.priority_gate, "LONGEST_SECONDS", 0.01)
    precedence, began, done = PriorityGate(), list[str](), asyncio.Event()

    async def take_long() -> None:
        async with precedence.gap():
            await done.wait()

    long = asyncio.create_task(take_long())
    await until_asked()
    async with asyncio.timeout(10):
        await asyncio.gather(*(begun(precedence, began, str(number)) for number in range(20)))
    done.set()
    await long
    assert len(began) == 20
