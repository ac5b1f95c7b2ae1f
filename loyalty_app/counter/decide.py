"""Deciding: hands each order to its rule in the core, and says whether a stamp may be given or a reward handed out.

A decider reads the state of the batch and changes nothing: `batch` applies its decision. It raises refusals.
"""

import secrets
from typing import TypeVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from loyalty_app.counter.answers import AnyOutcome
from loyalty_app.counter.decide_gifts import brought_along, decide_gift
from loyalty_app.counter.decide_merges import decide_merge
from loyalty_app.counter.decided import (
    Decided,
    check_phone,
    customer_of,
    history_of,
    holder_of_phone,
    occasion,
    with_opening,
)
from loyalty_app.counter.orders import (
    ChangeProfile,
    Claim,
    Erase,
    Expire,
    GiveBirthday,
    GiveStamp,
    GiveWinBack,
    Join,
    MergeCustomers,
    Redeem,
    Request,
    States,
    ThankReferrer,
    UnmergeCustomers,
    Void,
    code_key_of,
)
from loyalty_app.counter.state import BatchState, Overtaken
from loyalty_app.ids import Kind
from loyalty_core import claiming, joining, stamping, voiding
from loyalty_core.booking import head_start_is_due
from loyalty_core.changes import Change, Occasion
from loyalty_core.customers import CODE_RANDOM_BYTES, Customer, new_code
from loyalty_core.errors import (
    CustomerNotFound,
    InvalidRequest,
    NotOnStaff,
    OrderRefUsed,
    RewardNotFound,
    TransactionNotFound,
)
from loyalty_core.ledger import ActorType, Entry, EntryType
from loyalty_core.outcomes import Claimed, Erased, Expired, Redeemed, Stamped, Voided
from loyalty_core.programs import CardCodes, Program
from loyalty_core.rotating_codes import AROUND, LATE_AROUND, Showing, check_code
from loyalty_core.stamping import moment_of
from loyalty_core.views import CustomerView, check_state, customer_state, customer_view, main_of, program_named


def authorised(request: Request, state: BatchState) -> Request:
    """The request, with the caller's current name and role on the staff. Raises NotOnStaff."""
    caller = request.caller
    if caller.actor.type is not ActorType.STAFF:
        return request
    actor = state.staff.get((request.business_id, caller.actor.id or 0))
    if actor is None:
        raise NotOnStaff
    return Request(replace(caller, actor=actor), request.order, request.seal)


def decide(request: Request, state: BatchState) -> Decided[AnyOutcome]:  # noqa: C901, PLR0911  # one line for each order
    """Hand a request to its rule. Raises LoyaltyError, and Overtaken if a card was not locked in time."""
    match request.order:
        case GiveStamp() as order:
            return give_stamp(order, request, state)
        case Redeem() as order:
            return redeem(order, request, state)
        case Join() as order:
            return join(order, request, state)
        case Claim() as order:
            return claim(order, request, state)
        case Void() as order:
            return void(order, request, state)
        case ChangeProfile() as order:
            return change_profile(order, request, state)
        case Erase() as order:
            return erase(order, request, state)
        case Expire() as order:
            return expire(order, request, state)
        case GiveBirthday() | GiveWinBack() | ThankReferrer() as order:
            return decide_gift(order, request, state)
        case MergeCustomers() | UnmergeCustomers() as order:
            return decide_merge(order, request, state)


def give_stamp(order: GiveStamp, request: Request, state: BatchState) -> Decided[Stamped]:
    """Stamp a card."""
    program = _program(request.business_id, order.stamp.program_id or UNSET, state)
    customer = customer_of(request, order.customer, state).turned_to(program.id)
    _check_order_ref(request.business_id, order.stamp.order_ref, state)
    _check_branch(request.business_id, order.stamp, state)
    at = occasion(request, state, stamping.most_rewards(customer, program, order.stamp.stamps))
    if head_start_is_due(customer, program):
        at = with_opening(at, state)
    if (policy := main_of(program).terms.card_codes) is not CardCodes.FIXED:
        at = _with_code(at, request, policy, state)
    ledger = state.ledger_of(customer) if stamping.is_late(order.stamp, program.terms) else None
    return _decided(stamping.stamp(customer, program, order.stamp, at=at, ledger=ledger))


def redeem(order: Redeem, request: Request, state: BatchState) -> Decided[Redeemed]:
    """Hand out a reward."""
    customer = customer_of(request, order.customer, state)
    program, rewards, at = state.program(request.business_id), state.rewards_of(customer), occasion(request, state)
    if program.terms.card_codes is not CardCodes.FIXED:
        at = _with_code(at, request, program.terms.card_codes, state)
    return _decided(stamping.redeem(customer, program, rewards, order=order.reward, at=at))


def join(order: Join, request: Request, state: BatchState) -> Decided[CustomerView]:
    """Hand out a card, or return the one that the person holds in a chat already."""
    holder = order.holder
    if holder is UNSET:
        changes = _new_customer(order, request, state)
        return Decided(changes[-1].answer, changes[-1].customer.id, changes)
    customer = state.customer_in_chat(request.business_id, holder.user_id)
    if customer is not None:
        decided = Decided(customer_view(customer, state.program(request.business_id)), customer.id)
    else:
        by = brought_along(order, request, state)
        changes = _new_customer(order, request, state, brought_along=by is not None)
        customer, decided = changes[-1].customer, Decided(changes[-1].answer, changes[-1].customer.id, changes)
        decided = decided if by is None else replace(decided, referral=replace(by, customer_id=customer.id))
    return replace(decided, cards_to_hang=state.chat_cards.to_hang(holder, customer, state.now))


def _new_customer(
    order: Join, request: Request, state: BatchState, *, brought_along: bool = False
) -> tuple[Change[CustomerView], ...]:
    business_id = request.business_id
    if business_id not in state.businesses:  # it was deleted a moment ago
        raise CustomerNotFound
    check_phone(business_id, order.profile.phone, state)
    joining.check_room(state.businesses[business_id].plan, state.customer_counts[business_id])
    new = joining.NewCard(
        customer_id=state.ids.peek(Kind.CUSTOMER),
        business_id=business_id,
        qr_code=new_code(secrets.token_bytes(CODE_RANDOM_BYTES)),
        opening_stamps=order.opening_stamps,
        joined_at=None if order.joined_at is UNSET else order.joined_at,
        imported=order.imported is not UNSET,
        brought_along=brought_along,
    )
    program = _program(business_id, order.program_id, state)
    brought = (
        []
        if order.more is UNSET
        else [(_program(business_id, one.program_id, state), one.stamps) for one in order.more]
    )
    most = order.opening_stamps + program.terms.stamps_required + len(program.terms.steps)
    most += sum(stamps + len(further.terms.steps) for further, stamps in brought)
    ahead = 1 if order.opening_stamps else 0
    more = [
        joining.BroughtStamps(further, stamps, state.ids.peek(Kind.TRANSACTION, ahead=place))
        for place, (further, stamps) in enumerate(brought, start=ahead)
    ]
    at = occasion(request, state, most)
    if brought_along and program.terms.opening_stamps:
        at = with_opening(at, state)
    return joining.join_with_cards(order.profile, program, new, more, at=at)


def claim(order: Claim, request: Request, state: BatchState) -> Decided[Claimed]:
    """Find the card of a proven phone number; it takes the places of a card that is closed for it.

    It leaves the chats of others: those have ended, or have released it.
    """
    in_chat = state.customer_in_chat(request.business_id, order.holder.user_id)
    if in_chat is None:
        raise CustomerNotFound
    own = state.claimed(request.business_id, in_chat.id)
    other = _card_of_phone(order, own, state)
    program = state.program(request.business_id)
    most = _most_brought(own, other.customer, program) if other else 0
    more = [state.ids.take(Kind.TRANSACTION) for _ in claiming.programs_with_stamps(own)[1:]] if other else []
    decided = claiming.claim(
        claiming.CardInChat(own, state.rewards_of(own), state.entries_of(own)),
        order.phone,
        other,
        program=program,
        at=occasion(request, state, most),
        more_ids=more,
    )
    cards = state.chat_cards.to_move(own, other.customer, state.now) if other else ()
    left = state.chat_cards.of_others(other.customer, order.holder.user_id) if other else []
    if other and any(card.telegram_name == other.customer.name for card in left):  # it follows the new account's name
        cards = tuple(replace(card, telegram_name=other.customer.name) for card in cards)
    return Decided(decided.answer, decided.answer.customer.id, decided.changes, cards, cards_to_drop=tuple(left))


def _most_brought(own: Customer, kept: Customer, program: Program) -> int:
    """The most rewards that stamps which are brought along may earn, on the cards of all programs."""
    return sum(
        stamping.most_rewards(kept.turned_to(each.id), each, (own.card_of(each.id) or own.card).current_stamps)
        for each in program.all_of_shop
    )


def _card_of_phone(order: Claim, own: Customer, state: BatchState) -> claiming.OtherCard | None:
    """The card with the phone number; None if it is their own or there is none."""
    customer_id = holder_of_phone(own.business_id, order.phone, state)
    if customer_id is None or customer_id == own.id:
        return None
    customer = state.claimed(own.business_id, customer_id)
    released_by = None if order.released_by is UNSET else order.released_by
    held = state.chat_cards.is_held_by_another(customer, order.holder.user_id, released_by=released_by)
    return claiming.OtherCard(customer, held)


def void(order: Void, request: Request, state: BatchState) -> Decided[Voided]:
    """Undo an entry. One from this same batch is not found: nobody can undo it by guessing its id."""
    target = _target(request.business_id, order.transaction_id, state)
    customer = customer_of(request, target.customer_id, state)
    history = history_of(customer, state)
    at = occasion(request, state, voiding.most_rewards(history.of_program(target.program_id)))
    stamps = None if order.stamps is UNSET else order.stamps
    return _decided(voiding.void(history, target, at=at, reason=order.reason, stamps=stamps))


def change_profile(order: ChangeProfile, request: Request, state: BatchState) -> Decided[CustomerView]:
    """Change a profile; a change without effect is answered like any other."""
    customer, program = customer_of(request, order.customer, state), state.program(request.business_id)
    _check_state(customer, program, order.if_state)
    if isinstance(order.change.phone, str):
        check_phone(request.business_id, order.change.phone, state, own_id=customer.id)
    change = joining.update(customer, program, order.change, at=occasion(request, state))
    return Decided(customer_view(customer, program), customer.id) if change is None else _decided(change)


def erase(order: Erase, request: Request, state: BatchState) -> Decided[Erased]:
    """Erase personal data."""
    customer = customer_of(request, order.customer, state)
    _check_state(customer, state.program(request.business_id), order.if_state)
    return _decided(joining.erase(customer, state.rewards_of(customer), at=occasion(request, state)))


def expire(order: Expire, request: Request, state: BatchState) -> Decided[Expired | None]:
    """Book a reward as expired; one that is not due (any more) stays as it is."""
    customer = customer_of(request, order.customer, state)
    reward = next((reward for reward in state.rewards_of(customer) if reward.id == order.reward_id), None)
    if reward is None:
        raise RewardNotFound(order.reward_id)
    customer, program = customer.turned_to(reward.program_id), state.program_of(request.business_id, reward.program_id)
    change = stamping.expire(customer, program, reward, at=occasion(request, state))
    return Decided(None, customer.id) if change is None else _decided(change)


Single = TypeVar("Single", CustomerView, Stamped, Redeemed, Voided, Erased, Expired)


def _decided(change: Change[Single]) -> Decided[Single]:
    return Decided(change.answer, change.customer.id, (change,))


def _program(business_id: int, number: int | UnsetType, state: BatchState) -> Program:
    """The program of that number, the main one if there is none. Raises ProgramNotFound."""
    if isinstance(number, UnsetType):
        return state.program(business_id)
    return state.program_of(business_id, program_named(business_id, number))


def _with_code(at: Occasion, request: Request, policy: CardCodes, state: BatchState) -> Occasion:
    """The occasion, with the code that a stamp or redemption uses up. Raises what `check_code` raises."""
    seal, card, order = request.seal, request.card, request.order
    act = EntryType.STAMP if isinstance(order, GiveStamp) else EntryType.REDEEM
    now = moment_of(order.stamp, at.now) if isinstance(order, GiveStamp) else at.now
    showing = Showing(
        at=now,
        by_code=card is not None and isinstance(card[1], str),
        seal=seal,
        around=AROUND if now is at.now else LATE_AROUND,
        uses=state.code_uses.get((request.business_id, code_key_of(seal)), {}) if seal else {},
    )
    used_up = check_code(policy, act, showing)
    return replace(at, code_key=code_key_of(seal)) if seal and used_up else at


def _check_state(customer: Customer, program: Program, expected: States) -> None:
    if expected is not UNSET:
        check_state(customer_state(customer_view(customer, program)), expected, customer.version)


def _target(business_id: int, transaction_id: int, state: BatchState) -> Entry:
    if (business_id, transaction_id) not in state.targets:
        raise TransactionNotFound(transaction_id)
    entry = state.entries.get((business_id, transaction_id))
    if entry is None:  # it went to another customer before its ledger was read
        raise Overtaken
    return entry


def _check_order_ref(business_id: int, order_ref: str | None, state: BatchState) -> None:
    used = state.stamped_orders.get((business_id, order_ref)) if order_ref else None
    if order_ref and used is not None:
        raise OrderRefUsed(order_ref, used)


def _check_branch(business_id: int, stamp: stamping.StampOrder, state: BatchState) -> None:
    """A stamp that was given before its branch was closed counts, though it comes later."""
    if stamp.branch_id is None:
        return
    key = business_id, stamp.branch_id
    if key not in state.branches:
        raise InvalidRequest.field("branch_id", "must be the id of a branch of this business, or null")
    closed_at = state.branches[key]
    if closed_at is not None and closed_at <= moment_of(stamp, state.now):
        raise InvalidRequest.field("branch_id", "must be the id of an open branch, or null: this one is closed")
