"""Program values: the present value of a field in words, the value that a button carries, and what was typed.

What is asked is in `program_questions`. How an answer of any kind is read is in `typed_answers`.
"""

from datetime import timedelta

from bots.owners.program_questions import TermValue
from bots.owners.typed_answers import (
    LONGEST_TITLE,
    NONE,
    USUAL_CAP,
    UnclearAnswer,
    read_change,
    read_cost,
    read_gift,
    read_name,
    read_number,
    read_referral,
    read_reward,
    read_stamps,
    read_steps,
)
from bots.words import N_, Words
from loyalty_core.gifts import BirthdayGift, ReferralGift
from loyalty_core.programs import CardCodes, Program, ProgramChange, Surplus, Terms

CODES = {
    CardCodes.FIXED: N_("nothing"),
    CardCodes.ROTATING_REDEEM: N_("rewards"),
    CardCodes.ROTATING_ALL: N_("stamps and rewards"),
}
"""What a changing code is needed for."""
NOTHING = {
    "daily_stamp_cap": N_("no limit"),
    "reward_valid_days": N_("for ever"),
    "reward_cost": N_("not known"),
    "steps": N_("none"),
    "title": N_("as the shop"),
    "birthday": N_("nothing"),
    "referral": N_("nothing"),
}
"""What no value of a field means."""
MINUTE = 60
READERS = {"steps": read_steps, "birthday": read_gift, "referral": read_referral}
"""How fields of several lines are read."""


def present_value(program: Program, field: str) -> TermValue:
    """The present value of a field."""
    value: TermValue = program.title if field == "title" else getattr(program.terms, field)
    return value


def value_of(words: Words, program: Program, field: str) -> str:
    """The present value of a field, in words."""
    terms = program.terms
    if field == "reward_cost" and terms.reward_cost is not None and terms.currency is not None:
        return words.money(terms.reward_cost, terms.currency)
    if field == "birthday" and terms.birthday is not None:
        return gift_in_words(words, terms.birthday)
    if field == "referral" and terms.referral is not None:
        return _referral_in_words(words, terms.referral)
    if field == "steps":
        return words.join(f"{step.stamps}: {step.reward_description}" for step in terms.steps) or words.label("none")
    return label_of(words, field, present_value(program, field))


def gift_in_words(words: Words, gift: BirthdayGift) -> str:
    """A gift, as "2 stamps" or "A cake, 14 days"."""
    if gift.given_stamps:
        return _number_in_words(words, "birthday", gift.given_stamps)
    days = _number_in_words(words, "reward_valid_days", gift.days) if gift.days is not None else None
    return words.join(filter(None, (str(gift.reward_description), days)))


def _referral_in_words(words: Words, gift: ReferralGift) -> str:
    return words.plain(
        "{friend} for the friend, {referrer} for the customer who brings them, at most {cap} a month",
        friend=words.number(gift.stamps_for_friend),
        referrer=words.number(gift.stamps_for_referrer),
        cap=words.number(gift.monthly_cap),
    )


def offered_value(program: Program, field: str) -> TermValue:
    """The present value of a field as it is offered on a button; None of a gift that is not offered."""
    birthday, referral = program.terms.birthday, program.terms.referral
    if field == "birthday" and birthday is not None:
        return birthday.given_stamps
    if field == "referral" and referral is not None:
        same = referral.stamps_for_friend == referral.stamps_for_referrer and referral.monthly_cap == USUAL_CAP
        return referral.stamps_for_friend if same else 0
    return present_value(program, field)


def label_of(words: Words, field: str, value: TermValue) -> str:
    """A value of a field in words, short enough for a button unless the owner wrote it."""
    if isinstance(value, int):
        return _number_in_words(words, field, value)
    match field:
        case "surplus":
            return words.label("go on to the next card") if value is Surplus.CARRY else words.label("are dropped")
        case "card_codes":
            return words.label(CODES[CardCodes(str(value))])
        case _:
            return str(value) if value is not None else words.label(NOTHING[field])


def _number_in_words(words: Words, field: str, number: int) -> str:
    match field:
        case "cooldown_seconds":
            return words.span(timedelta(seconds=number)) if number else words.label("no waiting")
        case "birthday" | "referral":
            return words.plain_count("{n} stamp", "{n} stamps", number)
        case "daily_stamp_cap":
            return words.plain_count("{n} stamp a day", "{n} stamps a day", number)
        case "reward_valid_days":
            return words.plain_count("{n} day", "{n} days", number)
        case _:
            return words.number(number)


def packed(value: TermValue) -> str:
    """A value as a button carries it."""
    return NONE if value is None else str(value)


def read_value(words: Words, field: str, text: str, terms: Terms) -> ProgramChange:
    """The change that a typed value asks for; `terms` are those of now. Raises UnclearAnswer."""
    if field in READERS:
        return READERS[field](words, text)
    if field == "reward_cost":
        return read_cost(words, text, terms.currency)
    if field == "title":
        return ProgramChange(title=read_name(words, text, longest=LONGEST_TITLE))
    if field == "stamps_required":
        return ProgramChange(stamps_required=read_stamps(words, text))
    if field == "reward_description":
        return ProgramChange(reward_description=read_reward(words, text))
    number = read_number(text)
    factor = MINUTE if field == "cooldown_seconds" else 1
    change = read_change(field, str(number * factor)) if number is not None else None
    if change is None:
        raise UnclearAnswer(
            words.plain("Please press one of the buttons, or send a whole number that is not too large.")
        )
    return change
