"""Replies: every refusal that can reach the chat has its own sentence, in every language."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bots.words import LANGUAGES, reply, words_for
from loyalty_app.customers.refusal_sentences import BARS, MERGE_BARS, REPLIES, ROLES_REQUIRED, SENTENCES
from loyalty_core import errors, several_programs
from loyalty_core.access import Role
from loyalty_core.errors import FieldError, LoyaltyError, MergeBar, VoidBar
from loyalty_core.time_limits import AskedStamps
from testkit.builders import NEW_YORK, NOON

# Refusals of the API alone: pages, keys, webhooks, orders of a till.
NEVER_IN_A_CHAT = {
    errors.InvalidApiKey,
    errors.InvalidCursor,
    errors.OrderRefUsed,
    errors.PageTooDeep,
    errors.PreconditionFailed,
    errors.ScopeRequired,
    errors.WebhookLimitReached,
    errors.WebhookNotFound,
}

EARLIER, LATER = NOON - timedelta(minutes=6), NOON + timedelta(minutes=54)

REFUSALS: list[LoyaltyError] = [
    errors.InvalidRequest(FieldError("/name", "must be a text")),
    errors.PlanRequired("trial"),
    errors.NotOnStaff(),
    *(errors.RoleRequired(role) for role in Role),
    errors.CustomerNotFound(),
    errors.RewardNotFound(7),
    several_programs.ProgramNotFound(7),
    several_programs.ProgramArchived(7),
    several_programs.MainProgramNeeded(7),
    several_programs.ProgramLimitReached(10),
    errors.TransactionNotFound(7),
    errors.CustomerExists(7),
    errors.CardInUse(),
    errors.InviteInvalid(),
    errors.LastOwner(),
    errors.ShopLimitReached(5),
    errors.CustomerLimitReached(25),
    errors.StampTooSoon(EARLIER, LATER, NOON, "Ana Ruiz"),
    errors.StampTooSoon(EARLIER, LATER, NOON, None),
    errors.DailyCapReached(3, 2, LATER, NOON),
    errors.DailyCapReached(3, 2, LATER, NOON, asked=AskedStamps(4, NOON.date())),
    errors.DailyCapReached(3, 2, LATER, NOON, asked=AskedStamps(2, NOON.date() + timedelta(days=1))),
    errors.RotatingCodeRequired(),
    errors.CodeExpired(),
    errors.CodeUsed(),
    errors.NoRewardAvailable(),
    errors.RewardAlreadyRedeemed(7, EARLIER, NOON),
    errors.RewardExpired(7, EARLIER),
    errors.AlreadyVoided(7, 8),
    *(errors.VoidRefused(f"In English: {bar}.", bar) for bar in VoidBar),
    *(errors.MergeRefused(f"In English, of a merge: {bar}.", bar) for bar in MergeBar),
    errors.IdempotencyKeyReused(),
    errors.ShopMoved("https://loyalty.example.com"),
    errors.ShopClosed(),
    errors.Busy(),
]


def every_refusal() -> Iterator[type[LoyaltyError]]:
    """All classes of refusals that the core and the application know; the API has its own."""
    waiting = [LoyaltyError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.startswith(("loyalty_core.", "loyalty_app.", "bots.")):
                yield kind


def test_every_refusal_is_said_or_never_reaches_a_chat() -> None:
    said = REPLIES.keys() | SENTENCES.keys()
    assert set(every_refusal()) == said | NEVER_IN_A_CHAT
    assert not said & NEVER_IN_A_CHAT
    assert {type(refusal) for refusal in REFUSALS} == said


def test_every_role_and_every_bar_of_an_undo_has_a_sentence() -> None:
    assert set(ROLES_REQUIRED) == set(Role)
    assert set(BARS) == set(VoidBar)
    assert set(MERGE_BARS) == set(MergeBar)


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{type(refusal).__name__}: {refusal}")
def test_a_refusal_is_said_in_every_language_with_its_values_filled_in(refusal: LoyaltyError, code: str) -> None:
    said = reply(words_for(code), refusal, NOON)
    assert said
    assert "{" not in said
    assert said != reply(words_for(code), LoyaltyError(), NOON)
    assert len(said) <= 200  # an alert holds no more


def test_a_refusal_tells_times_by_the_shops_clock_and_people_by_their_first_name() -> None:
    too_soon = errors.StampTooSoon(EARLIER, LATER, NOON, "Ana Ruiz")
    assert reply(words_for("en"), too_soon, NOON.astimezone(NEW_YORK)) == (
        "Already stamped 6 minutes ago by Ana; next stamp at 07:54."
    )
    expired = errors.RewardExpired(7, EARLIER)
    assert reply(words_for("en"), expired, NOON.astimezone(NEW_YORK)) == "This reward could be redeemed until 06:54."


def test_a_refusal_that_nobody_knows_is_said_all_the_same() -> None:
    assert reply(words_for("en"), LoyaltyError(), NOON) == "That is not possible."
