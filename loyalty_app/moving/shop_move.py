"""The move of some shops into a place where others may be served: what is done in which order.

While everybody works, the changes of these shops are noted, the bulk is copied, what has changed follows, both places
are compared and the books are proven. Then the shops are held, the last changes, keys and bots follow, and the totals
are compared. Only then the old place is closed for them, and the new one opened. Until it is closed nothing has
happened at the old place; whatever ends the move, running it again goes on where it was.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from time import monotonic

import msgspec
from sqlalchemy import Connection, func, select

from loyalty_app.db.engine import open_database
from loyalty_app.db.held_shops import NOWHERE
from loyalty_app.db.plain_rows import plain_rows
from loyalty_app.db.shards import is_spread
from loyalty_app.db.tables import business
from loyalty_app.ids import Kind
from loyalty_app.moving import arrivals, departures
from loyalty_app.moving.belongings import Cargo, counted, with_twins
from loyalty_app.moving.carrying import Carrier, Vaults
from loyalty_app.moving.copying import Copying, Progress
from loyalty_app.moving.heights import ROOM, given_since, go_on_behind, heights_of
from loyalty_app.moving.jobs_in_hand import quiet_queues
from loyalty_app.moving.late_rows import LateRows
from loyalty_app.moving.progress import MovePlan, forget_progress, read_plan, write_plan
from loyalty_app.moving.renumbering import GLOBAL, NewNumbers, given_ids, renumber, taken_ids
from loyalty_app.moving.snapshots import snapshot
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.shops.closing import close_shop

TAKEN_MEANWHILE = (
    "A number that was given out meanwhile is taken at the new place. Run this again; nothing was changed."
)


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: these shops, from there to here; `place` is what the old place says from then on."""

    source: Settings
    target: Settings
    came_from: str
    place: str
    shops: tuple[int, ...]
    vaults: Vaults | None
    replace: bool = False


class MovedShops(msgspec.Struct, frozen=True, kw_only=True):
    """What was moved: rows of each table, for how long nobody could write, and the numbers that are others now."""

    rows: Mapping[str, int]
    seconds: float
    numbers: NewNumbers
    resumed: bool = False


class ShopMove:
    """Moves some shops. Raises SettingsError, InvalidRequest: then nothing was closed."""

    def __init__(self, errand: Errand, *, now: datetime, progress: Progress) -> None:
        self.errand, self.now, self.progress = errand, now, progress
        self._heights: Mapping[Kind, int] = {}
        """The last ids shortly before the shops are held."""
        self.old = open_database(errand.source, unhurried=True, patient=True)
        self.new = open_database(errand.target, unhurried=True, patient=True)

    async def close(self) -> None:
        """Close both databases."""
        await self.old.close()
        await self.new.close()

    async def look(self) -> dict[str, int]:
        """How many rows of each table would move. Raises what a move would raise at its beginning."""
        cargo = await self._cargo()
        await self._check(cargo)
        return await self.old.read(lambda connection: counted(connection, cargo))

    async def finish_opening(self) -> bool:
        """Open the shops if a move ended between closing the old place and opening the new one."""
        plan = await self.new.read(read_plan)
        places = await self.old.read(self._places)
        if plan is None or plan.opens_at is None or plan.place != self.errand.came_from:
            return False
        if set(places) != {plan.opens_at}:
            return False
        await arrivals.open_shops(self.new, plan, now=self.now)
        await departures.end_log(self.old)
        return True

    def _places(self, connection: Connection) -> list[str | None]:
        return list(connection.scalars(select(business.c.moved_to).where(business.c.id.in_(self.errand.shops))))

    async def _cargo(self) -> Cargo:
        def look(connection: Connection) -> Cargo:
            departures.check_shops(connection, self.errand.shops)
            for place in self._places(connection):
                if place:
                    raise SettingsError(f"That shop has moved to {place} already.")
            return Cargo(with_twins(connection, self.errand.shops), spread=is_spread(self.old))

        return await self.old.read(look)

    async def _check(self, cargo: Cargo) -> None:
        """Raise SettingsError if something at the new place is in the way."""
        plan = await self.new.read(read_plan)
        if plan is not None:
            if plan.shops != cargo.shops or plan.place != self.errand.came_from:
                told = ", ".join(map(str, plan.shops or ()))
                message = f"A move of business {told} from {plan.place} into this place was not finished: go on with it"
                raise SettingsError(f"{message}, or give it up with --give-up.")
            return
        left = await self._leftovers()
        if left and not self.errand.replace:
            number, place = next(iter(left.items()))
            fate = "is being deleted" if place == NOWHERE else f"has moved to {place}"
            message = f"What business {number} has left there, which {fate}, is in the way."
            raise SettingsError(f"{message} Add --replace to delete it first.")
        theirs = await self.new.read(lambda connection: with_twins(connection, list(left)))
        await arrivals.check_clashes(self.old, self.new, cargo, there=theirs)

    async def _leftovers(self) -> dict[int, str]:
        def slugs(connection: Connection) -> Sequence[str]:
            return list(connection.scalars(select(business.c.slug).where(business.c.id.in_(self.errand.shops))))

        wanted = await self.old.read(slugs)
        return await self.new.read(lambda connection: arrivals.leftovers(connection, wanted))

    async def move(self) -> MovedShops:
        """Move the shops."""
        cargo = await self._cargo()
        await self._check(cargo)
        plan = await self.new.read(read_plan)
        resumed = plan is not None and await departures.log_is_of(self.old, cargo, plan.token)
        if plan is None or not resumed:
            await self.give_up()
            plan = await self._begin(cargo)
        carrier = Carrier(plan.numbers, self.errand.vaults)
        copying = Copying((self.old, self.new), cargo, carrier, progress=self.progress, target=self.errand.target)
        there = Cargo(tuple(plan.numbers.of_shop(number) for number in cargo.shops or ()))
        counts = await copying.go_over(lambda: snapshot(self.errand.source), there)
        self._heights = await self.old.read(heights_of)
        async with quiet_queues(copying, lambda: snapshot(self.errand.source)):
            return await self._close_and_open(copying, plan, counts, resumed=resumed)

    async def give_up(self) -> None:
        """Remove what an unfinished move has left at both places; the shops go on where they are."""
        plan = await self.new.read(read_plan)
        places = await self.old.read(self._places)
        if any(place for place in places if place != NOWHERE):
            raise SettingsError("The old place is closed already. Run the move again: it finishes it.")
        shops = await self.old.read(lambda connection: with_twins(connection, self.errand.shops))
        await departures.end_log(self.old)
        await departures.release(self.old, shops)  # also if they are served: an earlier release may have got stuck
        for number in (plan.shops or ()) if plan is not None else ():
            await self._delete(plan.numbers.of_shop(number) if plan else number)
        await self.new.write(forget_progress)

    async def _delete(self, number: int) -> None:
        there = await self.new.read(
            lambda connection: connection.scalar(select(business.c.moved_to).where(business.c.id == number))
        )
        if there is not None:
            await close_shop(self.new, number)

    async def _begin(self, cargo: Cargo) -> MovePlan:
        for number in await self._leftovers():
            await self._delete(number)
        token = secrets.token_hex(8)
        await departures.begin_log(self.old, cargo, token)
        heights = await self.old.read(heights_of)
        there = await self.new.read(heights_of)
        numbers = await self._new_numbers(cargo, {kind: max(heights[kind], there[kind]) for kind in Kind})
        plan = MovePlan(token=token, place=self.errand.came_from, shops=cargo.shops, numbers=numbers, opens_at=None)
        behind = {kind: heights[kind] for kind in Kind}
        behind |= {kind: max(heights[kind], there[kind]) + ROOM for kind in GLOBAL}
        await self.new.write(lambda connection: go_on_behind(self.new, connection, behind, room=ROOM))
        own = select(business).where(cargo.rows_of(business))
        rows = await self.old.read(lambda connection: plain_rows(connection, [*business.columns], own))
        carrier = Carrier(numbers, self.errand.vaults)
        shops = sorted(
            (dict(carrier.carried(business, row)) for row in rows), key=lambda row: row["test_of"] is not None
        )
        await arrivals.prepare_shops(self.new, plan, shops)
        return plan

    async def _new_numbers(self, cargo: Cargo, heights: Mapping[Kind, int]) -> NewNumbers:
        shops = cargo.shops or ()
        wanted = {kind: await self.old.read(lambda c, kind=kind: given_ids(c, kind, shops)) for kind in GLOBAL}  # type: ignore[misc]  # bound
        taken = {
            kind: await self.new.read(lambda c, kind=kind, ids=ids: taken_ids(c, kind, ids))  # type: ignore[misc]  # bound
            for kind, ids in wanted.items()
        }
        return renumber(heights, wanted, taken)

    async def _close_and_open(
        self, copying: Copying, plan: MovePlan, counts: dict[str, int], *, resumed: bool
    ) -> MovedShops:
        shops, began = plan.shops or (), monotonic()
        try:
            await departures.hold(self.old, shops)
            await departures.check_log(self.old, copying.cargo, plan.token)
            late = LateRows(self.new, copying.cargo, copying.carrier, now=self.now)
            async with snapshot(self.errand.source) as reader:
                await copying.finish(reader, self.now.date())
                await self._check_numbers(plan)
                counts |= await late.bring(reader)
            plan = msgspec.structs.replace(plan, bots=tuple(late.bots), opens_at=self.errand.place)
            await self._ready(plan)
            await departures.close_shops(self.old, shops, place=self.errand.place, now=self.now)
        except BaseException:
            await departures.release(self.old, [n for n in shops if not await self._is_closed(n)])
            raise
        await arrivals.open_shops(self.new, plan, now=self.now)
        seconds = monotonic() - began
        await departures.end_log(self.old)
        return MovedShops(rows=counts, seconds=seconds, numbers=plan.numbers, resumed=resumed)

    async def _is_closed(self, number: int) -> bool:
        place = select(business.c.moved_to).where(business.c.id == number)
        return bool(await self.old.read(lambda connection: connection.scalar(place)))

    async def _ready(self, plan: MovePlan) -> None:
        """All that the new place needs to open."""
        heights = await self.old.read(lambda connection: given_since(connection, self._heights))
        await self.new.write(lambda connection: go_on_behind(self.new, connection, heights, room=ROOM))
        await self.new.write(lambda connection: write_plan(connection, plan))

    async def _check_numbers(self, plan: MovePlan) -> None:
        """Raise SettingsError if a number that came during the move is another shop's at the new place."""
        shops = plan.shops or ()
        theirs = tuple(plan.numbers.of_shop(number) for number in shops)
        for kind, known in (
            (Kind.WEBHOOK, plan.numbers.webhooks),
            (Kind.API_KEY, plan.numbers.api_keys),
        ):
            ids = await self.old.read(lambda c, kind=kind: given_ids(c, kind, shops))  # type: ignore[misc]  # bound
            unchanged = [number for number in ids if number not in known]
            table = GLOBAL[kind]
            asked = select(func.count()).where(table.c.id.in_(unchanged), table.c.business_id.not_in(theirs))
            if await self.new.read(lambda connection, asked=asked: connection.scalar(asked)):  # type: ignore[misc]  # bound
                raise SettingsError(TAKEN_MEANWHILE)
