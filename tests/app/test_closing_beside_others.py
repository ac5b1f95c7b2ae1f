"""A shop that is being deleted while a move, the doctor or another command has looked at it before."""

from functools import partial

import pytest
from sqlalchemy import Connection, Insert, Update, insert, select, update

from loyalty_app.customers.proof import Proof
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import NOWHERE
from loyalty_app.db.tables import business, business_total, posting_index, posting_list
from loyalty_app.moving.departures import hold, release
from loyalty_app.settings import Settings
from loyalty_app.shops import closing
from loyalty_app.shops.businesses import Business, list_businesses, set_plan, twin_of
from loyalty_app.shops.closing import close_shop, forget_rest, unfinished_closings
from loyalty_app.shops.twins import create_test_key
from loyalty_app.upkeep import list_proof
from loyalty_app.upkeep.list_proof import prove_lists
from loyalty_cli.doctor import contents
from loyalty_cli.doctor.findings import Status
from loyalty_core.access import PLANS, Plan
from loyalty_core.errors import InvalidRequest
from testkit.half_deleted import begin_deleting
from testkit.shop import Shop, open_next_door

MARKS = select(business.c.moved_to).order_by(business.c.id)


async def marks(database: Database) -> list[str | None]:
    return await database.read(lambda connection: [*connection.scalars(MARKS)])


async def write(database: Database, change: Insert | Update) -> None:
    await database.write(lambda connection: connection.execute(change).close())


async def test_a_move_that_looked_before_neither_holds_it_nor_serves_it_again(shop: Shop) -> None:
    other, database = await open_next_door(shop), shop.database
    both = [shop.business.id, other.business.id]
    await begin_deleting(database, shop.business.id)
    with pytest.raises(InvalidRequest, match="is being deleted"):
        await hold(database, both)
    assert await marks(database) == [NOWHERE, None]
    await hold(database, both[1:])
    await release(database, both)
    assert await marks(database) == [NOWHERE, None]
    assert (await close_shop(database, shop.business.id)).left == 0


async def test_it_is_found_of_test_keys_alone_whose_writings_are_being_deleted_too(shop: Shop) -> None:
    database, number, now = shop.database, shop.business.id, shop.clock.now
    await create_test_key(database, number, name="Test", now=now)
    twin = await database.read(lambda connection: twin_of(connection, number))
    assert twin is not None
    await begin_deleting(database, twin)
    assert await unfinished_closings(database) == [twin]
    with pytest.raises(InvalidRequest, match=f"{twin} is being deleted"):
        await create_test_key(database, number, name="Late", now=now)
    await begin_deleting(database, number)
    assert await unfinished_closings(database) == [number], "the rest goes with it"
    assert (await close_shop(database, number)).left == 0


async def test_its_lists_are_no_finding_if_it_began_while_they_were_looked_at(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.join("Lena")
    number, made = shop.business.id, shop.clock.now
    complete = {"business_id": number, "made_at": made, "customers": 1, "busy_until": made}
    torn = {"business_id": number, "beginning": "le", "part": 0, "customers": b"torn"}
    await write(shop.database, insert(posting_index).values(complete))
    await write(shop.database, insert(posting_list).values(torn))
    assert len((await prove_lists(shop.database)).wrong) == 1
    here = select(posting_index.c.business_id)  # in each shard, as it was a moment before
    monkeypatch.setattr(list_proof, "_listed_shops", lambda connection: list(connection.scalars(here)))
    await begin_deleting(shop.database, number)
    proven = await prove_lists(shop.database)
    assert (proven.wrong, proven.gone, proven.unfinished) == ([], [], [number])


async def test_its_books_are_proven_by_nobody_who_looked_before(shop: Shop) -> None:
    for name in ("Lena", "Otto", "Ana"):
        await shop.stamp((await shop.join(name)).id, 10)
    prove = contents._prove  # noqa: SLF001  # what the doctor does with each shop
    whole = Proof(shop.business)
    await shop.database.read(partial(prove, whole))
    assert (whole.customers, whole.found) == (3, 0)
    await begin_deleting(shop.database, shop.business.id, at_once=2)
    half = Proof(shop.business)
    await shop.database.read(partial(prove, half))
    await close_shop(shop.database, shop.business.id)
    none = Proof(shop.business)
    await shop.database.read(partial(prove, none))
    assert [(late.customers, late.found) for late in (half, none)] == [(0, 0), (0, 0)]


async def test_nobody_is_told_that_its_plan_is_full(
    settings: Settings, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_plan(shop.database, shop.business.id, Plan.TRIAL)
    full = update(business_total).values(customers=PLANS[Plan.TRIAL].customers)
    await write(shop.database, full)
    shops = await list_businesses(shop.database)
    assert len((await contents.examine_plans(settings)).details) == 1

    async def before(_: Database) -> list[Business]:
        return shops

    monkeypatch.setattr(contents, "list_businesses", before)
    await begin_deleting(shop.database, shop.business.id)
    half = await contents.examine_plans(settings)
    await close_shop(shop.database, shop.business.id)
    none = await contents.examine_plans(settings)
    assert [late.status for late in (half, none)] == [Status.OK, Status.OK]


async def test_what_is_left_of_a_number_is_not_deleted_once_a_shop_with_it_has_come(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, number = shop.database, shop.business.id
    row = {"business_id": number, "beginning": "l", "part": 0, "customers": b""}
    asked = closing._rest_of  # noqa: SLF001  # before it came
    looks = [{posting_list.name: 1}]

    def before(connection: Connection, business_id: int) -> dict[str, int]:
        return looks.pop() if looks else asked(connection, business_id)

    await write(database, insert(posting_list).values(row))
    monkeypatch.setattr(closing, "_rest_of", before)
    await forget_rest(database, number)
    assert len(await shop.rows(posting_list)) == 1
