"""Told: what is refused at the scanner, as a sentence in the language of the page.

The sentences are those of the chat (`customers/refusal_sentences.py`). Only what means something else here is said
here. Times are in the zone of the shop: `position_of` notes it in the request.
"""

import msgspec
from litestar import Response
from litestar.types import ExceptionHandlersMap

from api.messages import AppRequest
from api.pages.answers import local_now, problem_response
from api.pages.page_words import PageName
from api.pages.shell import words_for_request
from api.problems import problem_of
from api.refusals import BodyTooLarge, RateLimited
from api.request_log import request_log_of
from loyalty_app.customers.refusal_sentences import sentence_of
from loyalty_app.observability.metrics import count_refusal
from loyalty_app.words import N_
from loyalty_core import errors
from loyalty_core.errors import InvalidRequest, LoyaltyError

SENTENCES: dict[type[LoyaltyError], str] = {
    errors.NotOnStaff: N_("You are not on the staff of this shop (any more). Ask its owner for an invitation."),
    errors.IdempotencyKeyReused: N_("That was sent before, and in another way. Please scan the card again."),
    errors.Busy: N_("The server cannot save this just now. The page tries again by itself."),
    BodyTooLarge: N_("A picture of the camera may have 30 KB at most."),
    RateLimited: N_("That was too much at once. The page tries again by itself."),
}

FIELDS: dict[str, str] = {
    "/code": N_("That is no customer's card. Scan the square code on a card of your shop."),
    "/branch_id": N_("That branch is gone. Choose another one above, and scan the card again."),
    "/waited_seconds": N_("This scan is older than 7 days, so it cannot be booked any more."),
}
"""What is wrong with a field of a scan."""


def tell(request: AppRequest, refusal: LoyaltyError) -> Response[bytes]:
    """Answer a refusal with its sentence: Litestar's handler."""
    count_refusal("pages", refusal.code)
    words = words_for_request(request, PageName.SCAN)
    own = _own_sentence(refusal)
    says = words.plain(own) if own else sentence_of(words, refusal, local_now(request))
    problem = problem_of(refusal, request_log_of(request.scope).request_id)
    return problem_response(msgspec.structs.replace(problem, detail=says))


def _own_sentence(refusal: LoyaltyError) -> str | None:
    if isinstance(refusal, InvalidRequest):
        return next((FIELDS[fault.pointer] for fault in refusal.errors if fault.pointer in FIELDS), None)
    return SENTENCES.get(type(refusal))


IN_WORDS: ExceptionHandlersMap = {LoyaltyError: tell}
"""What each handler of the scanner is given."""
