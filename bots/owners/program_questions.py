"""Program questions: what an owner can be asked about the program, with explanations and offered values."""

import msgspec

from bots.words import N_
from loyalty_core.programs import Surplus

HOUR, DAY = 3_600, 86_400
TermValue = str | int | None
"""A value of a field of the program; None is "no limit"."""


class ProgramQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question: what the field means, how to answer, and what a change means for cards in progress."""

    title: str
    what: str
    how: str
    then: str
    offered: tuple[TermValue, ...] = ()


QUESTIONS: dict[str, ProgramQuestion] = {
    "stamps_required": ProgramQuestion(
        title=N_("Stamps"),
        what=N_(
            "So many stamps fill a card. Cards in progress never get longer: a larger number counts from a customer's "
            "next card on, a smaller one at once."
        ),
        how=N_("Press a number, or send another one from 1 to 100."),
        then=N_("Cards in progress never get longer."),
        offered=(5, 6, 8, 10, 12, 15),
    ),
    "reward_description": ProgramQuestion(
        title=N_("Reward"),
        what=N_(
            "That is what a full card earns. Rewards that were earned before keep their text; new ones get the new one."
        ),
        how=N_("Send what it shall be, as: A coffee of your choice"),
        then=N_("Rewards that were earned before keep their text."),
    ),
    "surplus": ProgramQuestion(
        title=N_("Extra stamps"),
        what=N_(
            "When somebody gets more stamps than are missing on the card, the extra ones are dropped, or they go on to "
            "the next card. It counts from the next stamp on."
        ),
        how=N_("Press what shall happen."),
        then=N_("It counts from the next stamp on."),
        offered=(Surplus.RESET, Surplus.CARRY),
    ),
    "cooldown_seconds": ProgramQuestion(
        title=N_("Waiting time"),
        what=N_(
            "So long a customer waits from one visit to the next; it keeps anybody from stamping twice by mistake. "
            "Cards keep all stamps that they have."
        ),
        how=N_("Press a time, or send a number of minutes."),
        then=N_("It counts from the next stamp on."),
        offered=(0, HOUR, 4 * HOUR, DAY),
    ),
    "daily_stamp_cap": ProgramQuestion(
        title=N_("Daily limit"),
        what=N_("A customer collects so many stamps in a day at most. Cards keep all stamps that they have."),
        how=N_("Press a limit, or send a number from 1 to 1000."),
        then=N_("It counts from the next stamp on."),
        offered=(None, 1, 2, 5),
    ),
    "reward_valid_days": ProgramQuestion(
        title=N_("Validity of rewards"),
        what=N_(
            "So many days a reward can be redeemed, to the end of the last one. Rewards that were earned before keep "
            "the time that they were promised."
        ),
        how=N_("Press a number of days, or send another one."),
        then=N_("Rewards that were earned before keep their time."),
        offered=(None, 30, 90, 365),
    ),
}
