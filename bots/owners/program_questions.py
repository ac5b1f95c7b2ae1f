"""Program questions: what an owner can be asked about the program, with explanations and offered values."""

import msgspec

from bots.words import N_
from loyalty_core.programs import CardCodes, Surplus

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
    "title": ProgramQuestion(
        title=N_("Title"),
        what=N_("What this card is called, where a shop has several. An emoji in front makes it easy to find."),
        how=N_("What should it be? For example: 🥗 Salad"),
        then=N_("It is on buttons and cards from now on."),
        offered=(None,),
    ),
    "stamps_required": ProgramQuestion(
        title=N_("Stamps"),
        what=N_(
            "How many stamps fill a card. Cards in progress never get longer: a larger number counts from a customer's "
            "next card on, a smaller one at once."
        ),
        how=N_("Press a number, or send another one from 1 to 100."),
        then=N_("Cards in progress never get longer."),
        offered=(5, 6, 8, 10, 12, 15),
    ),
    "reward_description": ProgramQuestion(
        title=N_("Reward"),
        what=N_("What a full card earns. Rewards already earned keep their text; new ones get the new one."),
        how=N_("What should it be? For example: A coffee of your choice"),
        then=N_("Rewards already earned keep their text."),
    ),
    "steps": ProgramQuestion(
        title=N_("Steps"),
        what=N_("Rewards on the way: each is earned once a card. Cards in progress keep the steps that they have."),
        how=N_("Send each step on a line of its own, its stamps first, for example: 5 A biscuit"),
        then=N_("Cards in progress keep the steps that they have."),
        offered=(None,),
    ),
    "opening_stamps": ProgramQuestion(
        title=N_("Head start"),
        what=N_("Stamps that are on a new card from the beginning. Cards that people have already stay as they are."),
        how=N_("Press a number, or send another one."),
        then=N_("It counts for new cards."),
        offered=(0, 1, 2, 3),
    ),
    "birthday": ProgramQuestion(
        title=N_("Birthday gift"),
        what=N_(
            "What customers get on the morning of their birthday, once a year, if they told it at least 30 days "
            "before. They read of it in the chat."
        ),
        how=N_(
            "Press a number of stamps, or send what it should be, for example: A slice of cake. A second line may say "
            "for how many days it is valid."
        ),
        then=N_("It counts from today on."),
        offered=(None, 1, 2, 3),
    ),
    "referral": ProgramQuestion(
        title=N_("Bring a friend"),
        what=N_(
            "Each card gets a button that sends a link to friends. A friend who joins by it and never had a card here "
            "begins with stamps as a gift. At the friend's first visit the customer who brought them gets stamps, too, "
            "up to a number of times a month."
        ),
        how=N_(
            "Press how many stamps each of the two gets, at most 5 times a month. Or send three numbers: for the "
            "friend, for the customer who brings them, and how often a month, for example: 1 3 10"
        ),
        then=N_("The button is below the cards from now on."),
        offered=(None, 1, 2, 3),
    ),
    "surplus": ProgramQuestion(
        title=N_("Extra stamps"),
        what=N_(
            "If somebody gets more stamps than the card still needs, the extra ones are dropped, or they go on to the "
            "next card. This applies from the next stamp on."
        ),
        how=N_("What should happen to them?"),
        then=N_("This applies from the next stamp on."),
        offered=(Surplus.RESET, Surplus.CARRY),
    ),
    "cooldown_seconds": ProgramQuestion(
        title=N_("Waiting time"),
        what=N_(
            "How long a customer waits from one visit to the next, so that nobody is stamped twice by mistake. Cards "
            "keep all their stamps."
        ),
        how=N_("Press a time, or send a number of minutes."),
        then=N_("This applies from the next stamp on."),
        offered=(0, HOUR, 4 * HOUR, DAY),
    ),
    "daily_stamp_cap": ProgramQuestion(
        title=N_("Daily limit"),
        what=N_("The most stamps that a customer can collect in a day. Cards keep all their stamps."),
        how=N_("Press a limit, or send a number from 1 to 1000."),
        then=N_("This applies from the next stamp on."),
        offered=(None, 1, 2, 5),
    ),
    "reward_valid_days": ProgramQuestion(
        title=N_("Validity of rewards"),
        what=N_(
            "For how many days a reward can be redeemed, to the end of the last one. Rewards already earned keep the "
            "time that they were promised."
        ),
        how=N_("Press a number of days, or send another one."),
        then=N_("Rewards already earned keep their time."),
        offered=(None, 30, 90, 365),
    ),
    "card_codes": ProgramQuestion(
        title=N_("Codes"),
        what=N_(
            "Whether the code on a card is enough, or guests open their card and show a code that changes every 30 "
            "seconds, so that a photograph of it is no use. Guests without a phone can still be found by name or "
            "phone number."
        ),
        how=N_("What should a changing code be needed for?"),
        then=N_("This applies from the next stamp on."),
        offered=(CardCodes.FIXED, CardCodes.ROTATING_REDEEM, CardCodes.ROTATING_ALL),
    ),
    "reward_cost": ProgramQuestion(
        title=N_("Cost of a reward"),
        what=N_(
            "What a reward costs you, so that you can see in money what you owe. Only owners and managers see it, "
            "customers never do."
        ),
        how=N_("Send an amount with its currency, for example: 2.50 EUR"),
        then=N_("“What you owe” says it in money."),
        offered=(None,),
    ),
}
