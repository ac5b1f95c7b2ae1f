"""Totals: how many there are of something, read where the counter keeps it instead of counted.

What cannot be kept is counted, and only where it stays small: rewards that have lapsed and are not booked so yet.
"""

from datetime import datetime

from sqlalchemy import Connection, Row, func, select

from loyalty_app.db.tables import business_total, reward
from loyalty_core.rewards import RewardStatus


def kept_totals(connection: Connection, business_id: int) -> Row[tuple[int, int, int, int, int, int]]:
    """The totals of a shop: its customers, and its rewards by status, `outstanding` for those that are available."""
    return connection.execute(select(business_total).where(business_total.c.business_id == business_id)).one()


def count_rewards(connection: Connection, business_id: int, status: RewardStatus | None, *, now: datetime) -> int:
    """How many rewards of a shop have a status, or how many there are; a lapsed one counts as expired."""
    kept = kept_totals(connection, business_id)
    match status:
        case None:
            return int(kept.outstanding + kept.redeemed + kept.expired + kept.voided)
        case RewardStatus.REDEEMED:
            return int(kept.redeemed)
        case RewardStatus.VOIDED:
            return int(kept.voided)
        case RewardStatus.AVAILABLE:
            return int(kept.outstanding) - _lapsed(connection, business_id, now)
        case RewardStatus.EXPIRED:
            return int(kept.expired) + _lapsed(connection, business_id, now)


def _lapsed(connection: Connection, business_id: int, now: datetime) -> int:
    """Rewards whose time is over and that will be booked so within seconds."""
    over = (reward.c.status == RewardStatus.AVAILABLE.value, reward.c.expires_at <= now)
    counted = select(func.count()).select_from(reward).where(reward.c.business_id == business_id, *over)
    return connection.execute(counted).scalar_one()
