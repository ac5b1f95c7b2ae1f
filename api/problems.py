"""Problems: every refusal as RFC 9457 application/problem+json, with its status, and without internal details.

STATUS is the whole mapping; a test walks all refusals so that none is forgotten.
"""

import logging

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException

from api import refusals
from api.messages import RequestLike
from api.request_log import request_log_of
from loyalty_app.observability.metrics import count_refusal
from loyalty_core import errors
from loyalty_core.errors import FieldError, LoyaltyError

MEDIA_TYPE = "application/problem+json"
TYPE = "/docs#"

STATUS: dict[type[LoyaltyError], int] = {
    errors.InvalidRequest: 400,
    refusals.MalformedJson: 400,
    errors.PageTooDeep: 400,
    errors.InvalidCursor: 400,
    refusals.MissingApiKey: 401,
    errors.InvalidApiKey: 401,
    errors.PlanRequired: 403,
    errors.ScopeRequired: 403,
    errors.NotOnStaff: 403,
    errors.RoleRequired: 403,
    refusals.NotFound: 404,
    errors.CustomerNotFound: 404,
    errors.RewardNotFound: 404,
    errors.TransactionNotFound: 404,
    errors.WebhookNotFound: 404,
    refusals.ImportNotFound: 404,
    refusals.MethodNotAllowed: 405,
    refusals.BodyTooLarge: 413,
    refusals.UnsupportedMediaType: 415,
    errors.CustomerExists: 409,
    errors.CustomerLimitReached: 409,
    errors.StampTooSoon: 409,
    errors.DailyCapReached: 409,
    errors.NoRewardAvailable: 409,
    errors.RewardAlreadyRedeemed: 409,
    errors.RewardExpired: 409,
    errors.AlreadyVoided: 409,
    errors.VoidRefused: 409,
    errors.OrderRefUsed: 409,
    errors.WebhookLimitReached: 409,
    errors.CardInUse: 409,
    errors.InviteInvalid: 409,
    errors.LastOwner: 409,
    errors.ShopLimitReached: 409,
    errors.IdempotencyKeyReused: 422,
    refusals.RateLimited: 429,
    refusals.InternalError: 500,
    errors.Busy: 503,
}

HTTP_REFUSALS: dict[int, type[LoyaltyError]] = {
    400: refusals.MalformedJson,
    404: refusals.NotFound,
    405: refusals.MethodNotAllowed,
    413: refusals.BodyTooLarge,
}

log = logging.getLogger(__name__)


class Problem(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A refusal on the wire. `errors` names the fields that are wrong, by JSON pointer."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: tuple[FieldError, ...] = ()


def problem_of(refusal: LoyaltyError, request_id: str) -> Problem:
    """The problem that the API sends for a refusal."""
    return Problem(
        type=f"{TYPE}{refusal.code}",
        title=refusal.title,
        status=STATUS[type(refusal)],
        detail=str(refusal),
        code=refusal.code,
        request_id=request_id,
        errors=refusal.errors if isinstance(refusal, errors.InvalidRequest) else (),
    )


def answer_refusal(request: RequestLike, refusal: LoyaltyError) -> Response[bytes]:
    """Answer a refusal: Litestar's handler."""
    count_refusal("api", refusal.code)
    problem = problem_of(refusal, request_log_of(request.scope).request_id)
    return Response(
        content=msgspec.json.encode(problem),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=_headers(refusal, problem.status),
    )


def _headers(refusal: LoyaltyError, status: int) -> dict[str, str]:
    headers = {"WWW-Authenticate": "Bearer"} if status == STATUS[errors.InvalidApiKey] else {}
    if isinstance(refusal, refusals.RateLimited | errors.Busy):
        headers["Retry-After"] = str(refusal.retry_after)
    return headers


def answer_http(request: RequestLike, error: HTTPException) -> Response[bytes]:
    """Answer Litestar's own exceptions, most of them from routing; internal details stay out of the answer."""
    refusal = HTTP_REFUSALS.get(error.status_code, refusals.InternalError)
    if refusal is refusals.InternalError:
        return answer_failure(request, error)
    response = answer_refusal(request, refusal())
    response.headers.update(error.headers or {})
    return response


def answer_failure(request: RequestLike, error: Exception) -> Response[bytes]:
    """Answer everything else: the log gets the traceback, the caller the id to ask for it."""
    log.error("request %s failed", request_log_of(request.scope).request_id, exc_info=error)
    return answer_refusal(request, refusals.InternalError())
