"""Told: what the rules refuse, as a sentence in the language of the page.

The sentences are the chat's (`customers/refusal_sentences.py`), as far as a scanner can meet them; another refusal says
what it says in English. A refusal carries its numbers and times; `loyalty_core.errors` defines them.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from litestar import Response
from litestar.types import ExceptionHandlersMap

from api.messages import AppRequest, runtime_of
from api.pages.answers import problem_response
from api.pages.page_words import PageName
from api.pages.shell import words_for_request
from api.problems import problem_of
from api.refusals import BodyTooLarge, RateLimited
from api.request_log import request_log_of
from loyalty_app.customers.card_pictures import first_name
from loyalty_app.observability.metrics import count_refusal
from loyalty_app.words import N_, Words
from loyalty_core import errors
from loyalty_core.errors import InvalidRequest, LoyaltyError, VoidBar

Sentence = Callable[[Words, Any, datetime], str]


def tell(request: AppRequest, refusal: LoyaltyError) -> Response[bytes]:
    """Answer a refusal with its sentence: Litestar's handler."""
    count_refusal("pages", refusal.code)
    words, now = words_for_request(request, PageName.SCAN), runtime_of(request).clock()
    problem = problem_of(refusal, request_log_of(request.scope).request_id)
    return problem_response(msgspec.structs.replace(problem, detail=sentence_of(words, refusal, now)))


def sentence_of(words: Words, refusal: LoyaltyError, now: datetime) -> str:
    """A refusal in words. Times are in the zone of the shop, which they bring."""
    for kind in type(refusal).__mro__:
        if kind in WITH_VALUES:
            return WITH_VALUES[kind](words, refusal, now)
        if kind in SENTENCES:
            return words.plain(SENTENCES[kind])
    return str(refusal)


def _stamp_too_soon(words: Words, refusal: errors.StampTooSoon, now: datetime) -> str:
    ago, at = words.ago(now - refusal.last_at), words.moment(refusal.next_at, now)
    if refusal.by:
        name = first_name(refusal.by)
        return words.plain("Already stamped {ago} by {name}; next stamp at {time}.", ago=ago, name=name, time=at)
    return words.plain("Already stamped {ago}; next stamp at {time}.", ago=ago, time=at)


def _daily_cap_reached(words: Words, refusal: errors.DailyCapReached, now: datetime) -> str:
    return words.plain(
        "No more than {cap} stamps a day: {given} were given today. More from {time}.",
        cap=refusal.cap,
        given=refusal.given,
        time=words.moment(refusal.next_at, now),
    )


def _already_redeemed(words: Words, refusal: errors.RewardAlreadyRedeemed, now: datetime) -> str:
    return words.plain("This reward was already redeemed, {ago}.", ago=words.ago(now - refusal.redeemed_at))


def _void_refused(words: Words, refusal: errors.VoidRefused, _now: datetime) -> str:
    return words.plain(BARS[refusal.bar])


def _invalid(words: Words, refusal: InvalidRequest, _now: datetime) -> str:
    pointers = {fault.pointer for fault in refusal.errors}
    return words.plain(next((said for place, said in FIELDS.items() if place in pointers), FIELDS[""]))


WITH_VALUES: dict[type[LoyaltyError], Sentence] = {
    errors.StampTooSoon: _stamp_too_soon,
    errors.DailyCapReached: _daily_cap_reached,
    errors.RewardAlreadyRedeemed: _already_redeemed,
    errors.VoidRefused: _void_refused,
    InvalidRequest: _invalid,
}

SENTENCES: dict[type[LoyaltyError], str] = {
    errors.NotOnStaff: N_("You are not on the staff of this shop (any more). Ask its owner for an invitation."),
    errors.CustomerNotFound: N_("There is no such card in this shop."),
    errors.RewardNotFound: N_("There is no such reward."),
    errors.RewardExpired: N_("This reward has expired."),
    errors.NoRewardAvailable: N_("There is no reward to redeem."),
    errors.TransactionNotFound: N_("There is nothing to undo."),
    errors.AlreadyVoided: N_("That was already undone."),
    errors.IdempotencyKeyReused: N_("That was sent before, and in another way. Please scan the card again."),
    errors.RotatingCodeRequired: N_(
        "This shop takes only the code that changes. Ask the guest to open the card in the app, or find the guest by "
        "name or phone number."
    ),
    errors.CodeExpired: N_(
        "This is a screenshot or an old code. Ask the guest to open the card again and show the code that is there now."
    ),
    errors.CodeUsed: N_(
        "This code was used already. The card shows a new one within 30 seconds: ask the guest for that."
    ),
    errors.Busy: N_("The server cannot save this just now. The page tries again by itself."),
    BodyTooLarge: N_("A picture of the camera may have 30 KB at most."),
    RateLimited: N_("That was too much at once. The page tries again by itself."),
}

FIELDS: dict[str, str] = {
    "/code": N_("That is no customer's card. Scan the square code on a card of your shop."),
    "/branch_id": N_("That branch is gone. Choose another one above, and scan the card again."),
    "/waited_seconds": N_("This scan is older than 7 days, so it cannot be booked any more."),
    "": N_("That cannot be right. Please check it."),
}

BARS: dict[VoidBar, str] = {
    VoidBar.NO_STAMP_OR_REDEMPTION: N_("Only stamps and rewards that were handed out can be undone."),
    VoidBar.NOT_THE_SHOP: N_("Only the shop can undo this."),
    VoidBar.NOT_THEIR_OWN: N_("Somebody else did that. A manager can undo it."),
    VoidBar.TOO_LATE: N_("That was more than 10 minutes ago. A manager can undo it."),
    VoidBar.REWARD_HANDED_OUT: N_("The reward from this stamp was already handed out. Undo that first."),
}

IN_WORDS: ExceptionHandlersMap = {LoyaltyError: tell}
"""What each handler of the scanner is given."""
