"""One worked example of every refusal, as the API would send it. A test checks that none is missing."""

from datetime import timedelta

from api import examples, refusals
from api.problems import Problem, problem_of
from loyalty_core import errors, several_programs
from loyalty_core.errors import LoyaltyError

NOW = examples.NOW

EXAMPLES: tuple[LoyaltyError, ...] = (
    errors.InvalidRequest.field("stamps", "must be a whole number from 1 to 10"),
    refusals.MalformedJson(),
    errors.PageTooDeep(10_000),
    errors.InvalidCursor(),
    refusals.MissingApiKey(),
    errors.InvalidApiKey(),
    errors.PlanRequired("basic"),
    errors.ScopeRequired("stamps:write"),
    errors.NotOnStaff(),
    errors.RoleRequired("manager"),
    refusals.NotFound(),
    errors.CustomerNotFound(),
    errors.RewardNotFound(7),
    errors.TransactionNotFound(1001),
    errors.WebhookNotFound(5),
    several_programs.ProgramNotFound(12),
    refusals.ImportNotFound(11),
    refusals.MethodNotAllowed(),
    errors.CustomerExists(42),
    errors.CustomerLimitReached(25),
    errors.StampTooSoon(NOW, NOW + timedelta(minutes=30), NOW + timedelta(minutes=6), "Ana"),
    errors.DailyCapReached(10, 9, NOW.replace(hour=0, minute=0) + timedelta(days=1), NOW),
    errors.RotatingCodeRequired(),
    errors.CodeExpired(),
    errors.CodeUsed(),
    errors.NoRewardAvailable(7, NOW),
    errors.RewardAlreadyRedeemed(7, NOW, NOW + timedelta(minutes=5)),
    errors.RewardExpired(7, NOW),
    errors.AlreadyVoided(1001, 1003),
    errors.VoidRefused(
        "Undoing this would take back reward 7, which was already handed out. Undo its redemption first.",
        errors.VoidBar.REWARD_HANDED_OUT,
        transaction_id=1001,
        reward_id=7,
    ),
    errors.MergeRefused(
        "The common card would take back reward 7, which was already handed out or has expired.",
        errors.MergeBar.REWARD_HANDED_OUT,
        reward_id=7,
    ),
    errors.OrderRefUsed("till-1-2026-03-02-000123", 1001),
    errors.WebhookLimitReached(20),
    several_programs.ProgramArchived(12),
    several_programs.MainProgramNeeded(12),
    several_programs.ProgramLimitReached(10),
    errors.CardInUse(),
    errors.InviteInvalid(),
    errors.LastOwner(),
    errors.ShopLimitReached(5),
    refusals.MalformedRequest(),
    refusals.RequestTimedOut(),
    refusals.BodyTooLarge(),
    refusals.UriTooLong(8 * 1024),
    refusals.HeadersTooLarge(32 * 1024, 100),
    refusals.UnsupportedMediaType(),
    errors.PreconditionFailed(9),
    errors.IdempotencyKeyReused(),
    refusals.RateLimited(1200),
    refusals.InternalError(),
    errors.ShopMoved("https://loyalty.example.com"),
    errors.ShopClosed(),
    errors.Busy(),
)

IN_THE_CHAT = frozenset(
    ("not_on_staff", "role_required", "card_in_use", "invite_invalid", "last_owner", "shop_limit_reached")
)
"""Codes of refusals that no request over HTTP meets."""


def example_problems() -> dict[str, Problem]:
    """Code → the problem as it is sent."""
    return {refusal.code: problem_of(refusal, "0f6c1d0a9be54c3a8d21") for refusal in EXAMPLES}
