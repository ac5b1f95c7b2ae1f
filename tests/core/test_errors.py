"""The law-book of refusals: each has a code for machines, and a title and a sentence for people."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from loyalty_core import errors, several_programs
from loyalty_core.errors import FieldError, InvalidRequest, LoyaltyError, StampTooSoon
from loyalty_core.time_limits import clock_time, time_span
from testkit.builders import NOON, at

LISTED = set(
    """
    invalid_request malformed_json page_too_deep invalid_cursor missing_api_key invalid_api_key plan_required
    scope_required not_found customer_not_found reward_not_found transaction_not_found webhook_not_found
    method_not_allowed body_too_large unsupported_media_type customer_exists customer_limit_reached stamp_too_soon
    daily_cap_reached no_reward_available reward_already_redeemed reward_expired already_voided void_refused
    order_ref_used webhook_limit_reached idempotency_key_reused rate_limited busy
    not_on_staff role_required card_in_use invite_invalid last_owner shop_limit_reached precondition_failed
    rotating_code_required code_expired code_used merge_refused shop_moved shop_closed
    program_not_found program_archived main_program_needed program_limit_reached
    """.split()  # noqa: SIM905 - the table of the contract, row by row
)

ONE_OF_EACH = (
    InvalidRequest.field("name", "must be a text"),
    errors.PageTooDeep(10_000),
    errors.InvalidCursor(),
    errors.InvalidApiKey(),
    errors.PlanRequired("basic"),
    errors.ScopeRequired("stamps:write"),
    errors.CustomerNotFound(),
    errors.RewardNotFound(4),
    errors.TransactionNotFound(5),
    errors.CustomerExists(6),
    errors.CustomerLimitReached(25),
    StampTooSoon(at("11:54"), at("12:10"), NOON, "Ana"),
    errors.DailyCapReached(3, 2, at("00:00", day="2026-03-03"), NOON),
    errors.RotatingCodeRequired(),
    errors.CodeExpired(),
    errors.CodeUsed(),
    errors.NoRewardAvailable(),
    errors.RewardAlreadyRedeemed(4, at("11:00"), NOON),
    errors.RewardExpired(4, at("11:00")),
    errors.AlreadyVoided(5, 6),
    errors.VoidRefused("Only the shop can undo this.", errors.VoidBar.NOT_THE_SHOP),
    errors.MergeRefused("That was long ago.", errors.MergeBar.TOO_LATE),
    errors.OrderRefUsed("A-17", 5),
    errors.WebhookNotFound(5),
    several_programs.ProgramNotFound(12),
    errors.WebhookLimitReached(20),
    several_programs.ProgramArchived(12),
    several_programs.MainProgramNeeded(12),
    several_programs.ProgramLimitReached(10),
    errors.NotOnStaff(),
    errors.RoleRequired("manager"),
    errors.CardInUse(),
    errors.InviteInvalid(),
    errors.LastOwner(),
    errors.ShopLimitReached(5),
    errors.PreconditionFailed(9),
    errors.IdempotencyKeyReused(),
    errors.ShopMoved("https://loyalty.example.com"),
    errors.ShopClosed(),
    errors.Busy(),
)


def kinds(of: type[LoyaltyError] = LoyaltyError) -> Iterator[type[LoyaltyError]]:
    """All refusals of the core, however deep."""
    for kind in of.__subclasses__():
        if kind.__module__.startswith("loyalty_core"):
            yield kind
        yield from kinds(kind)


def test_the_examples_here_are_one_of_each_kind() -> None:
    assert sorted(type(refusal).__name__ for refusal in ONE_OF_EACH) == sorted(kind.__name__ for kind in kinds())


def test_no_two_kinds_share_a_code() -> None:
    codes = [kind.code for kind in kinds()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("refusal", ONE_OF_EACH, ids=lambda refusal: refusal.code)
def test_every_code_is_one_that_integrators_were_told(refusal: LoyaltyError) -> None:
    assert refusal.code in LISTED


@pytest.mark.parametrize("refusal", ONE_OF_EACH, ids=lambda refusal: refusal.code)
def test_every_refusal_has_a_title_without_a_full_stop_and_a_sentence_with_one(refusal: LoyaltyError) -> None:
    assert refusal.title
    assert "\n" not in refusal.title
    assert not refusal.title.endswith(".")
    assert str(refusal).endswith(".")
    assert str(refusal)[0].isupper() or isinstance(refusal, InvalidRequest)


def test_a_code_is_the_name_of_its_class_in_snake_case() -> None:
    assert (StampTooSoon.code, errors.InvalidApiKey.code, errors.Busy.code) == (
        "stamp_too_soon",
        "invalid_api_key",
        "busy",
    )


def test_the_title_is_the_same_for_every_instance() -> None:
    assert errors.RewardNotFound(1).title == errors.RewardNotFound(2).title == "No such reward"


def test_a_sentence_names_every_wrong_field_without_its_slash() -> None:
    refusal = InvalidRequest(FieldError("/stamps", "must be a number"), FieldError("/actor/name", "must be a text"))
    assert str(refusal) == "stamps: must be a number. actor/name: must be a text."
    assert [error.pointer for error in refusal.errors] == ["/stamps", "/actor/name"]


def test_an_error_of_the_whole_request_is_said_of_the_request() -> None:
    assert str(InvalidRequest(FieldError("", "must be an object"))) == "The request: must be an object."


@pytest.mark.parametrize(
    ("refusal", "sentence"),
    [
        (
            errors.CustomerExists(6),
            "Customer 6 of this shop already has that phone number. Look them up instead of adding them.",
        ),
        (
            errors.TransactionNotFound(5),
            "This shop has no transaction 5. The list of transactions shows those that there are.",
        ),
        (
            errors.OrderRefUsed("A-17", 5),
            "Order A-17 was already stamped, in transaction 5. If it is another order, its number must differ.",
        ),
        (StampTooSoon(NOON, at("12:10"), NOON, None), "Already stamped 0 seconds ago; next stamp at 12:10."),
        (
            errors.CustomerLimitReached(25),
            "The trial holds 25 customers, and all places are taken. Choose another plan to add more.",
        ),
        (
            errors.PageTooDeep(10_000),
            (
                "Pages reach the first 10,000 rows only. Go on with the cursor parameter: "
                "each answer carries the next one in pagination.next_cursor."
            ),
        ),
        (
            errors.Busy(5),
            (
                "More requests came at once than this server can serve, and this one was not begun: "
                "try again in 5 s, with the same Idempotency-Key if there was one."
            ),
        ),
    ],
    ids=lambda value: getattr(value, "code", ""),
)
def test_a_sentence_says_what_a_shopkeeper_needs(refusal: LoyaltyError, sentence: str) -> None:
    assert str(refusal) == sentence


def test_who_is_told_to_come_back_is_told_what_failed_and_since_when() -> None:
    said = str(errors.Busy(5, errors.BusyReason.AWAY, NOON))
    assert said == (
        "The database of this server does not answer since 12:00:00 UTC, and nothing was changed: "
        "try again in 5 s, with the same Idempotency-Key if there was one."
    )
    assert len({str(errors.Busy(5, reason)) for reason in errors.BusyReason}) == len(errors.BusyReason)


def test_the_figures_of_a_refusal_are_its_attributes() -> None:
    assert errors.PageTooDeep(10_000).deepest == 10_000
    assert errors.RewardNotFound(4).reward_id == 4
    assert errors.TransactionNotFound(5).transaction_id == 5
    assert errors.CustomerExists(6).customer_id == 6
    assert errors.Busy().retry_after == 1
    used, gone = errors.OrderRefUsed("A-17", 5), errors.RewardExpired(4, NOON)
    assert (used.order_ref, used.transaction_id, gone.reward_id, gone.expires_at) == ("A-17", 5, 4, NOON)
    twice = errors.RewardAlreadyRedeemed(4, at("11:00"), NOON)
    assert (twice.reward_id, twice.redeemed_at) == (4, at("11:00"))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 seconds"),
        (0, "0 seconds"),
        (1, "1 second"),
        (1.9, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (119, "1 minute"),
        (120, "2 minutes"),
        (3_599, "59 minutes"),
        (3_600, "1 hour"),
        (7_200, "2 hours"),
        (86_399, "23 hours"),
        (86_400, "1 day"),
        (172_800, "2 days"),
    ],
)
def test_a_span_is_said_in_its_largest_whole_unit(seconds: float, words: str) -> None:
    assert time_span(timedelta(seconds=seconds)) == words


def test_a_time_of_today_is_said_without_its_date() -> None:
    assert clock_time(at("09:05"), NOON) == "09:05"


def test_a_time_of_another_day_is_said_with_its_date() -> None:
    assert clock_time(at("09:05", day="2026-04-01"), NOON) == "2026-04-01 09:05"
