"""Tools that merge: they make two customers one, and two again. Like all writes, they first say what they would do."""

from typing import Annotated

import msgspec
from msgspec import Meta

from api.agent.desk import Desk, Json, Refused
from api.agent.figures import AgentWrite, CustomerCard, card_of
from api.agent.reading import Customer, id_of, seen
from api.agent.writing import Confirmed

Stays = Annotated[Customer, Meta(description="The customer who stays, with their code: the id or the code.")]
Other = Annotated[Customer, Meta(description="The other customer: the id, or before the merge the code.")]


class TwoCustomers(Confirmed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who stays, and who was merged into them or is to be."""

    customer_id: Stays
    from_id: Other


async def merge_customers(desk: Desk, asked: TwoCustomers) -> AgentWrite:
    """Make two customers one who are the same person. Stamps and rewards of both are kept; 30 days it can be undone."""
    key, (customer_id, from_id) = asked.key(), await _ids(desk, asked)
    if not asked.confirm:
        first, other = await seen(desk, customer_id), await seen(desk, from_id)
        what = f"Make {_guest(other, from_id)} one with {_guest(first, customer_id)}, whose code stays."
        return AgentWrite(
            done=False, what=what, idempotency_key=key, customer=first, outcome={"other": msgspec.to_builtins(other)}
        )
    merged = await desk.send("POST", f"/customers/{customer_id}/merge", {"from_id": from_id}, once=key)
    return await _of_two(desk, f"Customer {from_id} is one with customer {customer_id} now.", key, merged)


async def unmerge_customers(desk: Desk, asked: TwoCustomers) -> AgentWrite:
    """Take a merge back within 30 days: each has their own stamps and rewards again."""
    key, (customer_id, from_id) = asked.key(), await _ids(desk, asked)
    if not asked.confirm:
        card = await seen(desk, customer_id)
        what = f"Separate customer {from_id} from {_guest(card, customer_id)} again."
        return AgentWrite(done=False, what=what, idempotency_key=key, customer=card)
    path = f"/customers/{customer_id}/unmerge"
    unmerged = await desk.send("POST", path, {"from_id": from_id}, once=key)
    return await _of_two(desk, f"Customer {from_id} has their own card again.", key, unmerged)


async def _ids(desk: Desk, asked: TwoCustomers) -> tuple[int, int]:
    """The ids of both. Raises Refused: the code of the other leads to the same card, as it does after a merge."""
    customer_id, from_id = await id_of(desk, asked.customer_id), await id_of(desk, asked.from_id)
    if customer_id == from_id and not str(asked.from_id).strip().isdecimal():
        detail = "These two are one card already. Name the other customer by the id that the merge told."
        raise Refused({"detail": detail, "code": "merge_refused"})
    return customer_id, from_id


async def _of_two(desk: Desk, what: str, key: str, told: Json) -> AgentWrite:
    personal = await desk.may("customers:read")
    other: Json = msgspec.to_builtins(card_of(told["other"], personal=personal))
    card = card_of(told["customer"], personal=personal)
    return AgentWrite(done=True, what=what, idempotency_key=key, customer=card, outcome={"other": other})


def _guest(card: CustomerCard | None, number: int) -> str:
    if card is None:
        return f"customer {number}"
    return f"{card.name}, who has {card.current_stamps} of {card.stamps_required}"
