"""Promises: which steps a running card has, and which of them it has earned.

The rules, in words:
- A running card keeps the steps that it was promised: a change adds steps or brings them forward, never takes one away.
- A promised step is the same after a change if its text is the same, or else its place. It lies at the lower of both
  places, and a new text counts from now on. What the change does not name stays; what it adds joins, if it lies below
  the goal of the card: a card with a lower goal than that of today never reaches it.
- A step that lies at or below the stamps on a card already is earned by the next stamp.

The promised goal is in `programs`; how stamps are added to a card is in `ledger`.
"""

from collections.abc import Iterable
from typing import NamedTuple

from loyalty_core.customers import Card
from loyalty_core.programs import Program, Terms, running_goal
from loyalty_core.steps import Step


class PromisedStep(NamedTuple):
    """A step that a running card has: its place, its reward, and whether this card has earned it."""

    stamps: int
    reward_description: str
    earned: bool = False


def promised_steps(card: Card, program: Program) -> tuple[PromisedStep, ...]:
    """The steps of the running card, in ascending order; those of today for an empty one."""
    if card.current_stamps == 0:
        return _after((), [program.terms])
    later = program.versions[card.program_version :]
    if not card.steps_since and not any(terms.steps for terms in later):
        return ()
    held: tuple[PromisedStep, ...] = ()
    if card.steps_since:
        begun = program.versions[card.steps_since - 1 : card.program_version]
        was_lower = all(terms.stamps_required > card.goal for terms in begun)
        held = _after(held, begun, goal=card.goal if was_lower else None)
        held = tuple(step._replace(earned=step.stamps <= card.current_stamps) for step in held)
    return _after(held, later, goal=card.goal)


def _after(
    held: tuple[PromisedStep, ...], versions: Iterable[Terms], *, goal: int | None = None
) -> tuple[PromisedStep, ...]:
    """The steps of a card after changes of the program; it had that goal before, if it is known."""
    for terms in versions:
        goal = min(goal or terms.stamps_required, terms.stamps_required)
        held = _merged(held, terms.steps, goal)
    return held


def steps_since(card: Card, program: Program) -> int:
    """The version of the program in which the steps of the running card begin; 0 while it is promised none."""
    if card.steps_since:
        return card.steps_since
    later = program.versions[card.program_version :] if card.current_stamps else (program.terms,)
    return next((terms.version for terms in later if terms.steps), 0)


def step_places(card: Card, program: Program) -> tuple[int, ...]:
    """Where on the running card steps lie, in ascending order, earned or not: those below its goal."""
    if not card.steps_since and not program.terms.steps and card.program_version == program.terms.version:
        return ()  # nearly always
    goal = running_goal(card, program)
    return tuple(step.stamps for step in promised_steps(card, program) if step.stamps < goal)


def open_steps(card: Card, program: Program) -> tuple[PromisedStep, ...]:
    """The steps that the running card has not earned yet, in ascending order."""
    terms = program.terms
    in_force = not card.current_stamps or card.program_version == terms.version
    if in_force and not card.steps_since and not terms.steps:
        return ()  # nearly always
    return tuple(step for step in promised_steps(card, program) if not step.earned)


def _merged(held: tuple[PromisedStep, ...], steps: tuple[Step, ...], goal: int) -> tuple[PromisedStep, ...]:
    """The steps of a card with that goal after a change of the program."""
    left, kept, merged = list(steps), list(held), list[PromisedStep]()
    for alike in (_is_same, _has_same_text, _has_same_place):
        for promised in tuple(kept):
            step = next((step for step in left if alike(promised, step)), None)
            if step is not None:
                left.remove(step)
                kept.remove(promised)
                place = min(promised.stamps, step.stamps)
                merged.append(PromisedStep(place, step.reward_description, promised.earned))
    added = (PromisedStep(step.stamps, step.reward_description) for step in left if step.stamps < goal)
    return _ascending((*merged, *kept, *added))


def _is_same(promised: PromisedStep, step: Step) -> bool:
    return _has_same_place(promised, step) and _has_same_text(promised, step)


def _has_same_text(promised: PromisedStep, step: Step) -> bool:
    return promised.reward_description == step.reward_description


def _has_same_place(promised: PromisedStep, step: Step) -> bool:
    return promised.stamps == step.stamps


def _ascending(steps: Iterable[PromisedStep]) -> tuple[PromisedStep, ...]:
    return tuple(sorted(steps, key=lambda step: step.stamps))
