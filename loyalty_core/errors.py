"""Refusals: one class for each reason to say no, named as a fact.

A class's docstring is its title (without the full stop), `str()` the sentence for a shopkeeper, and `code` is the
class's name in snake case, the exact word that the API shows. Whatever number, time or id the sentence names is an
attribute too, so that no program has to read the sentence; one thing has one name in all classes. How HTTP or a chat
shows a refusal is not known here. A refusal means that nothing has changed.
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from loyalty_core.time_limits import (
    AskedStamps,
    cap_reached,
    clock_time,
    never_fits,
    seconds_until,
    time_span,
    too_soon,
)


class LoyaltyError(Exception):
    """The request was refused."""

    code: ClassVar[str] = "refused"

    def __init_subclass__(cls) -> None:
        """Derive the code from the class's name."""
        super().__init_subclass__()
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    @property
    def title(self) -> str:
        """The refusal in a few words, the same for every instance."""
        return (type(self).__doc__ or "").strip().rstrip(".")


class FieldError(msgspec.Struct, frozen=True):
    """One field that is wrong: where it is (JSON pointer) and what would be right."""

    pointer: str
    message: str


class InvalidRequest(LoyaltyError):
    """Some of the input is not valid."""

    def __init__(self, *errors: FieldError) -> None:
        self.errors = errors
        super().__init__(" ".join(f"{one.pointer.lstrip('/') or 'The request'}: {one.message}." for one in errors))

    @classmethod
    def field(cls, name: str, message: str) -> "InvalidRequest":
        """Refuse one field by its name; `message` says what would be right."""
        return cls(FieldError(f"/{name}", message))


class PageTooDeep(LoyaltyError):
    """That page is too deep."""

    def __init__(self, deepest: int) -> None:
        self.deepest = deepest
        super().__init__(
            f"Pages reach the first {deepest:,} rows only. Go on with the cursor parameter: "
            "each answer carries the next one in pagination.next_cursor."
        )


class InvalidCursor(LoyaltyError):
    """That cursor is not one of ours."""

    def __init__(self) -> None:
        super().__init__("The cursor was not understood. Use pagination.next_cursor of the answer before, unchanged.")


class InvalidApiKey(LoyaltyError):
    """The API key is not valid."""

    def __init__(self) -> None:
        super().__init__(
            "This API key is unknown, expired or was revoked. Make a new one, or check for a typing error."
        )


class PlanRequired(LoyaltyError):
    """The plan does not include the API."""

    def __init__(self, plan: str) -> None:
        self.plan = plan
        super().__init__(
            f"API access comes with the professional and enterprise plans; this shop is on {plan}. "
            "Ask the operator for another plan."
        )


class ScopeRequired(LoyaltyError):
    """The API key lacks a scope."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(f"This API key lacks the scope {scope}. The owner of the shop can make a key that has it.")


class NotOnStaff(LoyaltyError):
    """Not on the staff of this shop."""

    def __init__(self) -> None:
        super().__init__("You are not on the staff of this shop, or not any more. Its owner can invite you.")


class RoleRequired(LoyaltyError):
    """The role does not allow that."""

    def __init__(self, role: str) -> None:
        self.role = role
        super().__init__(f"Only the role {role} may do that. Ask somebody who has it.")


class CustomerNotFound(LoyaltyError):
    """No such customer."""

    def __init__(self) -> None:
        super().__init__("No customer of this shop has that id, code or phone number.")


class RewardNotFound(LoyaltyError):
    """No such reward."""

    def __init__(self, reward_id: int) -> None:
        self.reward_id = reward_id
        super().__init__(
            f"This customer has no reward {reward_id}. The list of their rewards shows those that there are."
        )


class TransactionNotFound(LoyaltyError):
    """No such transaction."""

    def __init__(self, transaction_id: int) -> None:
        self.transaction_id = transaction_id
        super().__init__(
            f"This shop has no transaction {transaction_id}. The list of transactions shows those that there are."
        )


class WebhookNotFound(LoyaltyError):
    """No such webhook."""

    def __init__(self, webhook_id: int) -> None:
        self.webhook_id = webhook_id
        super().__init__(f"This shop has no webhook {webhook_id}.")


class WebhookLimitReached(LoyaltyError):
    """The limit of webhooks is reached."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"This shop has {limit} webhooks, as many as it can have. Delete one to add another.")


class CustomerExists(LoyaltyError):
    """A customer with that phone number exists."""

    def __init__(self, customer_id: int) -> None:
        self.customer_id = customer_id
        super().__init__(
            f"Customer {customer_id} of this shop already has that phone number. Look them up instead of adding them."
        )


class CardInUse(LoyaltyError):
    """The card in this chat has a reward to redeem."""

    def __init__(self) -> None:
        super().__init__("Redeem the reward on the card in this chat first, then share the number again.")


class InviteInvalid(LoyaltyError):
    """The invitation is not valid."""

    def __init__(self) -> None:
        super().__init__("This invitation is unknown, was used, or is older than a day. Ask for a new one.")


class LastOwner(LoyaltyError):
    """The last owner stays."""

    def __init__(self) -> None:
        super().__init__("This is the last owner, and a shop needs one. Invite another owner first.")


class ShopLimitReached(LoyaltyError):
    """The limit of shops is reached."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"This person owns {limit} shops, as many as one can. The operator can open more.")


class CustomerLimitReached(LoyaltyError):
    """The plan's customer limit is reached."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(
            f"The trial holds {limit} customers, and all places are taken. Choose another plan to add more."
        )


class StampTooSoon(LoyaltyError):
    """Already stamped a moment ago."""

    def __init__(self, last_at: datetime, next_at: datetime, now: datetime, by: str | None) -> None:
        """`now` is when the stamp was given; a visit before which it was given too closely lies after it."""
        self.last_at, self.next_at, self.by = last_at, next_at, by
        self.retry_after = seconds_until(next_at, now)
        super().__init__(too_soon(last_at, next_at, now, by))


class DailyCapReached(LoyaltyError):
    """No more stamps for this customer on that day."""

    def __init__(
        self, cap: int, given: int, next_at: datetime, now: datetime, *, asked: AskedStamps | None = None
    ) -> None:
        """`now` is when the stamps were given, in the zone of the shop."""
        self.cap, self.given, self.next_at = cap, given, next_at
        self.limit = cap
        self.retry_after = seconds_until(next_at, now)
        self.never_fit = asked.stamps if asked and asked.stamps > cap else None
        self.past_day = now if asked and now.date() < asked.today else None
        super().__init__(self._sentence(clock_time(next_at, now)))

    def _sentence(self, more_from: str) -> str:
        if self.never_fit is not None:
            return never_fits(self.cap, self.never_fit)
        if self.past_day is not None:
            return cap_reached(self.cap, has=f"{self.given} on {self.past_day:%Y-%m-%d}")
        return cap_reached(self.cap, has=f"{self.given} today; more from {more_from}")


class RotatingCodeRequired(LoyaltyError):
    """The code that changes is needed."""

    def __init__(self) -> None:
        super().__init__(
            "This shop takes only the code that changes every 30 seconds, not a printed one or a picture of it. "
            "Ask the guest to open the card in the app, or find the guest by name or phone number."
        )


class CodeExpired(LoyaltyError):
    """The code is old."""

    def __init__(self) -> None:
        super().__init__(
            "This is a screenshot, an old code or a mistyped one. Ask the guest to open the card again and show the "
            "code that is there now."
        )


class CodeUsed(LoyaltyError):
    """The code was used already."""

    def __init__(self) -> None:
        super().__init__(
            "This code was used already, and each counts once. The card shows a new one within 30 seconds: ask the "
            "guest for that."
        )


CODE_REFUSALS = (RotatingCodeRequired, CodeExpired, CodeUsed)
"""What can be said against a code that somebody shows."""


class NoRewardAvailable(LoyaltyError):
    """There is no reward to redeem."""

    def __init__(self, reward_id: int | None = None, expires_at: datetime | None = None) -> None:
        """`reward_id` is the named reward, which was taken back, `expires_at` when the last one ended."""
        self.reward_id, self.expires_at = reward_id, expires_at
        ended = f" The last one could be redeemed until {expires_at:%Y-%m-%d %H:%M}." if expires_at else ""
        super().__init__(f"This customer has no reward to redeem at the moment.{ended}")


class RewardAlreadyRedeemed(LoyaltyError):
    """The reward was already redeemed."""

    def __init__(self, reward_id: int, redeemed_at: datetime, now: datetime) -> None:
        self.reward_id, self.redeemed_at = reward_id, redeemed_at
        super().__init__(f"Reward {reward_id} was already redeemed, {time_span(now - redeemed_at)} ago.")


class RewardExpired(LoyaltyError):
    """The reward has expired."""

    def __init__(self, reward_id: int, expires_at: datetime) -> None:
        self.reward_id, self.expires_at = reward_id, expires_at
        super().__init__(f"Reward {reward_id} could be redeemed until {expires_at:%Y-%m-%d %H:%M}.")


class AlreadyVoided(LoyaltyError):
    """The transaction was already undone."""

    def __init__(self, transaction_id: int, voided_by: int) -> None:
        self.transaction_id, self.voided_by = transaction_id, voided_by
        super().__init__(f"Transaction {transaction_id} was already undone, by transaction {voided_by}.")


class VoidBar(StrEnum):
    """Why an undo is refused."""

    NO_STAMP_OR_REDEMPTION = "no_stamp_or_redemption"
    NOT_THE_SHOP = "not_the_shop"
    NOT_THEIR_OWN = "not_their_own"
    TOO_LATE = "too_late"
    REWARD_HANDED_OUT = "reward_handed_out"
    MORE_THAN_LEFT = "more_than_left"


class VoidRefused(LoyaltyError):
    """That cannot be undone."""

    def __init__(
        self, sentence: str, bar: VoidBar, *, transaction_id: int | None = None, reward_id: int | None = None
    ) -> None:
        """`reward_id` is the reward that was handed out, if that is the bar."""
        self.bar, self.transaction_id, self.reward_id = bar, transaction_id, reward_id
        super().__init__(sentence)


class MergeBar(StrEnum):
    """Why merging two customers, or taking that back, is refused."""

    REWARD_HANDED_OUT = "reward_handed_out"
    ALREADY_MERGED = "already_merged"
    NOT_MERGED = "not_merged"
    TOO_LATE = "too_late"
    STAMPED_SINCE = "stamped_since"


class MergeRefused(LoyaltyError):
    """These cards cannot be merged, or not be separated."""

    def __init__(self, sentence: str, bar: MergeBar, *, reward_id: int | None = None) -> None:
        """`reward_id` is the reward that would be taken back, if that is the bar."""
        self.bar, self.reward_id = bar, reward_id
        super().__init__(sentence)


class OrderRefUsed(LoyaltyError):
    """That order was already stamped."""

    def __init__(self, order_ref: str, transaction_id: int) -> None:
        self.order_ref, self.transaction_id = order_ref, transaction_id
        super().__init__(
            f"Order {order_ref} was already stamped, in transaction {transaction_id}. "
            "If it is another order, its number must differ."
        )


class PreconditionFailed(LoyaltyError):
    """It was changed meanwhile."""

    def __init__(self, version: int) -> None:
        self.version = version  # the one that is there now
        super().__init__("It was changed after it was read. Read it again, then send the change with the new ETag.")


class IdempotencyKeyReused(LoyaltyError):
    """The idempotency key belongs to another request."""

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used for a different request of this shop. Use a new key for a new request."
        )


class BusyReason(StrEnum):
    """Why a request cannot be served right now."""

    TOO_MANY = "too_many"
    AWAY = "away"
    READ_ONLY = "read_only"
    LOCKED = "locked"
    IN_DOUBT = "in_doubt"
    MOVING = "moving"
    NODE_AWAY = "node_away"
    SETTINGS_HELD = "settings_held"


BUSY_SENTENCES: dict[BusyReason, str] = {
    BusyReason.TOO_MANY: "More requests came at once than this server can serve, and this one was not begun",
    BusyReason.AWAY: "The database of this server does not answer{since}, and nothing was changed",
    BusyReason.READ_ONLY: "The database of this server takes no changes{since}, as it is a standby or read-only",
    BusyReason.LOCKED: "Somebody else is changing the same thing and has not finished, and nothing was changed",
    BusyReason.IN_DOUBT: "The database broke off while this was saved, and it is not known whether it was",
    BusyReason.MOVING: "This shop is moving to another place at the moment, and nothing was changed",
    BusyReason.NODE_AWAY: "One machine of this server's database does not answer{since}, and nothing was changed",
    BusyReason.SETTINGS_HELD: "One machine of this server's database does not answer{since}. What this would change is "
    "kept on each of them, and nothing was changed",
}


class Busy(LoyaltyError):
    """It cannot be done right now."""

    def __init__(
        self, retry_after: int = 1, reason: BusyReason = BusyReason.TOO_MANY, since: datetime | None = None
    ) -> None:
        """`reason` says why, `since` since when that is so, if it is known."""
        self.retry_after, self.reason, self.since = retry_after, reason, since
        told = BUSY_SENTENCES[reason].format(since=f" since {since:%H:%M:%S} UTC" if since else "")
        super().__init__(f"{told}: try again in {retry_after} s, with the same Idempotency-Key if there was one.")


class ShopMoved(LoyaltyError):
    """The shop has moved."""

    def __init__(self, moved_to: str) -> None:
        self.moved_to = moved_to
        super().__init__(f"This shop has moved to {moved_to}. Ask there, with the same key and the same codes.")


class ShopClosed(LoyaltyError):
    """The shop has closed here for good."""

    def __init__(self) -> None:
        super().__init__("This shop has closed here for good, and all of it is being deleted. Nothing was changed.")
