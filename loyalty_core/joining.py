"""Joining: how a customer joins, changes their profile, and is erased.

The rules, in words:
- A phone number belongs to one customer of a shop (the lookup is outside the core; the refusal names that customer).
- A trial holds 25 customers. Its owners are told when four fifths of the places are taken, and when all are.
- Stamps brought along from another card are booked as an import: they count as stamps, not as a visit.
- A customer who joins gets the head start of the program. One who comes from another book brings what they have, and
  gets none now.
- A customer who was brought along by a friend gets what the shop gives for that, too: an entry of its own, and no
  visit.
- A customer from another book keeps the day on which they joined there, and counts as new on that day.
- A customer who wants no more messages to many is never sent one again. Only they themselves can take that back.
- Erasing removes name, phone, e-mail and birthday, and takes back the open rewards. The ledger stays, without a name.
"""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from loyalty_core.access import PLANS, Plan
from loyalty_core.analytics import DayTotals
from loyalty_core.booking import (
    Booked,
    Given,
    book,
    book_head_start,
    earned_events,
    following,
    head_start_is_due,
    new_entry,
    with_card,
)
from loyalty_core.changes import Change, Occasion
from loyalty_core.customers import (
    Card,
    Customer,
    Profile,
    ProfileChange,
    ProgramCard,
    check_birthday,
    check_joined,
    clean_name,
)
from loyalty_core.errors import CustomerLimitReached, InvalidRequest
from loyalty_core.events import CustomerCreated, CustomerDeleted, CustomerEventData, CustomerUpdated, OfProfile
from loyalty_core.fields import BusinessId, CustomerId
from loyalty_core.ledger import ActorType, EntryType, Gift
from loyalty_core.outcomes import Erased
from loyalty_core.programs import Program
from loyalty_core.rewards import Reward, RewardStatus
from loyalty_core.several_programs import check_can_be_stamped
from loyalty_core.views import CustomerView, customer_view, reward_view, utc

PROFILE_FIELDS = ("name", "phone", "email", "birthday")


class NewCard(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of a new card, and what its holder brings along from another card; `imported` if from another book.

    `brought_along` is whether a friend brought them.
    """

    customer_id: int
    business_id: int
    qr_code: str
    opening_stamps: int = 0
    joined_at: datetime | None = None
    imported: bool = False
    brought_along: bool = False


class BroughtStamps(msgspec.Struct, frozen=True):
    """Stamps from another book for the card of a further program, and the id of their entry."""

    program: Program
    stamps: int
    transaction_id: int


def check_room(plan: Plan, customers: int) -> None:
    """Raise CustomerLimitReached if the plan allows no more than `customers`, the number of customers there are."""
    limit = PLANS[plan].customers
    if limit is not None and customers >= limit:
        raise CustomerLimitReached(limit)


def newly_full(plan: Plan, before: int, after: int) -> int | None:
    """How many customers there are, if that is news for the owners: four fifths of the plan's limit, or the limit.

    `before` and `after` are the numbers of customers. None if neither mark was reached in between, or without a limit.
    """
    limit = PLANS[plan].customers
    if limit is None or after <= before:
        return None
    marks = (-(-limit * 4 // 5), limit)
    return after if any(before < mark <= after for mark in marks) else None


def join(profile: Profile, program: Program, new: NewCard, *, at: Occasion) -> Change[CustomerView]:
    """Hand out a card of that program. Raises InvalidRequest, or ProgramArchived if stamps are brought along to it."""
    customer = _first_version(profile, new, at.now).turned_to(program.id)
    booked = _first_entries(customer, program, new, at=at)
    if booked:
        customer = msgspec.structs.replace(booked[-1].customer, version=customer.version)
    rewards = tuple(reward for one in booked for reward in one.rewards)
    seen = customer_view(customer, program)
    created = CustomerCreated(utc(at.now), CustomerEventData(seen))
    return Change(
        answer=seen,
        customer=customer,
        entry=booked[-1].entry if booked else None,
        opening=booked[0].entry if len(booked) > 1 else None,
        issued=rewards,
        events=(created, *earned_events(tuple(map(reward_view, rewards)), seen, at.now)),
        totals=_figures(customer, booked, at.now),
    )


def join_with_cards(
    profile: Profile, program: Program, new: NewCard, more: Sequence[BroughtStamps], *, at: Occasion
) -> tuple[Change[CustomerView], ...]:
    """The same with stamps from another book on the cards of further programs. Raises the same.

    The event of joining shows all cards.
    """
    changes = [join(profile, program, new, at=at)]
    for one in more:
        check_can_be_stamped(changes[-1].customer, one.program)
        earned = at.first_reward_id + sum(len(change.issued) for change in changes)
        then = msgspec.structs.replace(at, transaction_id=one.transaction_id, first_reward_id=earned)
        changes.append(bring_stamps(changes[-1].customer.turned_to(one.program.id), one.stamps, one.program, then))
    created, *others = changes[0].events
    first = msgspec.structs.replace(created, data=CustomerEventData(changes[-1].answer))
    return (msgspec.structs.replace(changes[0], events=(first, *others)), *changes[1:])


def bring_stamps(customer: Customer, stamps: int, program: Program, at: Occasion) -> Change[CustomerView]:
    """Book stamps that are brought along: they count as stamps, not as a visit, and may earn rewards."""
    entry = msgspec.structs.replace(new_entry(customer, program, EntryType.IMPORT, at=at), stamps=stamps)
    booked = book(customer, entry, program, at=at)
    seen = customer_view(booked.customer, program)
    return Change(
        answer=seen,
        customer=booked.customer,
        entry=entry,
        issued=booked.rewards,
        events=earned_events(tuple(map(reward_view, booked.rewards)), seen, at.now),
        totals=((at.now.date(), DayTotals(rewards_earned=len(booked.rewards))),),
    )


def _first_entries(customer: Customer, program: Program, new: NewCard, *, at: Occasion) -> tuple[Booked, ...]:
    """What is on the card from the beginning: stamps from another book, or the head start and the gift for a friend."""
    if new.opening_stamps:
        check_can_be_stamped(customer, program)
        entry = new_entry(customer, program, EntryType.IMPORT, at=at)
        return (book(customer, msgspec.structs.replace(entry, stamps=new.opening_stamps), program, at=at),)
    if new.imported:
        return ()
    opened = None
    if head_start_is_due(customer, program):
        first = msgspec.structs.replace(at, opening_id=at.opening_id or at.transaction_id)
        opened = book_head_start(customer, program, at=first)
    welcome = _welcome(opened, customer, program, at=at) if new.brought_along else None
    return tuple(booked for booked in (opened, welcome) if booked is not None)


def _welcome(opened: Booked | None, customer: Customer, program: Program, *, at: Occasion) -> Booked | None:
    """The gift for a friend who was brought along, after the head start."""
    if program.terms.referral is None:
        return None
    customer, at = (opened.customer, following(at, opened)) if opened else (customer, at)
    stamps = program.terms.referral.stamps_for_friend
    gift = Given(stamps, stamps, Gift.REFERRAL)
    return book(customer, new_entry(customer, program, EntryType.BONUS, at=at, given=gift), program, at=at)


def _figures(customer: Customer, booked: tuple[Booked, ...], now: datetime) -> tuple[tuple[date, DayTotals], ...]:
    joined = customer.created_at.astimezone(now.tzinfo).date()
    today = DayTotals(
        rewards_earned=sum(len(one.rewards) for one in booked),
        stamps_added=sum(one.entry.bonus_stamps for one in booked),
    )
    new = (joined, DayTotals(new_customers=1))
    return (new, (now.date(), today)) if today != DayTotals() else (new,)


def _first_version(profile: Profile, new: NewCard, now: datetime) -> Customer:
    check_birthday(profile.birthday, now.date())
    check_joined(new.joined_at, now)
    return Customer(
        id=CustomerId(new.customer_id),
        business_id=BusinessId(new.business_id),
        qr_code=new.qr_code,
        name=clean_name(profile.name),
        phone=profile.phone,
        email=profile.email,
        birthday=profile.birthday,
        birthday_set_at=now if profile.birthday else None,
        opted_out_at=now if profile.opted_out is True else None,
        created_at=new.joined_at or now,
        updated_at=now,
        version=1,
        card=Card(),
    )


def update(customer: Customer, program: Program, change: ProfileChange, *, at: Occasion) -> Change[CustomerView] | None:
    """Change a profile; None if nothing would change. Raises InvalidRequest."""
    asked = {name: value for name in PROFILE_FIELDS if (value := getattr(change, name)) is not msgspec.UNSET}
    if "name" in asked:
        asked["name"] = clean_name(asked["name"])
    check_birthday(asked.get("birthday"), at.now.date())
    differing = tuple(name for name, value in asked.items() if value != getattr(customer, name))
    out = customer.opted_out_at is not None if change.opted_out is msgspec.UNSET else change.opted_out
    if out != (customer.opted_out_at is not None):
        _check_may_opt(out=out, at=at)
        asked["opted_out_at"], differing = at.now if out else None, (*differing, "opted_out")
    if not differing:
        return None
    after = msgspec.structs.replace(customer, **asked, updated_at=at.now, version=customer.version + 1)
    if "birthday" in differing:
        after = msgspec.structs.replace(after, birthday_set_at=at.now if after.birthday else None)
    seen = customer_view(after, program)
    return Change(answer=seen, customer=after, events=(CustomerUpdated(utc(at.now), OfProfile(seen, differing)),))


def _check_may_opt(*, out: bool, at: Occasion) -> None:
    """Raise InvalidRequest if anybody but the customer takes back that they want no more messages."""
    if not out and at.actor.type is not ActorType.CUSTOMER:
        raise InvalidRequest.field("opted_out", "must be taken back by the customer, below the card in the chat")


def erase(customer: Customer, rewards: tuple[Reward, ...], *, at: Occasion) -> Change[Erased]:
    """Erase a customer's personal data and void their open rewards; `rewards` has at least the available ones."""
    open_rewards = tuple(reward for reward in rewards if reward.status is RewardStatus.AVAILABLE)
    after = with_card(customer, _owing_nothing(customer.card), at.now, entries=0)
    others = tuple(ProgramCard(one.program_id, _owing_nothing(one.card)) for one in customer.others)
    after = msgspec.structs.replace(
        after, name="", phone=None, email=None, birthday=None, erased_at=at.now, others=others
    )
    after = msgspec.structs.replace(after, birthday_set_at=None, opted_out_at=None)
    erased = Erased(id=customer.id, qr_code=customer.qr_code)
    return Change(
        answer=erased,
        customer=after,
        settled=tuple(msgspec.structs.replace(reward, status=RewardStatus.VOIDED) for reward in open_rewards),
        events=(CustomerDeleted(utc(at.now), erased),),
    )


def _owing_nothing(card: Card) -> Card:
    return msgspec.structs.replace(card, rewards_available=0)
