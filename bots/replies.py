"""Replies: each refusal of the rules as a sentence, in the language of its reader.

The refusal brings its numbers and times; which refusals there are is known to `loyalty_core.errors`. A test walks them
all.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from bots.words import Words
from loyalty_core import errors
from loyalty_core.errors import LoyaltyError

Reply = Callable[[Words, Any, datetime], str]


def reply(words: Words, refusal: LoyaltyError, now: datetime) -> str:
    """A refusal in words, without HTML; `now` is in the time zone of the shop."""
    for kind in type(refusal).__mro__:
        if kind in REPLIES:
            return REPLIES[kind](words, refusal, now)
    return words.plain("That is not possible.")


def _stamp_too_soon(words: Words, refusal: errors.StampTooSoon, now: datetime) -> str:
    ago, at = words.span(now - refusal.last_at), words.moment(refusal.next_at.astimezone(now.tzinfo), now)
    if refusal.by:
        return words.plain(
            "Already stamped {ago} ago by {name}; next stamp at {time}.", ago=ago, name=refusal.by, time=at
        )
    return words.plain("Already stamped {ago} ago; next stamp at {time}.", ago=ago, time=at)


def _daily_cap_reached(words: Words, refusal: errors.DailyCapReached, now: datetime) -> str:
    at = words.moment(refusal.next_at.astimezone(now.tzinfo), now)
    return words.plain(
        "No more than {cap} stamps a day: {given} were given today. More from {time}.",
        cap=refusal.cap,
        given=refusal.given,
        time=at,
    )


def _already_redeemed(words: Words, refusal: errors.RewardAlreadyRedeemed, now: datetime) -> str:
    return words.plain("This reward was already redeemed, {ago} ago.", ago=words.span(now - refusal.redeemed_at))


def _reward_expired(words: Words, refusal: errors.RewardExpired, now: datetime) -> str:
    return words.plain("This reward could be redeemed until {time}.", time=words.moment(refusal.expires_at, now))


def _limit(words: Words, refusal: errors.CustomerLimitReached, _now: datetime) -> str:
    return words.plain("The trial holds {limit} customers, and they are all there.", limit=refusal.limit)


REPLIES: dict[type[LoyaltyError], Reply] = {
    errors.StampTooSoon: _stamp_too_soon,
    errors.DailyCapReached: _daily_cap_reached,
    errors.RewardAlreadyRedeemed: _already_redeemed,
    errors.RewardExpired: _reward_expired,
    errors.CustomerLimitReached: _limit,
    errors.CustomerNotFound: lambda words, *_: words.plain("There is no such card in this shop."),
    errors.NoRewardAvailable: lambda words, *_: words.plain("There is no reward to redeem."),
    errors.RewardNotFound: lambda words, *_: words.plain("There is no such reward."),
    errors.TransactionNotFound: lambda words, *_: words.plain("There is nothing to undo."),
    errors.AlreadyVoided: lambda words, *_: words.plain("That was already undone."),
    errors.CustomerExists: lambda words, *_: words.plain("Another card of this shop has that phone number."),
    errors.IdempotencyKeyReused: lambda words, *_: words.plain("This screen was used already. Here is the newest."),
    errors.Busy: lambda words, *_: words.plain("Too much to do at once. Please try again in a moment."),
    errors.InvalidRequest: lambda words, *_: words.plain("That cannot be right. Please check it."),
}
