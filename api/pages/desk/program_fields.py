"""Fields of a program: what each means, and what a change means for cards in progress. The rules are in the core.

How each is filled in and read is in `program_form`.
"""

import msgspec

from loyalty_app.words import N_
from loyalty_core.programs import CardCodes, Program, Surplus

MINUTE = 60


class ProgramField(msgspec.Struct, frozen=True, kw_only=True):
    """A field: its name, what it means, the kind of its input, and the names of its values if one is chosen."""

    title: str
    what: str
    kind: str = "number"
    choices: dict[str, str] = {}


FIELDS: dict[str, ProgramField] = {
    "title": ProgramField(
        title=N_("Title"),
        what=N_("What this card is called, where a shop has several. An emoji in front makes it easy to find."),
        kind="text",
    ),
    "stamps_required": ProgramField(
        title=N_("Stamps"),
        what=N_(
            "How many stamps fill a card. Cards in progress never get longer: a larger number counts from a customer's "
            "next card on, a smaller one at once."
        ),
    ),
    "reward_description": ProgramField(
        title=N_("Reward"),
        what=N_("What a full card earns. Rewards already earned keep their text; new ones get the new one."),
        kind="text",
    ),
    "steps": ProgramField(
        title=N_("Steps"),
        what=N_("Rewards on the way: each is earned once a card. Cards in progress keep the steps that they have."),
        kind="steps",
    ),
    "opening_stamps": ProgramField(
        title=N_("Head start"),
        what=N_("Stamps that are on a new card from the beginning. Cards that people have already stay as they are."),
    ),
    "bonus_hours": ProgramField(
        title=N_("Bonus hours"),
        what=N_(
            "Hours of the week in which a stamp counts twice or three times. What is added is a gift, and does not "
            "count for the daily limit. This applies from the next stamp on."
        ),
        kind="hours",
    ),
    "surplus": ProgramField(
        title=N_("Extra stamps"),
        what=N_(
            "If somebody gets more stamps than the card still needs, the extra ones are dropped, or they go on to the "
            "next card. This applies from the next stamp on."
        ),
        kind="choice",
        choices={Surplus.RESET.value: N_("are dropped"), Surplus.CARRY.value: N_("go on to the next card")},
    ),
    "cooldown_seconds": ProgramField(
        title=N_("Waiting time in minutes"),
        what=N_(
            "How long a customer waits from one visit to the next, so that nobody is stamped twice by mistake. Cards "
            "keep all their stamps."
        ),
    ),
    "daily_stamp_cap": ProgramField(
        title=N_("Daily limit"),
        what=N_("The most stamps that a customer can collect in a day. Cards keep all their stamps."),
    ),
    "reward_valid_days": ProgramField(
        title=N_("Validity of rewards in days"),
        what=N_(
            "For how many days a reward can be redeemed, to the end of the last one. Rewards already earned keep the "
            "time that they were promised."
        ),
    ),
    "card_codes": ProgramField(
        title=N_("Codes"),
        what=N_(
            "Whether the code on a card is enough, or guests open their card and show a code that changes every 30 "
            "seconds, so that a photograph of it is no use. Guests without a phone can still be found by name or "
            "phone number. This applies from the next stamp on."
        ),
        kind="choice",
        choices={
            CardCodes.FIXED.value: N_("The code on the card is enough"),
            CardCodes.ROTATING_REDEEM.value: N_("A changing code for rewards"),
            CardCodes.ROTATING_ALL.value: N_("A changing code for stamps and rewards"),
        },
    ),
    "reward_cost": ProgramField(
        title=N_("Cost of a reward"),
        what=N_(
            "What a reward costs you, so that you can see in money what you owe. Only owners and managers see it, "
            "customers never do."
        ),
        kind="cost",
    ),
}


def fields_of(program: Program) -> dict[str, ProgramField]:
    """The fields of a program. A title is of use beside others; which codes are taken, the main one says."""
    left_out = {"title"} if not program.others else set() if program.main else {"card_codes"}
    return {name: field for name, field in FIELDS.items() if name not in left_out}
