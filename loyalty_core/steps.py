"""Steps: rewards on the way to the goal of a card.

The rules, in words:
- A program has at most five steps, in ascending order, all below its goal. Reaching one earns its reward, once a card.
- A stamp that passes several steps earns each of them. One that fills the card earns all that are left, then the goal.

What a running card keeps of them is in `promises`.
"""

from itertools import pairwise
from typing import Annotated

import msgspec
from msgspec import Meta

from loyalty_core.customers import check_seen
from loyalty_core.errors import InvalidRequest
from loyalty_core.fields import RewardText, StampsRequired

MOST_STEPS = 5


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reward on the way: how many stamps earn it, and what it is."""

    stamps: StampsRequired
    reward_description: RewardText


Steps = Annotated[
    tuple[Step, ...], Meta(max_length=MOST_STEPS, description="at most 5 steps, in ascending order, below the goal")
]


def check_steps(steps: tuple[Step, ...], goal: int, *, of_goal: bool = False) -> None:
    """Raise InvalidRequest unless steps are in order and below the goal; `of_goal`: the goal is what was changed."""
    for before, step in pairwise(steps):
        if step.stamps == before.stamps:
            raise InvalidRequest.field("steps", f"must not have two steps at {step.stamps} stamps")
        if step.stamps < before.stamps:
            raise InvalidRequest.field("steps", "must be in ascending order of their stamps")
    for step in steps:
        check_seen("steps", step.reward_description)
    if steps and steps[-1].stamps >= goal:
        last = steps[-1].stamps
        if of_goal:
            raise InvalidRequest.field("stamps_required", f"must be above the last step, which is at {last} stamps")
        raise InvalidRequest.field("steps", f"must be below the goal of {goal} stamps, and one is at {last}")
