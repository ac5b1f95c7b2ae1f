"""Branches of a shop: opening, renaming and closing them, and opening a closed one again.

The rules, in words:
- Managers and owners do it, as with the other settings of a shop.
- A closed branch takes no stamps. One that was given before, and comes later from an offline phone or till, still
  counts.
- Its past stays: the ledger and the figures name it, and so does the API.
- Staff who work there are moved off it; they choose another branch, or are at the only one that is left.

What somebody reads of branches is in `workplaces`.
"""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, select, update

from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import KeyedAnswer, KeyedRequest, answer_once
from loyalty_app.db.tables import branch, staff, telegram_bot, telegram_chat
from loyalty_app.shops.businesses import require_staff
from loyalty_app.shops.workplaces import Branch, branch_view, branches_of, place_branch
from loyalty_core.access import Role
from loyalty_core.customers import clean_name
from loyalty_core.errors import InvalidRequest
from loyalty_core.fields import BusinessId

encode = msgspec.json.Encoder().encode


class BranchChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change about a branch; unset fields stay as they are."""

    name: str | UnsetType = UNSET
    closed: bool | UnsetType = UNSET


async def open_branch(
    database: Database, request: KeyedRequest, name: str, *, now: datetime, by: int | None = None
) -> KeyedAnswer:
    """Open a branch; the answer is a BranchView. `by` is the member of the staff who asks, None the operator.

    Raises InvalidRequest, NotOnStaff, RoleRequired, IdempotencyKeyReused.
    """
    title, business_id = clean_name(name), request.business_id

    def work(connection: Connection) -> bytes:
        require_staff(connection, business_id, by, Role.MANAGER)
        return encode(branch_view(place_branch(database, connection, business_id, name=title, now=now)))

    return await answer_once(database, request, work, now=now)


async def change_branch(
    database: Database,
    request: KeyedRequest,
    branch_id: int,
    change: BranchChange,
    *,
    now: datetime,
    by: int | None = None,
) -> KeyedAnswer:
    """Rename a branch, close it, or open it again; closing a closed one keeps its day. The answer is a BranchView.

    Raises InvalidRequest, also if the shop has no such branch; NotOnStaff, RoleRequired, IdempotencyKeyReused.
    """
    title, business_id = UNSET if change.name is UNSET else clean_name(change.name), BusinessId(request.business_id)

    def work(connection: Connection) -> bytes:
        require_staff(connection, business_id, by, Role.MANAGER)
        own = branch.c.business_id == business_id, branch.c.id == branch_id
        connection.execute(select(branch.c.id).where(*own).with_for_update()).close()
        if title is not UNSET:
            connection.execute(update(branch).where(*own).values(name=title)).close()
        if change.closed is False:
            connection.execute(update(branch).where(*own).values(closed_at=None)).close()
        if change.closed is True:
            connection.execute(update(branch).where(*own, branch.c.closed_at.is_(None)).values(closed_at=now)).close()
            _end_shifts(connection, business_id, branch_id)
        return encode(branch_view(_find(connection, business_id, branch_id)))

    return await answer_once(database, request, work, now=now)


def _find(connection: Connection, business_id: BusinessId, branch_id: int) -> Branch:
    for one in branches_of(connection, business_id):
        if one.id == branch_id:
            return one
    raise InvalidRequest.field("branch_id", "must be the id of a branch of this business")


def _end_shifts(connection: Connection, business_id: BusinessId, branch_id: int) -> None:
    """Nobody is at the branch any more; chats are found by their keys, for there may be a million of them."""
    chat = telegram_chat.c
    people = select(staff.c.user_id).where(staff.c.business_id == business_id, staff.c.user_id.is_not(None))
    theirs = chat.bot_id.in_(select(telegram_bot.c.bot_id)), chat.chat_id.in_(people)
    there = update(telegram_chat).where(*theirs, chat.business_id == business_id, chat.branch_id == branch_id)
    connection.execute(there.values(branch_id=None)).close()
