"""Tools that merge: they make two customers one, and two again. Like all writes, they first say what they would do."""

from typing import Annotated

import msgspec
from msgspec import Meta

from api.agent.desk import Desk, Json
from api.agent.figures import AgentWrite, CustomerCard, card_of
from api.agent.reading import seen
from api.agent.writing import Confirmed

CustomerNumber = Annotated[int, Meta(ge=1, description="The id of the customer who stays, with their code.")]
OtherNumber = Annotated[int, Meta(ge=1, description="The id of the other customer.")]


class TwoCustomers(Confirmed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who stays, and who was merged into them or is to be."""

    customer_id: CustomerNumber
    from_id: OtherNumber


async def merge_customers(desk: Desk, asked: TwoCustomers) -> AgentWrite:
    """Make two customers one who are the same person. Stamps and rewards of both are kept; 30 days it can be undone."""
    key = asked.key()
    if not asked.confirm:
        first, other = await seen(desk, str(asked.customer_id)), await seen(desk, str(asked.from_id))
        what = f"Make {_guest(other, asked.from_id)} one with {_guest(first, asked.customer_id)}, whose code stays."
        return AgentWrite(
            done=False, what=what, idempotency_key=key, customer=first, outcome={"other": msgspec.to_builtins(other)}
        )
    merged = await desk.send("POST", f"/customers/{asked.customer_id}/merge", {"from_id": asked.from_id}, once=key)
    return await _of_two(desk, f"Customer {asked.from_id} is one with customer {asked.customer_id} now.", key, merged)


async def unmerge_customers(desk: Desk, asked: TwoCustomers) -> AgentWrite:
    """Take a merge back within 30 days: each has their own stamps and rewards again."""
    key = asked.key()
    if not asked.confirm:
        card = await seen(desk, str(asked.customer_id))
        what = f"Separate customer {asked.from_id} from {_guest(card, asked.customer_id)} again."
        return AgentWrite(done=False, what=what, idempotency_key=key, customer=card)
    path = f"/customers/{asked.customer_id}/unmerge"
    unmerged = await desk.send("POST", path, {"from_id": asked.from_id}, once=key)
    return await _of_two(desk, f"Customer {asked.from_id} has their own card again.", key, unmerged)


async def _of_two(desk: Desk, what: str, key: str, told: Json) -> AgentWrite:
    personal = await desk.may("customers:read")
    other: Json = msgspec.to_builtins(card_of(told["other"], personal=personal))
    card = card_of(told["customer"], personal=personal)
    return AgentWrite(done=True, what=what, idempotency_key=key, customer=card, outcome={"other": other})


def _guest(card: CustomerCard | None, number: int) -> str:
    if card is None:
        return f"customer {number}"
    return f"{card.name}, who has {card.current_stamps} of {card.stamps_required}"
