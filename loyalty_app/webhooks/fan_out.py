"""Fan-out: an event that very many endpoints want is noted once by its stamp; its deliveries are written here, soon.

The note names the endpoints, so the receivers of an event are decided when it happens. It is deleted in the transaction
that writes the deliveries: whatever ends a process, there is either the note or the deliveries. A worker does it before
it claims, some notes of each shop in turn; code that shows, replays or gives up the deliveries of a shop has all of
them written before. Which events are noted, and what a delivery is, is in `outbox`.

Notes are locked before events and deliveries, and after endpoints. The worker waits for no lock.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, delete, func, select

from loyalty_app.db.each_shard import in_each_shard
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import served
from loyalty_app.db.shards import Shard
from loyalty_app.db.tables import delivery, event, fan_out, webhook_endpoint
from loyalty_app.db.types import BigId
from loyalty_app.webhooks.outbox import queued_row

OF_A_SHOP, AT_ONCE, ALL_AT_ONCE = 16, 32, 128
"""How many notes a turn takes of one shop, and of all; and how many at once of a shop that is asked about."""
FIRST = 4
"""How many notes a worker takes in its first turn."""
LATE = timedelta(seconds=5)
TURN, MOST = bindparam("turn", type_=BigId), bindparam("most", type_=BigId)
PRIME = 1_009
BEHIND_ALL = "n"
"""Comes after every id of an event, which begin with m."""

IS_THERE = (
    select(event.c.id)
    .where(event.c.business_id == fan_out.c.business_id, event.c.id == fan_out.c.event_id)
    .correlate(fan_out)
)
IS_TOLD = IS_THERE.exists().label("is_told")
"""Whether the event is there: a process of the release before may have erased its customer, and left the note."""
ANY_NOTED = select(fan_out.c.event_id).where(served(fan_out)).exists()
"""Whether deliveries are to be written for any shop that is served here."""


def _first_of_each_shop() -> Select[Any]:
    """The oldest notes of each shop, found by steps from shop to shop; another shop is first with each turn."""
    shops = select(func.min(fan_out.c.business_id).label("business_id")).cte("noted_shops", recursive=True)
    other, first = fan_out.alias("other_noted"), fan_out.alias("first_noted")
    following = select(func.min(other.c.business_id)).where(other.c.business_id > shops.c.business_id)
    shops = shops.union_all(select(following.scalar_subquery()).where(shops.c.business_id.is_not(None)))
    last = (
        select(first.c.event_id)
        .where(first.c.business_id == shops.c.business_id)
        .order_by(first.c.event_id)
        .offset(OF_A_SHOP - 1)
        .limit(1)
        .correlate(shops)
        .scalar_subquery()
    )
    among = and_(fan_out.c.business_id == shops.c.business_id, fan_out.c.event_id <= func.coalesce(last, BEHIND_ALL))
    place = (fan_out.c.business_id + TURN) % PRIME
    return (
        select(fan_out, IS_TOLD)
        .join_from(shops, fan_out, among)
        .where(served(fan_out))
        .order_by(place, fan_out.c.business_id, fan_out.c.event_id)
        .limit(MOST)
        .with_for_update(of=fan_out, skip_locked=True)
    )


FIRST_OF_EACH_SHOP = _first_of_each_shop()


def fan_out_some(connection: Connection, database: Database, *, turn: int, most: int = AT_ONCE) -> int:
    """Write deliveries of at most so many events, of all shops; return of how many. Waits for no lock.

    Any `turn` will do, but another one each time, so that each shop comes first some time.
    """
    return _fan_out(connection, database, connection.execute(FIRST_OF_EACH_SHOP, {"turn": turn, "most": most}).all())


class FanOutPace:
    """How many notes a worker replaces before it claims: as many as fill its room, and not all that there are.

    Why: to write 1,600 deliveries takes many times as long as to claim those for which there is room, and meanwhile
    nobody else can write on SQLite. The number is halved when a claim was filled, down to one: what is written already
    goes first. It is doubled when there was room left, and notes too.
    """

    def __init__(self) -> None:
        self.most = FIRST

    def learn(self, *, noted: int, filled: bool) -> None:
        """Tell how many notes there were of so many, and whether the claim had all that it had room for."""
        if filled:
            self.most = max(1, self.most // 2)
        elif noted == self.most:
            self.most = min(AT_ONCE, self.most * 2)


def fan_out_shop(connection: Connection, database: Database, business_id: int) -> None:
    """Write all deliveries of a shop that are not written yet, unless it is held."""
    while _fan_out_of(connection, database, business_id):
        pass


async def fan_out_now(database: Database, business_id: int) -> None:
    """Write those that were not written as this began, some in a transaction."""
    shard = database.shard_of(business_id)
    noted = select(func.max(fan_out.c.event_id)).where(fan_out.c.business_id == business_id, served(fan_out))
    last = await database.read(lambda connection: connection.scalar(noted), shard=shard)

    def write_some(connection: Connection) -> int:
        return _fan_out_of(connection, database, business_id, last=last or "")

    left = 0 if last is None else 1
    while left:
        left = await database.write(write_some, shard=shard)


def _fan_out_of(connection: Connection, database: Database, business_id: int, *, last: str = BEHIND_ALL) -> int:
    """Write deliveries of some events of a shop, up to one event; return of how many."""
    of_shop = (fan_out.c.business_id == business_id, fan_out.c.event_id <= last)
    is_told = IS_THERE.where(event.c.business_id == business_id).exists().label("is_told")
    some = select(fan_out, is_told).where(*of_shop, served(fan_out)).order_by(fan_out.c.event_id).limit(ALL_AT_ONCE)
    return _fan_out(connection, database, connection.execute(some.with_for_update(of=fan_out)).all())


async def fan_out_late(database: Database, *, now: datetime) -> int:
    """Write deliveries of some events that no worker has written for five seconds; return of how many."""
    late = select(fan_out.c.event_id).where(fan_out.c.created_at <= now - LATE, served(fan_out)).limit(1)

    async def write_at(shard: Shard | None) -> int:
        if not await database.glance(lambda connection: connection.scalar(late) is not None, shard=shard):
            return 0
        return await database.write(lambda connection: fan_out_some(connection, database, turn=0), shard=shard)

    return await in_each_shard(database, write_at, table=fan_out.name)


def _fan_out(connection: Connection, database: Database, notes: Sequence[Row[Any]]) -> int:
    """Replace notes, which are locked, by the deliveries to those of their endpoints that there still are."""
    if not notes:
        return 0
    shops = {(note.business_id,) for note in notes}
    there = {(row.business_id, row.id) for row in database.fetch(connection, webhook_endpoint, ("business_id",), shops)}
    told = (note for note in notes if note.is_told)
    named = ((note, (note.business_id, int(number))) for note in told for number in note.endpoint_ids.split())
    wanted = [(note, endpoint) for note, endpoint in named if endpoint in there]
    with database.ids(connection, len(wanted)) as ids:
        rows = [queued_row(ids, endpoint, note.event_id, note.created_at) for note, endpoint in wanted]
    database.insert(connection, delivery, rows)
    done: dict[int, list[str]] = defaultdict(list)
    for note in notes:
        done[note.business_id].append(note.event_id)
    for business_id, event_ids in done.items():
        theirs = and_(fan_out.c.business_id == business_id, fan_out.c.event_id.in_(event_ids))
        connection.execute(delete(fan_out).where(theirs)).close()
    return len(notes)
