"""Workplaces: the branches of a shop, where a person of the chat works, and what they may do there now.

An entry of the ledger may name the branch where it was made.

Only this module decides the chat's rights. Everything about one press is read in one snapshot: the staff, the role, and
the bot that was written to. A shop's own bot knows only that shop. What a role may do is a rule of the core; who is on
the staff is in `staff`. Writes check again in their own transaction (`businesses.require_staff`, and `authorised` in
`counter/decide.py`).
"""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, Row, select

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import branch as branch_table
from loyalty_app.ids import Kind
from loyalty_app.pagination import Page, PageRequest, Walk, page_of, read_page
from loyalty_app.shops.businesses import check_here, find_business
from loyalty_app.shops.links import past_numbers, shop_of_bot
from loyalty_app.shops.staff import Position, position_in, positions
from loyalty_core.access import Role, require_role
from loyalty_core.customers import clean_name
from loyalty_core.errors import NotOnStaff
from loyalty_core.fields import BotId, BusinessId, UserId


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """A branch of a shop."""

    id: int
    business_id: int
    name: str
    created_at: datetime
    closed_at: datetime | None = None


class BranchView(msgspec.Struct, frozen=True):
    """A branch as the world sees it. Only a closed one has `closed_at`: it takes no stamps; its past still names it."""

    id: int
    name: str
    created_at: datetime
    closed_at: datetime | UnsetType = UNSET


class Workplace(msgspec.Struct, frozen=True, kw_only=True):
    """A shop where somebody works: their position, and its open branches."""

    position: Position
    branches: tuple[Branch, ...]


def require_position(
    connection: Connection, business_id: BusinessId, *, user_id: UserId, bot_id: BotId, role: Role = Role.STAFF
) -> Position:
    """A person's position in a shop, if they have that role there now, or a higher one.

    In addresses and buttons of the shop's own bot, a number that the shop had before it was moved stands for it.
    Raises NotOnStaff if they do not work there (any more), or if the bot is another shop's; ShopMoved once the shop is
    elsewhere; ShopClosed while it is being deleted; RoleRequired.
    """
    if shop_of_bot(connection, bot_id) not in {None, business_id}:
        business_id = BusinessId(past_numbers(connection, bot_id, business_id).get(business_id, 0))
    position = position_in(connection, user_id, business_id)
    if position is None:
        raise NotOnStaff
    check_here(position.business)
    require_role(position.role, role)
    return position


def require_workplace(connection: Connection, business_id: BusinessId, *, user_id: UserId, bot_id: BotId) -> Workplace:
    """The shop where a person works, with its open branches. Raises as `require_position` does."""
    position = require_position(connection, business_id, user_id=user_id, bot_id=bot_id)
    return Workplace(position=position, branches=open_branches_of(connection, position.business.id))


def list_positions(connection: Connection, *, user_id: UserId, bot_id: BotId) -> list[Position]:
    """A person's positions in the shops that a bot knows, the oldest first.

    Shops that have moved or are being deleted are left out, unless there is no other: then the person is told so.
    """
    everywhere = positions(connection, user_id)
    shop_of_this_bot = shop_of_bot(connection, bot_id) if everywhere else None
    known = [position for position in everywhere if shop_of_this_bot in {None, position.business.id}]
    return [position for position in known if not position.business.moved_to] or known


def _branch_of(row: Row[Any]) -> Branch:
    return Branch(**{name: getattr(row, name) for name in Branch.__struct_fields__})


async def add_branch(database: Database, business_id: int, *, name: str, now: datetime) -> Branch:
    """Add a branch to a shop. Raises InvalidRequest."""
    title = clean_name(name)

    return await database.write(lambda connection: place_branch(database, connection, business_id, name=title, now=now))


def place_branch(database: Database, connection: Connection, business_id: int, *, name: str, now: datetime) -> Branch:
    """Add a branch with a clean name inside the caller's transaction. Raises InvalidRequest."""
    find_business(connection, business_id)
    with database.ids(connection) as ids:
        branch = Branch(id=ids.take(Kind.BRANCH), business_id=business_id, name=name, created_at=now)
    database.insert(connection, branch_table, [msgspec.structs.asdict(branch)])
    return branch


async def list_branches(database: Database, business_id: int) -> list[Branch]:
    """The branches of a shop, the oldest first. Raises InvalidRequest if there is no such shop."""

    def work(connection: Connection) -> list[Branch]:
        find_business(connection, business_id)
        return list(branches_of(connection, business_id))

    return await database.read(work)


def page_of_branches(connection: Connection, business_id: BusinessId, *, wanted: PageRequest) -> Page[BranchView]:
    """The branches of a shop for the wire, the oldest first, closed ones too. Raises PageTooDeep, InvalidCursor."""
    own = select(branch_table).where(branch_table.c.business_id == business_id)
    found = read_page(connection, own, Walk("branches", branch_table.c.id), wanted=wanted, total=None)
    return page_of(found, lambda row: branch_view(_branch_of(row)))


def branch_view(branch: Branch) -> BranchView:
    """A branch for the wire."""
    return BranchView(branch.id, branch.name, branch.created_at, branch.closed_at or UNSET)


def branches_of(connection: Connection, business_id: int) -> tuple[Branch, ...]:
    """The branches of a shop, the oldest first, closed ones too; none if there is no such shop."""
    own = select(branch_table).where(branch_table.c.business_id == business_id).order_by(branch_table.c.id)
    return tuple(_branch_of(row) for row in connection.execute(own))


def open_branches_of(connection: Connection, business_id: int) -> tuple[Branch, ...]:
    """The branches of a shop that take stamps, the oldest first."""
    return tuple(branch for branch in branches_of(connection, business_id) if branch.closed_at is None)
