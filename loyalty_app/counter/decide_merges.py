"""Deciding merges: hands the order to make two customers one, or two again, to its rule in the core."""

from loyalty_app.counter.decided import Decided, check_phone, customer_of, history_of, occasion
from loyalty_app.counter.merges import KeptMerge, MergeRecord, decode, encode
from loyalty_app.counter.orders import MergeCustomers, Request, UnmergeCustomers
from loyalty_app.counter.state import BatchState
from loyalty_core import merging, unmerging
from loyalty_core.errors import CustomerNotFound, InvalidRequest, LoyaltyError, MergeBar, MergeRefused
from loyalty_core.outcomes import Merged, Unmerged
from loyalty_core.voiding import most_rewards_of_all


def decide_merge(
    order: MergeCustomers | UnmergeCustomers, request: Request, state: BatchState
) -> Decided[Merged] | Decided[Unmerged]:
    """Merge two customers, or take that back."""
    return merge(order, request, state) if isinstance(order, MergeCustomers) else unmerge(order, request, state)


def merge(order: MergeCustomers, request: Request, state: BatchState) -> Decided[Merged]:
    """Merge a customer into another; the chats of the other show the common card."""
    first, other = customer_of(request, order.customer, state), customer_of(request, order.other, state)
    if first.id == other.id:
        raise _one_customer(order, request, state)
    histories = history_of(first, state), history_of(other, state)
    most = sum(map(most_rewards_of_all, histories))
    made = merging.merge(*histories, at=occasion(request, state, most))
    cards = state.chat_cards.to_move(other, first, state.now)
    undo = KeptMerge(merge=made.merge, places=tuple((card.bot_id, card.user_id) for card in cards))
    actor = request.caller.actor
    record = MergeRecord(
        business_id=request.business_id,
        from_id=other.id,
        into_id=first.id,
        merged_at=state.now,
        actor_type=actor.type.value,
        actor_id=actor.id,
        actor_name=actor.name,
        phone=other.phone if other.phone != made.changes[-1].customer.phone else None,
        undo=encode(undo),
    )
    return Decided(made.answer, first.id, made.changes, cards, merged=record)


def _one_customer(order: MergeCustomers, request: Request, state: BatchState) -> LoyaltyError:
    """The refusal of two names of one customer: of the same one, or of two that were merged already."""
    rows = [state.row_of(request.business_id, ref) for ref in (order.customer, order.other)]
    if rows[0] == rows[1]:
        return InvalidRequest.field("from_id", "must be the id of another customer")
    return MergeRefused("These two are one customer already.", MergeBar.ALREADY_MERGED)


def unmerge(order: UnmergeCustomers, request: Request, state: BatchState) -> Decided[Unmerged]:
    """Take a merge back; the chats that came with the other go back with them."""
    first, other = customer_of(request, order.customer, state), state.row_of(request.business_id, order.other)
    if other is None:
        raise CustomerNotFound
    record = state.merges.known.get((other.business_id, other.id))
    if record is None or record.into_id != first.id:
        raise MergeRefused("The one was not merged into the other.", MergeBar.NOT_MERGED)
    if record.undo is None:
        raise MergeRefused("A merge can be taken back for 30 days.", MergeBar.TOO_LATE)
    kept = decode(record.undo)
    check_phone(first.business_id, kept.merge.other.phone, state, own_id=first.id)
    common = unmerging.MergedCard(
        common=history_of(first, state),
        other=other,
        merge=kept.merge,
        merged_at=record.merged_at,
        booked_for={other.id, *state.merges.merged_into(other.business_id, other.id)},
    )
    made = unmerging.unmerge(common, at=occasion(request, state))
    again = made.changes[-1].customer
    cards = state.chat_cards.to_move(first, again, state.now, only=set(kept.places))
    return Decided(made.answer, first.id, made.changes, cards, unmerged=record)
