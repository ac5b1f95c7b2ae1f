"""Tools that write. Without `confirm` each only says what it would do, and names the key with which to confirm.

With `confirm` it is done, once for each `idempotency_key`.
"""

from typing import Annotated
from uuid import uuid4

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.agent.desk import Desk, Json, at_customer
from api.agent.figures import AgentWrite, CustomerCard, card_of
from api.agent.reading import Customer, ProgramId, seen
from loyalty_core.programs import ProgramChange

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
        return self.idempotency_key or f"agent-{uuid4()}"


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
        guest = _guest(card, asked.program_id) if card else asked.customer
        return AgentWrite(
            done=False, what=f"Give {_stamps(asked.stamps)} to {guest}.", idempotency_key=key, customer=card
        )
    path = at_customer(asked.customer, "/stamps")
    stamped = await desk.send("POST", path, {"stamps": asked.stamps, "program_id": asked.program_id}, once=key)
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
        guest = f"{card.name}, who has {card.rewards_available}" if card else asked.customer
        which = f"reward {asked.reward_id}" if asked.reward_id else "the oldest reward"
        return AgentWrite(done=False, what=f"Hand out {which} to {guest}.", idempotency_key=key, customer=card)
    path = at_customer(asked.customer, "/redeem")
    redeemed = await desk.send("POST", path, {"reward_id": asked.reward_id}, once=key)
    return await _written(desk, f"Handed out: {redeemed['reward']['description']}.", key, redeemed)


class Undo(Confirmed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entry is undone, and why."""

    transaction_id: Annotated[int, Meta(ge=1, description="The entry of the ledger, a stamp or a redemption.")]
    reason: Annotated[str, Meta(min_length=1, max_length=200, description="Why, for the ledger.")] | None = None


async def undo(desk: Desk, asked: Undo) -> AgentWrite:
    """Undo stamps that were given, or a reward that was handed out. The card is added up again without it."""
    key, path = asked.key(), f"/transactions/{asked.transaction_id}"
    if not asked.confirm:
        entry = (await desk.get(path))["data"] if await desk.may("customers:read") else None
        what = f"Undo entry {asked.transaction_id}{_told(entry)}."
        return AgentWrite(done=False, what=what, idempotency_key=key, outcome=entry)
    voided = await desk.send("POST", f"{path}/void", {"reason": asked.reason}, once=key)
    return await _written(desk, f"Entry {asked.transaction_id} is undone.", key, voided)


class ChangeProgram(ProgramChange, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change in the program; a field that is left out stays as it is."""

    confirm: Confirm = False
    idempotency_key: Once | None = None


async def change_program(desk: Desk, asked: ChangeProgram) -> AgentWrite:
    """Change how many stamps make which reward, or the policies. Running cards never get longer by it."""
    key = asked.idempotency_key or f"agent-{uuid4()}"
    change = {name: value for name in ProgramChange.__struct_fields__ if (value := getattr(asked, name)) is not UNSET}
    if not asked.confirm:
        now = (await desk.get("/program"))["data"] if await desk.may("program:read") else {}
        what = ", ".join(f"{name} {_before(now, name)}becomes {_plain(value)}" for name, value in change.items())
        return AgentWrite(done=False, what=f"Change the program: {what or 'nothing'}.", idempotency_key=key)
    program = await desk.send("PATCH", "/program", msgspec.to_builtins(change), once=key)
    return AgentWrite(done=True, what="The program is changed.", idempotency_key=key, outcome=program)


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


def _told(entry: Json | None) -> str:
    return f": {entry['type']} of {entry['occurred_at']} by {entry['actor']['name'] or 'the system'}" if entry else ""


def _before(program: Json, name: str) -> str:
    return f"({_plain(program[name])}) " if name in program else ""


def _plain(value: object) -> str:
    return "none" if value is None or isinstance(value, UnsetType) else str(value)
