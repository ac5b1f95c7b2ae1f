"""Claiming: which card belongs to a person in a chat who has proven that a phone number is theirs.

The rules, in words:
- A number that nobody in the shop has becomes the number of the card in the chat.
- If another card has the number, and nobody holds that card in a chat, it comes into this chat. The stamps on the card
  that was there until now are booked onto it, program by program, as stamps brought along, except those that a new
  card has, which nobody gets twice; then that card is closed and its data erased.
- A card with a reward to redeem is not closed: the reward is redeemed first.
- A card that another person holds in a chat stays with them, unless that chat has ended or they agree that it moves.

Cards and chats are looked up elsewhere.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from loyalty_core.changes import Change, Occasion
from loyalty_core.customers import Card, Customer, ProfileChange, ProgramCard
from loyalty_core.errors import CardInUse, CustomerExists
from loyalty_core.events import CustomerUpdated, OfProfile
from loyalty_core.joining import bring_stamps, erase, update
from loyalty_core.ledger import Entry, fold
from loyalty_core.outcomes import Claimed
from loyalty_core.programs import Program
from loyalty_core.rewards import Reward, RewardStatus
from loyalty_core.views import customer_view, utc

STAMP_FIELDS = ("current_stamps", "total_stamps")


class OtherCard(msgspec.Struct, frozen=True):
    """The other card with the number, and whether another person holds it in a chat."""

    customer: Customer
    held: bool


class CardInChat(msgspec.Struct, frozen=True):
    """The card in the chat where the number was shared, its whole ledger, and at least its available rewards."""

    customer: Customer
    rewards: tuple[Reward, ...]
    entries: tuple[Entry, ...] = ()


class Claiming(msgspec.Struct, frozen=True):
    """What a claim leads to: the answer, and the changes of the cards in their order."""

    answer: Claimed
    changes: tuple[Change[Any], ...]


def claim(
    own: CardInChat,
    phone: str,
    found: OtherCard | None,
    *,
    program: Program,
    at: Occasion,
    more_ids: Sequence[int] = (),
) -> Claiming:
    """Decide which card a proven number finds; `found` is None if no other card has the number.

    `more_ids` are for the entries of further programs: as many as `programs_with_stamps` of the customer in the chat,
    less one. Raises CustomerExists or CardInUse.
    """
    if found is None:
        return _give_number(own.customer, phone, program, at)
    if found.held:
        raise CustomerExists(found.customer.id)
    if any(_can_be_redeemed(reward, at.now) for reward in own.rewards):
        raise CardInUse
    brought = _bring_all(found.customer, own, program, at=at, ids=(at.transaction_id, *more_ids))
    kept = brought[-1].customer if brought else found.customer
    return Claiming(
        answer=Claimed(customer=customer_view(kept, program), replaced=own.customer.id),
        changes=(*brought, erase(own.customer, own.rewards, at=at)),
    )


def programs_with_stamps(customer: Customer) -> tuple[ProgramCard, ...]:
    """The cards of a customer that have stamps on them, in the order of their programs."""
    return tuple(
        sorted((one for one in customer.cards if one.card.current_stamps), key=lambda one: one.program_id or 0)
    )


def _bring_all(
    found: Customer, own: CardInChat, program: Program, *, at: Occasion, ids: Sequence[int]
) -> list[Change[Any]]:
    brought: list[Change[Any]] = []
    for card, number in zip(programs_with_stamps(own.customer), ids, strict=False):
        kept, of_card = brought[-1].customer if brought else found, program.turned_to(card.program_id) or program
        stamps = _own_stamps(own, of_card, card.card, at)
        if not stamps:
            continue
        earned = at.first_reward_id + sum(len(change.issued) for change in brought)
        then = msgspec.structs.replace(at, transaction_id=number, first_reward_id=earned)
        brought.append(_bring_stamps(kept.turned_to(of_card.id), stamps, of_card, then))
    return brought


def _give_number(own: Customer, phone: str, program: Program, at: Occasion) -> Claiming:
    change = update(own, program, ProfileChange(phone=phone), at=at)
    seen = change.answer if change else customer_view(own, program)
    return Claiming(answer=Claimed(customer=seen, replaced=None), changes=(change,) if change else ())


def _can_be_redeemed(reward: Reward, now: datetime) -> bool:
    return reward.status is RewardStatus.AVAILABLE and not reward.lapsed(now)


def _own_stamps(own: CardInChat, program: Program, card: Card, at: Occasion) -> int:
    """The stamps on a card of a program as if it had had none from the beginning."""
    entries = [entry for entry in own.entries if entry.program_id == program.id]
    given = [entry for entry in entries if not entry.is_welcome]
    if len(given) == len(entries):
        return card.current_stamps
    return fold(given, program, at.now.tzinfo).card.current_stamps


def _bring_stamps(found: Customer, stamps: int, program: Program, at: Occasion) -> Change[Any]:
    """Book the stamps of a card that closes."""
    brought = bring_stamps(found, stamps, program, at)
    updated = CustomerUpdated(utc(at.now), OfProfile(brought.answer, STAMP_FIELDS))
    return msgspec.structs.replace(brought, events=(updated, *brought.events))
