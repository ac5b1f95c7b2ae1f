"""Shown cards: which card of a customer a chat shows, and what it shows of the others, in a shop with several programs.

The card that was stamped last is shown, unless its holder turned to another. A page has room for all of them: the main
one comes first. Where there is one program, all of this is the one card.
"""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from loyalty_core.customers import Card, Customer
from loyalty_core.programs import Program, running_goal
from loyalty_core.promises import PromisedStep, promised_steps
from loyalty_core.views import CardView, CustomerView, NextReward, customer_view, program_named, program_number


class CardState(msgspec.Struct, frozen=True):
    """The card of a program: stamps out of `goal`, for a `reward`, and how many rewards it earned in all."""

    program_id: int | None
    stamps: int
    goal: int
    earned: int
    reward: str

    @property
    def is_near(self) -> bool:
        """Whether one stamp is missing."""
        return bool(self.stamps) and self.goal - self.stamps == 1


class WholeCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card with all that there is to see of it: `steps` are those below its goal, in ascending order.

    `number` is that of its program. `coming` is what it earns next; None if the program takes no stamps any more.
    """

    number: int
    stamps: int
    goal: int
    reward: str
    steps: tuple[PromisedStep, ...]
    coming: NextReward | None


def program_to_show(customer: Customer, main: Program, number: int | None = None) -> Program:
    """The program of that number, if the shop has it; else the one that was stamped last, or the main one."""
    if not main.others:
        return main
    if number is not None:
        return main.turned_to(program_named(customer.business_id, number)) or main
    visits = {one.program_id: one.card.last_visit_at for one in customer.cards if one.card.last_visit_at}
    newest = max(visits.values(), default=None)
    last = main.id if newest is None or visits.get(main.id) == newest else max(visits, key=lambda one: visits[one])
    return main.turned_to(last) or main


def state_of(customer: Customer, program: Program) -> CardState:
    """The card of a program, an empty one if there is none yet."""
    card = customer.card_of(program.id) or Card()
    goal, reward = running_goal(card, program), program.terms.reward_description
    return CardState(program.id, card.current_stamps, goal, card.rewards_earned, reward)


def states_of(customer: Customer, program: Program) -> tuple[CardState, ...]:
    """The cards of all programs of the shop; `program` is any of them."""
    return tuple(state_of(customer, one) for one in program.all_of_shop)


def shown_view(customer: Customer, program: Program) -> CustomerView:
    """A customer with the stamps of the shown program's card, and the visits and waiting rewards of all cards."""
    view = customer_view(customer, program)
    if not program.others:
        return view
    state, cards = state_of(customer, program), [one.card for one in customer.cards]
    return replace(
        view,
        current_stamps=state.stamps,
        stamps_required=state.goal,
        total_stamps=(customer.card_of(program.id) or Card()).total_stamps,
        total_visits=sum(card.total_visits for card in cards),
        rewards_earned=state.earned,
        rewards_available=sum(card.rewards_available for card in cards),
    )


def other_cards(view: CustomerView, program: Program, business_id: int) -> tuple[CardView, ...]:
    """The cards beside the shown one; an archived program's only if there are stamps on it."""
    cards: Iterable[CardView] = view.cards or ()
    shown = program_number(business_id, program.id)
    return tuple(
        one for one in cards if one.program_id != shown and (one.next_reward is not None or one.current_stamps)
    )


def whole_cards(customer: Customer, main: Program) -> tuple[WholeCard, ...]:
    """All cards of a customer, the main one first; an archived program's only if there are stamps on it."""
    views: Iterable[CardView] = customer_view(customer, main).cards or ()
    shown = (one for one in views if one.next_reward is not None or one.current_stamps)
    return tuple(_whole(customer, main, view) for view in shown)


def _whole(customer: Customer, main: Program, view: CardView) -> WholeCard:
    program = main.turned_to(program_named(customer.business_id, view.program_id)) or main
    steps = promised_steps(customer.card_of(program.id) or Card(), program)
    return WholeCard(
        number=view.program_id,
        stamps=view.current_stamps,
        goal=view.stamps_required,
        reward=program.terms.reward_description,
        steps=tuple(step for step in steps if step.stamps < view.stamps_required),
        coming=view.next_reward,
    )
