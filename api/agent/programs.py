"""Tools for whole programs: to add one, archive one, and make one the main one. Each first says what it would do."""

from typing import Annotated

import msgspec
from msgspec import Meta

from api.agent.desk import Desk, Json
from api.agent.figures import AgentWrite
from api.agent.writing import Confirm, Confirmed, Once, new_key, told
from loyalty_core.programs import NewProgram

Number = Annotated[int, Meta(ge=1, description="The program, by its id.")]


class AddProgram(NewProgram, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the new program is called, and its terms."""

    confirm: Confirm = False
    idempotency_key: Once | None = None


async def add_program(desk: Desk, asked: AddProgram) -> AgentWrite:
    """Add a program: one more stamp card of the shop, with stamps and rewards of its own."""
    key = asked.idempotency_key or new_key()
    body: Json = msgspec.to_builtins(told(**{name: getattr(asked, name) for name in NewProgram.__struct_fields__}))
    what = f"{asked.title or 'as the shop'}: {asked.stamps_required} stamps make {asked.reward_description}"
    if not asked.confirm:
        return AgentWrite(done=False, what=f"Add a program, {what}.", idempotency_key=key)
    program = await desk.send("POST", "/programs", body, once=key)
    return AgentWrite(done=True, what=f"Added, {what}.", idempotency_key=key, outcome=program)


class OneProgram(Confirmed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which program it is about."""

    program_id: Number


async def archive_program(desk: Desk, asked: OneProgram) -> AgentWrite:
    """Archive a program: it takes no new stamps from then on, for good. Its cards stay, its rewards can be redeemed."""
    return await _do(desk, asked, "archive", "Archive {title}.", "Archived: {title}.")


async def make_main_program(desk: Desk, asked: OneProgram) -> AgentWrite:
    """Make a program the main one: it is meant where nobody names a program."""
    return await _do(desk, asked, "make-main", "Make {title} the main one.", "The main one now: {title}.")


async def _do(desk: Desk, asked: OneProgram, deed: str, before: str, after: str) -> AgentWrite:
    key, path = asked.key(), f"/programs/{asked.program_id}"
    if not asked.confirm:
        known = (await desk.get(path))["data"] if await desk.may("program:read") else None
        what = before.format(title=_title(known, asked.program_id))
        return AgentWrite(done=False, what=what, idempotency_key=key, outcome=known)
    program = await desk.send("POST", f"{path}/{deed}", {}, once=key)
    what = after.format(title=_title(program, asked.program_id))
    return AgentWrite(done=True, what=what, idempotency_key=key, outcome=program)


def _title(program: Json | None, number: int) -> str:
    return f"program {number}" if program is None else f"program {number}, {program['title'] or program['name']}"
