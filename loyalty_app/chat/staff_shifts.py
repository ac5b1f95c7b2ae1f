"""Staff shifts: the shops in which a person works, with their branches, and where they are today.

Where they are is what their chat remembers; a page of the staff reads and writes the same.
"""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, and_, select

from loyalty_app.chat.chats import ChatChange, change_chat, find_chat
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import staff, telegram_bot, telegram_chat
from loyalty_app.shops.several_programs import titles_of
from loyalty_app.shops.workplaces import list_positions, open_branches_of, require_workplace
from loyalty_core.errors import InvalidRequest, NotOnStaff
from loyalty_core.fields import BotId, BusinessId, ChatId, UserId
from loyalty_core.views import utc


class ShiftBranch(msgspec.Struct, frozen=True):
    """A branch of a shop, as its staff choose it."""

    id: int
    name: str


class ShiftProgram(msgspec.Struct, frozen=True):
    """A program of a shop, as its staff choose it; `id` is its number."""

    id: int
    title: str


class ShiftShop(msgspec.Struct, frozen=True, kw_only=True):
    """A shop in which a person works, and its branches, the oldest first.

    `programs` are those that can be stamped, the main one first; there are none to choose from if it is the only one.
    """

    id: int
    name: str
    branches: tuple[ShiftBranch, ...]
    programs: tuple[ShiftProgram, ...] = ()


class StaffShift(msgspec.Struct, frozen=True, kw_only=True):
    """A person at work: their shops, the oldest first; in which they were last, and the branch that they chose there.

    `business_id` is always one of the shops. `branch_id` is one of its branches; None if it has none, or several of
    which none was chosen. `now` is the time of this server, for phones whose clock is wrong.
    """

    user_id: UserId
    shops: tuple[ShiftShop, ...]
    business_id: int
    branch_id: int | None
    now: datetime


def read_shift(connection: Connection, *, user_id: UserId, bot_id: BotId, now: datetime) -> StaffShift:
    """A person at work in the shops that a bot knows. Raises NotOnStaff if they work in none."""
    businesses = [position.business for position in list_positions(connection, user_id=user_id, bot_id=bot_id)]
    if not businesses:
        raise NotOnStaff
    shops = tuple(
        ShiftShop(
            id=shop.id,
            name=shop.name,
            branches=tuple(ShiftBranch(each.id, each.name) for each in open_branches_of(connection, shop.id)),
            programs=tuple(ShiftProgram(*each) for each in titles_of(connection, shop).choice.items()),
        )
        for shop in businesses
    )
    chat = find_chat(connection, bot_id, ChatId(user_id))
    here = next((shop for shop in shops if shop.id == chat.business_id), shops[0])
    return StaffShift(
        user_id=user_id,
        shops=shops,
        business_id=here.id,
        branch_id=_branch_in(here.branches, chat.branch_id),
        now=utc(now),
    )


def _branch_in(branches: tuple[ShiftBranch, ...], chosen: int | None) -> int | None:
    """The branch where a person is: the only one, or the chosen one."""
    if len(branches) == 1:
        return branches[0].id
    return chosen if any(branch.id == chosen for branch in branches) else None


async def choose_workplace(
    database: Database, business_id: BusinessId, branch_id: int | None, *, user_id: UserId, bot_id: BotId, now: datetime
) -> None:
    """Remember where a person works today; without a branch, the one chosen before stays.

    Raises NotOnStaff, and InvalidRequest if the branch is none of that shop.
    """
    workplace = await database.read(
        lambda connection: require_workplace(connection, business_id, user_id=user_id, bot_id=bot_id)
    )
    if branch_id is not None and branch_id not in {branch.id for branch in workplace.branches}:
        raise InvalidRequest.field("branch_id", "must be the id of a branch of this business, or null")
    change = ChatChange(business_id=workplace.position.business.id)
    if branch_id is not None:
        change = msgspec.structs.replace(change, branch_id=branch_id)
    await change_chat(database, bot_id, ChatId(user_id), change, now=now)


def places_of_staff(connection: Connection, business_id: BusinessId, *, bot_id: BotId) -> dict[int, int]:
    """The open branches where the members of a shop's staff are, by their ids there, without those who chose none.

    What somebody told this bot counts before what they told another.
    """
    branches = [branch.id for branch in open_branches_of(connection, business_id)]
    everywhere = telegram_chat.c.bot_id.in_(select(telegram_bot.c.bot_id))  # chats are found by bot and person
    chats = (
        select(staff.c.id, telegram_chat.c.branch_id)
        .join_from(staff, telegram_chat, and_(everywhere, staff.c.user_id == telegram_chat.c.chat_id))
        .where(staff.c.business_id == business_id, staff.c.removed_at.is_(None))
        .where(telegram_chat.c.business_id == business_id, telegram_chat.c.branch_id.in_(branches))
        .order_by(telegram_chat.c.bot_id == bot_id)
    )
    return {row.id: row.branch_id for row in connection.execute(chats)}
