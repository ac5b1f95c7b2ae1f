"""Typed answers: numbers, texts and choices that people type or press, read forgivingly.

The types of the core define what is right; the sentences about what is wrong are here.
"""

import re
from collections.abc import Mapping
from itertools import pairwise

import msgspec
from msgspec import UNSET

from bots.words import Words
from loyalty_app.words import amount_of
from loyalty_core.customers import clean_name
from loyalty_core.errors import InvalidRequest
from loyalty_core.fields import CURRENCIES, can_be_seen
from loyalty_core.programs import ProgramChange

NONE = "none"
"""Stands for "no limit" in a button."""

USUAL_CAP, REFERRAL_NUMBERS = 5, 3
"""How often a month friends are thanked for, as a rule; and of how many numbers that gift is."""
LONGEST_NUMBER = 9
AMOUNT = re.compile(r"(?P<before>[^\d\s.,\u066b]*)\s*(?P<number>\d{1,9}(?:[.,\u066b]\d{1,4})?)\s*(?P<after>[^\d\s.,]*)")
SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB"}
"""Signs that stand for one currency only."""
LONGEST_REWARD = 100
LONGEST_SHOP_NAME = 60
LONGEST_TITLE = 40


class UnclearAnswer(Exception):  # named as a fact
    """The answer cannot be used; the text says what would be right, in the reader's language."""


def read_number(text: str) -> int | None:
    """A whole number in the digits of any script; None if the text is none."""
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else None


def read_stamps(words: Words, text: str) -> int:
    """How many stamps make a reward. Raises UnclearAnswer."""
    number = read_number(text)
    if number is None or _changed("stamps_required", number) is None:
        raise UnclearAnswer(words.plain("Please send a whole number from 1 to 100."))
    return number


def read_reward(words: Words, text: str) -> str:
    """The text of a reward. Raises UnclearAnswer."""
    reward = " ".join(text.split())
    if len(reward) > LONGEST_REWARD or not can_be_seen(reward) or _changed("reward_description", reward) is None:
        raise UnclearAnswer(words.plain("Please send a short text of at most {n} letters.", n=LONGEST_REWARD))
    return reward


def read_name(words: Words, text: str, *, longest: int = LONGEST_SHOP_NAME) -> str:
    """A name. Raises UnclearAnswer."""
    try:
        name = clean_name(" ".join(text.split()))
    except InvalidRequest:
        name = ""
    if not name or len(name) > longest or name.startswith("/"):
        raise UnclearAnswer(words.plain("Please send a name of at most {n} letters.", n=longest))
    return name


def read_cost(words: Words, text: str, known: str | None) -> ProgramChange:
    """What a reward costs, as "2.50 EUR"; `known` is the currency if none is typed. Raises UnclearAnswer."""
    typed = AMOUNT.fullmatch(text.strip())
    sign = (typed["before"] or typed["after"]).upper() if typed else ""
    currency = SIGNS.get(sign, sign) or known
    change = None
    if typed and currency in CURRENCIES:
        amount = amount_of(typed["number"], currency)
        change = _changed("reward_cost", amount) if amount is not None else None
    if change is None:
        raise UnclearAnswer(words.plain("Please send an amount with its currency, for example: 2.50 EUR"))
    return msgspec.structs.replace(change, currency=currency)


def read_steps(words: Words, text: str) -> ProgramChange:
    """The steps of a card, each on a line of its own. Raises UnclearAnswer."""
    lines = [line.strip().partition(" ") for line in text.splitlines() if line.strip()]
    steps = [{"stamps": read_number(stamps), "reward_description": reward.strip()} for stamps, _, reward in lines]
    heights = [read_number(stamps) or 0 for stamps, _, _ in lines]
    try:
        change = msgspec.convert({"steps": steps}, ProgramChange)
    except msgspec.ValidationError as error:
        raise UnclearAnswer(
            words.plain("Please send at most 5 lines, each a number of stamps and a reward.")
        ) from error
    if any(height >= following for height, following in pairwise(heights)):
        raise UnclearAnswer(words.plain("Please put the steps in order: each needs more stamps than the one before."))
    return change


def read_gift(words: Words, text: str) -> ProgramChange:
    """A gift: a number of stamps, or a reward with its days of validity on another line. Raises UnclearAnswer."""
    first, _, more = text.strip().partition("\n")
    stamps, days = read_number(first), read_number(more)
    if stamps is not None and not more:
        change = _changed("birthday", {"stamps": stamps})
    else:
        reward: dict[str, str | int | None] = {"reward_description": read_reward(words, first)}
        change = _changed("birthday", reward if not more else {**reward, "valid_days": days})
    if change is None:
        raise UnclearAnswer(words.plain("Please send a number of stamps, or a reward and, below it, a number of days."))
    return change


def read_referral(words: Words, text: str) -> ProgramChange:
    """What friends get: for the friend, for the customer who brings them, and how often a month. Raises UnclearAnswer.

    One number is for both; how often is left out as a rule.
    """
    numbers = [read_number(word) for word in re.split(r"[\s,;/+]+", text.strip())]
    friend, referrer, cap = (*numbers, *numbers[:1], USUAL_CAP)[:3] if len(numbers) == 1 else (*numbers, USUAL_CAP)[:3]
    change = _referral(friend, referrer, cap) if len(numbers) <= REFERRAL_NUMBERS else None
    if change is None:
        raise UnclearAnswer(words.plain("Please send three numbers, for example: 1 3 10"))
    return change


def _referral(friend: int | None, referrer: int | None, cap: int | None) -> ProgramChange | None:
    """A change of what friends get; None if it is not possible. 0 for both is nothing."""
    asked = {"stamps_for_friend": friend, "stamps_for_referrer": referrer, "monthly_cap": cap}
    change = _changed("referral", asked)
    return None if change and change.referral and not change.referral.is_nothing and 0 in asked.values() else change


def read_change(field: str, text: str) -> ProgramChange | None:
    """A change of one field of the program, from a pressed or typed value; None if it is not possible."""
    if field not in ProgramChange.__struct_fields__ or field == "name":
        return None
    number = read_number(text)
    value = None if text == NONE else text if number is None else number
    if field == "steps":
        return ProgramChange(steps=()) if value is None else None
    if field == "birthday" and number is not None:
        return _changed(field, {"stamps": number})
    if field == "referral" and number is not None:
        return _referral(number, number, USUAL_CAP)
    return _changed(field, value)


def _changed(field: str, value: str | int | Mapping[str, str | int | None] | None) -> ProgramChange | None:
    try:
        change = msgspec.convert({field: value}, ProgramChange)
    except msgspec.ValidationError:
        return None
    return change if getattr(change, field) is not UNSET else None
