"""A class for each code of a refusal, made from the reference by `make sdks`. Change nothing here."""

from loyaltyloop.errors import ApiError


class AlreadyVoided(ApiError):
    """The transaction was already undone."""


class BodyTooLarge(ApiError):
    """The body is too large."""


class Busy(ApiError):
    """It cannot be done right now."""


class CodeExpired(ApiError):
    """The code is old."""


class CodeUsed(ApiError):
    """The code was used already."""


class CustomerExists(ApiError):
    """A customer with that phone number exists."""


class CustomerLimitReached(ApiError):
    """The plan's customer limit is reached."""


class CustomerNotFound(ApiError):
    """No such customer."""


class DailyCapReached(ApiError):
    """No more stamps for this customer on that day."""


class IdempotencyKeyReused(ApiError):
    """The idempotency key belongs to another request."""


class ImportNotFound(ApiError):
    """No such import."""


class InternalError(ApiError):
    """Something went wrong on our side."""


class InvalidApiKey(ApiError):
    """The API key is not valid."""


class InvalidCursor(ApiError):
    """That cursor is not one of ours."""


class InvalidRequest(ApiError):
    """Some of the input is not valid."""


class MainProgramNeeded(ApiError):
    """The main program stays."""


class MalformedJson(ApiError):
    """The body is not valid JSON."""


class MergeRefused(ApiError):
    """These cards cannot be merged, or not be separated."""


class MissingApiKey(ApiError):
    """An API key is needed."""


class NoRewardAvailable(ApiError):
    """There is no reward to redeem."""


class OrderRefUsed(ApiError):
    """That order was already stamped."""


class PageTooDeep(ApiError):
    """That page is too deep."""


class PlanRequired(ApiError):
    """The plan does not include the API."""


class PreconditionFailed(ApiError):
    """It was changed meanwhile."""


class ProgramArchived(ApiError):
    """The program is archived."""


class ProgramLimitReached(ApiError):
    """The limit of programs is reached."""


class ProgramNotFound(ApiError):
    """No such program."""


class RateLimited(ApiError):
    """Too many requests."""


class RewardAlreadyRedeemed(ApiError):
    """The reward was already redeemed."""


class RewardExpired(ApiError):
    """The reward has expired."""


class RewardNotFound(ApiError):
    """No such reward."""


class RotatingCodeRequired(ApiError):
    """The code that changes is needed."""


class ScopeRequired(ApiError):
    """The API key lacks a scope."""


class ShopClosed(ApiError):
    """The shop has closed here for good."""


class ShopMoved(ApiError):
    """The shop has moved."""


class StampTooSoon(ApiError):
    """Already stamped a moment ago."""


class TransactionNotFound(ApiError):
    """No such transaction."""


class UnsupportedMediaType(ApiError):
    """The body is not declared as JSON."""


class VoidRefused(ApiError):
    """That cannot be undone."""


class WebhookLimitReached(ApiError):
    """The limit of webhooks is reached."""


class WebhookNotFound(ApiError):
    """No such webhook."""


BY_CODE: dict[str, type[ApiError]] = {
    "already_voided": AlreadyVoided,
    "body_too_large": BodyTooLarge,
    "busy": Busy,
    "code_expired": CodeExpired,
    "code_used": CodeUsed,
    "customer_exists": CustomerExists,
    "customer_limit_reached": CustomerLimitReached,
    "customer_not_found": CustomerNotFound,
    "daily_cap_reached": DailyCapReached,
    "idempotency_key_reused": IdempotencyKeyReused,
    "import_not_found": ImportNotFound,
    "internal_error": InternalError,
    "invalid_api_key": InvalidApiKey,
    "invalid_cursor": InvalidCursor,
    "invalid_request": InvalidRequest,
    "main_program_needed": MainProgramNeeded,
    "malformed_json": MalformedJson,
    "merge_refused": MergeRefused,
    "missing_api_key": MissingApiKey,
    "no_reward_available": NoRewardAvailable,
    "order_ref_used": OrderRefUsed,
    "page_too_deep": PageTooDeep,
    "plan_required": PlanRequired,
    "precondition_failed": PreconditionFailed,
    "program_archived": ProgramArchived,
    "program_limit_reached": ProgramLimitReached,
    "program_not_found": ProgramNotFound,
    "rate_limited": RateLimited,
    "reward_already_redeemed": RewardAlreadyRedeemed,
    "reward_expired": RewardExpired,
    "reward_not_found": RewardNotFound,
    "rotating_code_required": RotatingCodeRequired,
    "scope_required": ScopeRequired,
    "shop_closed": ShopClosed,
    "shop_moved": ShopMoved,
    "stamp_too_soon": StampTooSoon,
    "transaction_not_found": TransactionNotFound,
    "unsupported_media_type": UnsupportedMediaType,
    "void_refused": VoidRefused,
    "webhook_limit_reached": WebhookLimitReached,
    "webhook_not_found": WebhookNotFound,
}
