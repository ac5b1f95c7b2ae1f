"""Tools that write. Without `confirm` each only says what it would do, and names the key with which to confirm.

With `confirm` it is done, once for each `idempotency_key`.
"""

import json
from typing import Annotated
from uuid import uuid4

import msgspec
from msgspec import UNSET, Meta

from api.agent.desk import Desk, Json, at_customer
from api.agent.figures import AgentWrite, CustomerCard, card_of
from api.agent.reading import Customer, ProgramId, seen
from loyalty_core.programs import ProgramChange

MAIN = ("/program", "the program")
Confirm = Annotated[bool, Meta(description="True does it; false, the default, only says what would happen.")]
Once = Annotated[
    str,
    Meta(min_length=1, max_length=255, description="The key of the preview, or your own: done once for each key."),
]


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """What every write is asked with."""

    confirm: Confirm = False
    idempotency_key: Once | None = None

    def key(self) -> str:
        """The key under which it is done."""
        return self.idempotency_key or new_key()


def new_key() -> str:
    """A key that nobody has used."""
    return f"agent-{uuid4()}"


class GiveStamps(Confirmed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to stamp, and how often."""

    customer: Customer
    stamps: Annotated[int, Meta(ge=1, le=10, description="How many stamps; one call is one visit.")] = 1
    program_id: ProgramId | None = None


async def give_stamps(desk: Desk, asked: GiveStamps) -> AgentWrite:
    """Give a customer stamps for a visit. A full card becomes a reward at once."""
    key = asked.key()
    if not asked.confirm:
        card = await seen(desk, asked.customer)
        guest = _guest(card, asked.program_id) if card else f"customer {asked.customer}"
        return AgentWrite(
            done=False, what=f"Give {_stamps(asked.stamps)} to {guest}.", idempotency_key=key, customer=card
        )
    path = at_customer(asked.customer, "/stamps")
    stamped = await desk.send("POST", path, told(stamps=asked.stamps, program_id=asked.program_id), once=key)
    earned = f" This earned {len(stamped['rewards'])} reward(s)." if stamped["reward_earned"] else ""
    what = f"{_stamps(asked.stamps)} given; the card has {stamped['current_stamps']} of {stamped['stamps_required']}."
    return await _written(desk, what + earned, key, stamped)


class HandOut(Confirmed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who gets a reward, and which."""

    customer: Customer
    reward_id: Annotated[int, Meta(ge=1, description="Which reward; the oldest if it is left out.")] | None = None


async def hand_out_reward(desk: Desk, asked: HandOut) -> AgentWrite:
    """Hand out a reward that a customer has earned."""
    key = asked.key()
    if not asked.confirm:
        card = await seen(desk, asked.customer)
        whom = f"{card.name}, who has {card.rewards_available}" if card else f"customer {asked.customer}"
        which = f"reward {asked.reward_id}" if asked.reward_id else "the oldest reward"
        return AgentWrite(done=False, what=f"Hand out {which} to {whom}.", idempotency_key=key, customer=card)
    path = at_customer(asked.customer, "/redeem")
    redeemed = await desk.send("POST", path, told(reward_id=asked.reward_id), once=key)
    return await _written(desk, f"Handed out: {redeemed['reward']['description']}.", key, redeemed)


class Undo(Confirmed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entry is undone, and why."""

    transaction_id: Annotated[int, Meta(ge=1, description="The entry of the ledger, a stamp or a redemption.")]
    reason: Annotated[str, Meta(min_length=1, max_length=200, description="Why, for the ledger.")] | None = None
    stamps: Annotated[int, Meta(ge=1, description="Only so many of its stamps; all if it is left out.")] | None = None


async def undo(desk: Desk, asked: Undo) -> AgentWrite:
    """Undo stamps that were given, or some of them, or a reward that was handed out. The card is added up again."""
    key, path = asked.key(), f"/transactions/{asked.transaction_id}"
    if not asked.confirm:
        entry = (await desk.get(path))["data"] if await desk.may("customers:read") else None
        part = f"{_stamps(asked.stamps)} of " if asked.stamps else ""
        what = f"Undo {part}entry {asked.transaction_id}{_about(entry)}."
        return AgentWrite(done=False, what=what, idempotency_key=key, outcome=entry)
    voided = await desk.send("POST", f"{path}/void", told(reason=asked.reason, stamps=asked.stamps), once=key)
    undone = f"Undone: {_stamps(asked.stamps)} of entry" if asked.stamps else "Undone: entry"
    return await _written(desk, f"{undone} {asked.transaction_id}.", key, voided)


class ChangeProgram(ProgramChange, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change in a program; a field that is left out stays as it is."""

    program_id: ProgramId | None = None
    confirm: Confirm = False
    idempotency_key: Once | None = None


async def change_program(desk: Desk, asked: ChangeProgram) -> AgentWrite:
    """Change how many stamps make which reward, or the policies. Running cards never get longer by it."""
    key = asked.idempotency_key or new_key()
    asked_for = {
        name: value for name in ProgramChange.__struct_fields__ if (value := getattr(asked, name)) is not UNSET
    }
    change: Json = msgspec.to_builtins(asked_for)
    path, which = (f"/programs/{asked.program_id}", f"program {asked.program_id}") if asked.program_id else MAIN
    if not asked.confirm:
        now = (await desk.get(path))["data"] if await desk.may("program:read") else {}
        what = ", ".join(f"{name} {_before(now, name)}becomes {_plain(value)}" for name, value in change.items())
        return AgentWrite(done=False, what=f"Change {which}: {what or 'nothing'}.", idempotency_key=key)
    program = await desk.send("PATCH", path, change, once=key)
    return AgentWrite(done=True, what="The program is changed.", idempotency_key=key, outcome=program)


def told(**body: object) -> Json:
    """The body of a request: what was asked for, and nothing that was left out."""
    return {name: value for name, value in body.items() if value is not None}


async def _written(desk: Desk, what: str, key: str, outcome: Json) -> AgentWrite:
    card = card_of(outcome["customer"], personal=await desk.may("customers:read"))
    rest = {name: value for name, value in outcome.items() if name != "customer"}
    return AgentWrite(done=True, what=what, idempotency_key=key, customer=card, outcome=rest)


def _guest(card: CustomerCard, program_id: int | None) -> str:
    if program_id is None:
        return f"{card.name}, who has {card.current_stamps} of {card.stamps_required}"
    held = next((one for one in card.cards if one["program_id"] == program_id), None)
    has = f"{held['current_stamps']} of {held['stamps_required']}" if held else "no stamps"
    return f"{card.name}, who has {has} in program {program_id}"


def _stamps(number: int) -> str:
    return "1 stamp" if number == 1 else f"{number} stamps"


def _about(entry: Json | None) -> str:
    return f": {entry['type']} of {entry['occurred_at']} by {entry['actor']['name'] or 'the system'}" if entry else ""


def _before(program: Json, name: str) -> str:
    return f"({_plain(program[name])}) " if name in program else ""


def _plain(value: object) -> str:
    if value is None or value in ([], ()):
        return "none"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | tuple) else str(value)
