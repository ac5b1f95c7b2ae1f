"""Shift: in which shop and at which branch a person works now.

The chat and the page remember the same branch. Which shop a window stamps for is the window's to keep: two of them may
stand at two counters.
"""

import msgspec
from litestar import get, put
from litestar.di import NamedDependency
from litestar.response.base import ASGIResponse

from api.messages import AppRequest, data_response, runtime_of
from api.pages.scan.told import IN_WORDS
from api.parsing import path_id, read_body
from loyalty_app.chat.staff_shifts import choose_workplace, read_shift
from loyalty_app.shops.staff import Position
from loyalty_app.shops.workplaces import require_position
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_core.fields import BusinessId, Id


class WorkplaceChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where somebody works today."""

    business_id: Id
    branch_id: Id | None = None


async def position_of(request: AppRequest, person: PagePerson) -> Position:
    """The person's position in the shop that the path names, read now. Raises NotOnStaff, InvalidRequest."""
    business_id = BusinessId(path_id(request))
    position = await runtime_of(request).database.read(
        lambda connection: require_position(connection, business_id, user_id=person.user_id, bot_id=person.bot_id)
    )
    request.state["zone"] = position.business.zone
    return position


@get("/{bot:str}/api/scan/shift", exception_handlers=IN_WORDS)
async def show_shift(request: AppRequest, person: NamedDependency[PagePerson]) -> ASGIResponse:
    """Where the person works. Raises NotOnStaff."""
    return await _shift(request, person)


@put("/{bot:str}/api/scan/shift", exception_handlers=IN_WORDS)
async def change_shift(request: AppRequest, person: NamedDependency[PagePerson]) -> ASGIResponse:
    """Remember the shop and the branch, as the chat does. Raises NotOnStaff, InvalidRequest."""
    chosen, runtime = await read_body(request, WorkplaceChoice), runtime_of(request)
    await choose_workplace(
        runtime.database,
        BusinessId(chosen.business_id),
        chosen.branch_id,
        user_id=person.user_id,
        bot_id=person.bot_id,
        now=runtime.clock(),
    )
    return await _shift(request, person)


async def _shift(request: AppRequest, person: PagePerson) -> ASGIResponse:
    runtime = runtime_of(request)
    now, user_id, bot_id = runtime.clock(), person.user_id, person.bot_id
    shift = await runtime.database.read(
        lambda connection: read_shift(connection, user_id=user_id, bot_id=bot_id, now=now)
    )
    return data_response(shift)


HANDLERS = [show_shift, change_shift]
