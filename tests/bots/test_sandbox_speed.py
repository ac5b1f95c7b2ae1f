"""The sandbox is not what a bot waits for."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from telegram import Bot

from testkit.direct_call import call
from testkit.people import Person
from testkit.sandbox import SandboxServer

CALLS = 300


class Steps:
    """How many lines of Python were run, in this thread."""

    count = 0

    def __call__(self, _frame: FrameType, event: str, _argument: object) -> "Steps":
        self.count += event == "line"
        return self


@contextmanager
def counted() -> Iterator[Steps]:
    steps, before = Steps(), sys.gettrace()
    sys.settrace(steps)
    try:
        yield steps
    finally:
        sys.settrace(before)


async def test_a_call_costs_the_same_however_many_came_before(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    url = f"{sandbox.url}/bot{bot.token}/sendMessage"
    body = {"chat_id": ana.id, "text": "<b>Hi</b>", "parse_mode": "HTML"}

    async def steps_of_a_call() -> int:
        with counted() as steps:
            await call(sandbox.app, "POST", url, {}, body)
        return steps.count

    await steps_of_a_call()
    early = await steps_of_a_call()
    for _ in range(CALLS):
        await call(sandbox.app, "POST", url, {}, body)
    assert 0 < await steps_of_a_call() < early * 1.1
