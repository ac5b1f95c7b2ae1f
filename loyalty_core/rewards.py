"""Rewards: what a full card earns, and which reward a redemption takes.

The rules, in words:
- A reward is available until it is redeemed, voided or expired. These are final, with one way back: undoing a
  redemption makes the reward available again.
- Unless a reward is named, the oldest available one is redeemed.
- A reward with an end lapses at that moment, whether or not it is booked as expired yet.

Rewards are issued in `stamping` and undone in `voiding`.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from loyalty_core.errors import NoRewardAvailable, RewardAlreadyRedeemed, RewardExpired, RewardNotFound


class RewardStatus(StrEnum):
    """Where a reward stands."""

    AVAILABLE = "available"
    REDEEMED = "redeemed"
    VOIDED = "voided"
    EXPIRED = "expired"


class Reward(msgspec.Struct, frozen=True, kw_only=True):
    """A reward. `transaction_id` is the entry of the ledger that earned it, `program_id` the program of its card.

    `of_customer` and `of_transaction` are whose it was and which entry earned it when it was issued, where a merge of
    two cards has changed that.
    """

    id: int
    business_id: int
    customer_id: int
    transaction_id: int
    description: str
    earned_at: datetime
    expires_at: datetime | None
    status: RewardStatus = RewardStatus.AVAILABLE
    redeemed_at: datetime | None = None
    of_customer: int | None = None
    of_transaction: int | None = None
    program_id: int | None = None

    def stands_for(self, entry_id: int, text: str) -> bool:
        """Whether this is a reward with that text of that entry. One that a merge has moved may have any text."""
        return self.transaction_id == entry_id and (self.of_transaction is not None or self.description == text)

    def lapsed(self, now: datetime) -> bool:
        """Whether the time of an available reward is over, though it is not booked as expired yet."""
        return self.status is RewardStatus.AVAILABLE and self.expires_at is not None and self.expires_at <= now


def choose(rewards: tuple[Reward, ...], reward_id: int | None, now: datetime) -> Reward:
    """The reward to redeem: the named one, or the oldest available one.

    `rewards` are the customer's, at least the available and the named one. Raises RewardNotFound, NoRewardAvailable,
    RewardAlreadyRedeemed or RewardExpired.
    """
    if reward_id is not None:
        return _named(rewards, reward_id, now)
    ready = [reward for reward in rewards if reward.status is RewardStatus.AVAILABLE and not reward.lapsed(now)]
    if not ready:
        raise NoRewardAvailable(expires_at=last_end(rewards, now))
    return min(ready, key=lambda reward: (reward.earned_at, reward.id))


def last_end(rewards: tuple[Reward, ...], now: datetime) -> datetime | None:
    """When the last of a customer's rewards ended, if it did and none came after it; in the zone of `now`."""
    last = max(rewards, key=lambda reward: reward.id, default=None)
    if last is None or last.expires_at is None or not (last.status is RewardStatus.EXPIRED or last.lapsed(now)):
        return None
    return last.expires_at.astimezone(now.tzinfo)


def _named(rewards: tuple[Reward, ...], reward_id: int, now: datetime) -> Reward:
    reward = next((reward for reward in rewards if reward.id == reward_id), None)
    if reward is None:
        raise RewardNotFound(reward_id)
    if reward.redeemed_at is not None:
        raise RewardAlreadyRedeemed(reward_id, reward.redeemed_at, now)
    if reward.expires_at is not None and (reward.status is RewardStatus.EXPIRED or reward.lapsed(now)):
        raise RewardExpired(reward_id, reward.expires_at.astimezone(now.tzinfo))
    if reward.status is not RewardStatus.AVAILABLE:
        raise NoRewardAvailable(reward_id)
    return reward
