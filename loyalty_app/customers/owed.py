"""Owed: counts what a business owes, and hands the counts to the core, which sums them up.

The index of open rewards holds all that is read of them. A reward that an older release wrote does not know its branch:
then the entry that earned it is asked.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time

from sqlalchemy import ColumnElement, Connection, Integer, and_, case, func, literal_column, or_, select

from loyalty_app.customers.analytics import count_redeemed_and_expired, count_rewards
from loyalty_app.db.tables import reward, transaction
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.programs import read_program
from loyalty_app.shops.workplaces import Branch, branches_of
from loyalty_core.analytics import period_of
from loyalty_core.owed import (
    OLDEST_OF_AGES,
    SHARE_DAYS,
    OwedBranch,
    OwedProgram,
    RewardsSummary,
    earned_since,
    owed_by,
    summed_up,
)
from loyalty_core.rewards import RewardStatus

NOWHERE = 0
"""Stands for no branch."""
Counts = Counter[tuple[int, int]]
"""How many open rewards there are, by the place of their age among the ages, and by branch."""


def read_rewards_summary(connection: Connection, business: Business, *, now: datetime) -> RewardsSummary:
    """What a business owes now, and what was redeemed in the last days."""
    branches = branches_of(connection, business.id)
    counts = _by_branch_and_age(connection, business, now) if branches else _by_age(connection, business, now)
    period = period_of(SHARE_DAYS, now.astimezone(business.zone).date(), business.timezone)
    redeemed, expired = count_redeemed_and_expired(connection, business, period)
    return summed_up(
        _by_program(connection, business, now, counts.total()),
        ages=[sum(n for (age, _), n in counts.items() if age == place) for place in range(len(OLDEST_OF_AGES))],
        branches=_by_branch(branches, counts) if branches else (),
        redeemed=redeemed,
        expired=expired,
    )


def _by_program(connection: Connection, business: Business, now: datetime, outstanding: int) -> list[OwedProgram]:
    """The main program, then the others, without archived ones of which nothing is open."""
    main = read_program(connection, business.id)
    if not main.others:
        return [owed_by(main, outstanding, business_id=business.id)]
    counted = select(reward.c.program_id, func.count().label("n")).where(*_open(business, now))
    counts = {row.program_id: row.n for row in connection.execute(counted.group_by(reward.c.program_id))}
    shown = (one for one in main.all_of_shop if one.archived_at is None or counts.get(one.id))
    return [owed_by(one, counts.get(one.id, 0), business_id=business.id) for one in shown]


def _by_age(connection: Connection, business: Business, now: datetime) -> Counts:
    """Those of a shop without branches: the younger ones are counted, the others are the rest of all."""
    age, young = _age(business, now).label("age"), reward.c.earned_at >= _beginnings(business, now)[-1]
    counted = select(age, func.count().label("n")).where(*_open(business, now), young).group_by("age")
    counts = Counts({(row.age, NOWHERE): row.n for row in connection.execute(counted)})
    total = count_rewards(connection, business.id, RewardStatus.AVAILABLE, now=now)
    counts[len(OLDEST_OF_AGES) - 1, NOWHERE] = max(0, total - counts.total())
    return counts


def _by_branch_and_age(connection: Connection, business: Business, now: datetime) -> Counts:
    age, branch = _age(business, now).label("age"), reward.c.branch_id.label("branch")
    counted = select(age, branch, func.count().label("n")).where(*_open(business, now)).group_by("age", "branch")
    counts, unknown = Counts(), False
    for row in connection.execute(counted):
        unknown = unknown or row.branch is None
        counts[row.age, row.branch] = row.n if row.branch is not None else 0
    return counts + _by_entries(connection, business, now) if unknown else counts


def _by_entries(connection: Connection, business: Business, now: datetime) -> Counts:
    """The open rewards that do not know their branch, by the branches of their entries."""
    age = _age(business, now).label("age")
    branch = func.coalesce(transaction.c.branch_id, literal_column(str(NOWHERE), Integer)).label("branch")
    earned = and_(transaction.c.business_id == reward.c.business_id, transaction.c.id == reward.c.transaction_id)
    asked = select(age, branch, func.count().label("n")).join_from(reward, transaction, earned)
    unknown = asked.where(*_open(business, now), reward.c.branch_id.is_(None)).group_by("age", "branch")
    return Counts({(row.age, row.branch): row.n for row in connection.execute(unknown)})


def _open(business: Business, now: datetime) -> Sequence[ColumnElement[bool]]:
    """Rewards that can be redeemed now. The status is written out, so that the databases see whose index it is."""
    ends = or_(reward.c.expires_at.is_(None), reward.c.expires_at > now)
    return reward.c.business_id == business.id, reward.c.status == literal_column("'available'"), ends


def _age(business: Business, now: datetime) -> ColumnElement[int]:
    """The place of a reward's age among the ages."""
    first, second, third = (reward.c.earned_at >= begin for begin in _beginnings(business, now))
    places = [literal_column(str(place), Integer) for place in range(len(OLDEST_OF_AGES))]
    return case((first, places[0]), (second, places[1]), (third, places[2]), else_=places[3])


def _beginnings(business: Business, now: datetime) -> list[datetime]:
    """When the ages but the last begin, the latest first."""
    firsts = earned_since(now.astimezone(business.zone).date())
    return [datetime.combine(day, time(), tzinfo=business.zone) for day in firsts]


def _by_branch(branches: Sequence[Branch], counts: Counts) -> list[OwedBranch]:
    """Each branch in the order of their opening, then what no branch was noted for, if there is any."""
    sums = Counter[int]()
    for (_, branch), number in counts.items():
        sums[branch] += number
    named = [OwedBranch(branch_id=one.id, name=one.name, outstanding=sums[one.id]) for one in branches]
    elsewhere = OwedBranch(branch_id=None, name=None, outstanding=sums[NOWHERE])
    return [*named, *([elsewhere] if elsewhere.outstanding else [])]
