"""Answers to refusals, in the language of the request: a page for a person, problem+json for a script.

What lies below `/api/`, and the session, is asked for by scripts. Times are by the clock of the shop, which a handler
notes in the request.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.response import Template
from litestar.types import ExceptionHandlersMap

from api.messages import AppRequest, runtime_of
from api.pages.page_words import PageName
from api.pages.refusals import PageRefusal, UnknownPage
from api.pages.shell import WebPage, page_response, words_for_request
from api.problems import HTTP_REFUSALS, MEDIA_TYPE, Problem, answer_http, failure_of, problem_of
from api.refusals import BodyTooLarge, InternalError, NotFound, RateLimited
from api.request_log import request_log_of
from loyalty_app.customers.refusal_sentences import sentence_of
from loyalty_app.observability.metrics import count_refusal
from loyalty_app.words import N_, Words
from loyalty_core.errors import LoyaltyError, ShopClosed, ShopMoved

NOT_FOUND = 404
SCRIPTS = ("/api/", "/session")
NOT_DONE = N_("That did not work.")
TRY_AGAIN = N_("Please try again in a moment.")

HTTP_SENTENCES = {
    RateLimited: N_("There were too many tries."),
    BodyTooLarge: N_("That is too large to be sent."),
}


def local_now(request: AppRequest) -> datetime:
    """What time it is by the clock of the shop whose zone a handler noted in the request; in UTC if none did."""
    zone: tzinfo = request.state.get("zone", UTC)
    return runtime_of(request).clock().astimezone(zone)


def for_script(request: AppRequest) -> bool:
    """Whether a script asks, and not a person who opens an address."""
    return any(part in request.scope["path"] for part in SCRIPTS)


def answer_page_refusal(request: AppRequest, refusal: PageRefusal) -> Response[bytes] | Template:
    """Answer what only pages refuse: Litestar's handler."""
    count_refusal("pages", refusal.code)
    words = words_for_request(request, PageName.SHELL)
    says, then = words.plain(refusal.says), words.plain(refusal.then)
    if not for_script(request):
        return _page(request, refusal.status, says, then)
    problem = Problem(
        type=f"/docs#{refusal.code}",
        title=(type(refusal).__doc__ or "").rstrip("."),
        status=refusal.status,
        detail=f"{says} {then}",
        code=refusal.code,
        request_id=request_log_of(request.scope).request_id,
    )
    return problem_response(problem)


def answer_refusal_on_page(request: AppRequest, refusal: LoyaltyError) -> Response[bytes] | Template:
    """Answer what the rules refuse: Litestar's handler."""
    count_refusal("pages", refusal.code)
    words = words_for_request(request, PageName.SHELL)
    problem = problem_of(refusal, request_log_of(request.scope).request_id)
    says, then = _sentence(words, refusal, local_now(request)), _then(words, refusal)
    if not for_script(request):
        return _page(request, problem.status, says, then, waiting(problem))
    detail = f"{says} {then}" if isinstance(refusal, RateLimited) else says
    return problem_response(msgspec.structs.replace(problem, detail=detail))


def _sentence(words: Words, refusal: LoyaltyError, now: datetime) -> str:
    """What a refusal of the rules says, as in the chat; one of HTTP's says no more than what to do."""
    if type(refusal).__module__ == LoyaltyError.__module__:
        return sentence_of(words, refusal, now)
    return words.plain(HTTP_SENTENCES.get(type(refusal), NOT_DONE))


def _then(words: Words, refusal: LoyaltyError) -> str:
    if isinstance(refusal, RateLimited):
        return words.plain_count(
            "Please try again in {n} second.", "Please try again in {n} seconds.", refusal.retry_after
        )
    return "" if isinstance(refusal, ShopMoved | ShopClosed) else words.plain(TRY_AGAIN)


def answer_http_on_page(request: AppRequest, error: HTTPException) -> Response[bytes] | Template:
    """Answer Litestar's own exceptions: Litestar's handler."""
    refusal = HTTP_REFUSALS.get(error.status_code, InternalError)
    if refusal is NotFound:
        return answer_page_refusal(request, UnknownPage())
    return (
        answer_failure_on_page(request, error)
        if refusal is InternalError
        else answer_refusal_on_page(request, refusal())
    )


def answer_failure_on_page(request: AppRequest, error: Exception) -> Response[bytes] | Template:
    """Answer everything else; the log gets the traceback: Litestar's handler."""
    return answer_refusal_on_page(request, failure_of(request, error))


def problem_response(problem: Problem) -> Response[bytes]:
    """A refusal for a script."""
    return Response(
        msgspec.json.encode(problem), status_code=problem.status, media_type=MEDIA_TYPE, headers=waiting(problem)
    )


def waiting(problem: Problem) -> dict[str, str]:
    """The header Retry-After, where somebody has to wait."""
    return {} if problem.retry_after is msgspec.UNSET else {"Retry-After": str(problem.retry_after)}


def _page(request: AppRequest, status: int, says: str, then: str, headers: Mapping[str, str] = {}) -> Template:
    page = WebPage(
        name=PageName.SHELL,
        title=says,
        bot_id=None,
        template="refusal.html",
        context={"says": says, "then": then},
        status=status,
        headers=headers,
    )
    return page_response(request, page)


def answer_http_unrouted(request: AppRequest, error: HTTPException) -> Response[bytes] | Template:
    """Answer Litestar's own exceptions where no route was found: an unknown address as a page, the rest as a script."""
    return (answer_http_on_page if error.status_code == NOT_FOUND else answer_http)(request, error)


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    PageRefusal: answer_page_refusal,
    LoyaltyError: answer_refusal_on_page,
    HTTPException: answer_http_on_page,
    Exception: answer_failure_on_page,
}
