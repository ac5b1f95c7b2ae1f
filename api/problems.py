"""Problems: every refusal as RFC 9457 application/problem+json, with its status, and without internal details.

STATUS is the whole mapping; a test walks all refusals so that none is forgotten. What a refusal knows besides its
sentence is a member of the problem: any attribute of it that has the name of one of FACTS.
"""

import logging
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException, MethodNotAllowedException
from msgspec import UNSET, Meta, UnsetType

from api import refusals
from api.messages import RequestLike
from api.request_log import request_log_of
from loyalty_app.observability.metrics import count_refusal
from loyalty_core import errors, several_programs
from loyalty_core.errors import FieldError, LoyaltyError
from loyalty_core.fields import LARGEST_ID
from loyalty_core.outcomes import Stamped
from loyalty_core.views import utc

MEDIA_TYPE = "application/problem+json"
TYPE = "/docs#"

STATUS: dict[type[LoyaltyError], int] = {
    errors.InvalidRequest: 400,
    refusals.MalformedJson: 400,
    refusals.MalformedRequest: 400,
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
    several_programs.ProgramNotFound: 404,
    refusals.ImportNotFound: 404,
    refusals.MethodNotAllowed: 405,
    refusals.RequestTimedOut: 408,
    refusals.BodyTooLarge: 413,
    refusals.UriTooLong: 414,
    refusals.HeadersTooLarge: 431,
    refusals.UnsupportedMediaType: 415,
    errors.CustomerExists: 409,
    errors.CustomerLimitReached: 409,
    errors.StampTooSoon: 409,
    errors.DailyCapReached: 409,
    errors.RotatingCodeRequired: 409,
    errors.CodeExpired: 409,
    errors.CodeUsed: 409,
    errors.NoRewardAvailable: 409,
    errors.RewardAlreadyRedeemed: 409,
    errors.RewardExpired: 409,
    errors.AlreadyVoided: 409,
    errors.VoidRefused: 409,
    errors.MergeRefused: 409,
    errors.OrderRefUsed: 409,
    errors.WebhookLimitReached: 409,
    several_programs.ProgramArchived: 409,
    several_programs.MainProgramNeeded: 409,
    several_programs.ProgramLimitReached: 409,
    errors.CardInUse: 409,
    errors.InviteInvalid: 409,
    errors.LastOwner: 409,
    errors.ShopLimitReached: 409,
    errors.ShopMoved: 410,
    errors.ShopClosed: 410,
    errors.PreconditionFailed: 412,
    errors.IdempotencyKeyReused: 422,
    refusals.RateLimited: 429,
    refusals.InternalError: 500,
    errors.Busy: 503,
}

HTTP_REFUSALS: dict[int, type[LoyaltyError]] = {
    400: refusals.MalformedRequest,
    404: refusals.NotFound,
    405: refusals.MethodNotAllowed,
    413: refusals.BodyTooLarge,
}

log = logging.getLogger(__name__)


Known: TypeAlias = Annotated[int, Meta(ge=1, le=LARGEST_ID)]
Count: TypeAlias = Annotated[int, Meta(ge=0)]


class RefusalReason(StrEnum):
    """Why an undo or a merge is refused: the values of `VoidBar` and `MergeBar`, which are one list on the wire."""

    NO_STAMP_OR_REDEMPTION = "no_stamp_or_redemption"
    NOT_THE_SHOP = "not_the_shop"
    NOT_THEIR_OWN = "not_their_own"
    TOO_LATE = "too_late"
    REWARD_HANDED_OUT = "reward_handed_out"
    MORE_THAN_LEFT = "more_than_left"
    ALREADY_MERGED = "already_merged"
    NOT_MERGED = "not_merged"
    STAMPED_SINCE = "stamped_since"


class Problem(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A refusal on the wire. `errors` names the fields that are wrong, by JSON pointer.

    The members after it are sent where the refusal knows them.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: tuple[FieldError, ...] = ()
    customer_id: Annotated[Known, Meta(description="The customer who has the phone number.")] | UnsetType = UNSET
    transaction_id: (
        Annotated[Known, Meta(description="The entry of the ledger that the refusal is about.")] | UnsetType
    ) = UNSET
    voided_by: Annotated[Known, Meta(description="The entry that undid it before.")] | UnsetType = UNSET
    reward_id: Annotated[Known, Meta(description="The reward that the refusal is about.")] | UnsetType = UNSET
    webhook_id: Annotated[Known, Meta(description="The webhook that is not there.")] | UnsetType = UNSET
    program_id: Annotated[Known, Meta(description="The program that the refusal is about.")] | UnsetType = UNSET
    import_id: Annotated[Known, Meta(description="The import that is not there.")] | UnsetType = UNSET
    order_ref: Annotated[str, Meta(description="The order that was stamped before.")] | UnsetType = UNSET
    next_at: Annotated[datetime, Meta(description="When the next stamp is possible.")] | UnsetType = UNSET
    last_at: Annotated[datetime, Meta(description="When the last stamp was given.")] | UnsetType = UNSET
    by: Annotated[str, Meta(description="Who gave it.")] | UnsetType = UNSET
    redeemed_at: Annotated[datetime, Meta(description="When the reward was handed out.")] | UnsetType = UNSET
    expires_at: Annotated[datetime, Meta(description="Until when it could be redeemed.")] | UnsetType = UNSET
    retry_after: Annotated[Count, Meta(description="Seconds to wait, as in the header Retry-After.")] | UnsetType = (
        UNSET
    )
    version: Annotated[Known, Meta(description="The version that is there now.")] | UnsetType = UNSET
    limit: (
        Annotated[Count, Meta(description="The most there can be: stamps a day, customers, webhooks …")] | UnsetType
    ) = UNSET
    given: Annotated[Count, Meta(description="How many stamps the customer has today.")] | UnsetType = UNSET
    deepest: Annotated[Count, Meta(description="The last row that pages by number reach.")] | UnsetType = UNSET
    moved_to: Annotated[str, Meta(description="Where the shop is now.")] | UnsetType = UNSET
    plan: Annotated[str, Meta(description="The plan of the shop.")] | UnsetType = UNSET
    scope: Annotated[str, Meta(description="The scope that the key lacks.")] | UnsetType = UNSET
    bar: Annotated[RefusalReason, Meta(description="Why it cannot be undone or merged, for programs.")] | UnsetType = (
        msgspec.field(name="reason", default=UNSET)
    )


class BatchOutcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one item of a batch: what a single request would have got, the outcome or the problem.

    `idempotency_key` is the item's. `replayed` says that it was stamped before, and not again.
    """

    status: int
    idempotency_key: str | UnsetType = UNSET
    replayed: bool | UnsetType = UNSET
    outcome: Stamped | UnsetType = UNSET
    problem: Problem | UnsetType = UNSET


_HEAD = 7
FACTS = Problem.__struct_fields__[_HEAD:]
"""The attributes of refusals that are sent, by their names there."""


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
        **facts_of(refusal),
    )


def facts_of(refusal: LoyaltyError) -> dict[str, Any]:
    """What a refusal knows, by the names of FACTS; times in UTC, as all on the wire."""
    known = {name: value for name in FACTS if (value := getattr(refusal, name, None)) is not None}
    return {name: utc(value) if isinstance(value, datetime) else value for name, value in known.items()}


def answer_refusal(request: RequestLike, refusal: LoyaltyError) -> Response[bytes]:
    """Answer a refusal: Litestar's handler."""
    count_refusal("api", refusal.code)
    problem = problem_of(refusal, request_log_of(request.scope).request_id)
    return Response(
        content=msgspec.json.encode(problem),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=_headers(problem),
    )


def _headers(problem: Problem) -> dict[str, str]:
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == STATUS[errors.InvalidApiKey] else {}
    if problem.retry_after is not UNSET:
        headers["Retry-After"] = str(problem.retry_after)
    return headers


def answer_http(request: RequestLike, error: HTTPException) -> Response[bytes]:
    """Answer Litestar's own exceptions, most of them from routing; internal details stay out of the answer."""
    refusal = HTTP_REFUSALS.get(error.status_code, refusals.InternalError)
    if refusal is refusals.InternalError:
        return answer_failure(request, error)
    response = answer_refusal(request, refusal())
    if isinstance(error, MethodNotAllowedException):
        response.headers["Allow"] = allowed_at(error)
    return response


def allowed_at(error: MethodNotAllowedException) -> str:
    """The header Allow for an address whose routes do not take a method."""
    return allowed((error.headers or {}).get("allow", ""))


def allowed(methods: str) -> str:
    """The header Allow for the methods of an address: where GET is taken, HEAD is, and OPTIONS is everywhere."""
    named = {*methods.replace(" ", "").split(",")} - {""} | {"OPTIONS"}
    return ", ".join(sorted(named | ({"HEAD"} if "GET" in named else set())))


def answer_failure(request: RequestLike, error: Exception) -> Response[bytes]:
    """Answer everything else."""
    return answer_refusal(request, failure_of(request, error))


def failure_of(request: RequestLike, error: Exception) -> refusals.InternalError:
    """The refusal for everything else: the log gets the traceback, the caller the id to ask for it."""
    log.error("request %s failed", request_log_of(request.scope).request_id, exc_info=error)
    return refusals.InternalError()
