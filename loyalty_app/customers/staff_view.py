"""Staff view: what staff see of a customer at the counter, and how they find the card.

Only what staff may see leaves this module. Nothing is written here: stamping goes through the counter.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, or_, select

from loyalty_app.contacts import checked_phone
from loyalty_app.counter.merges import MergeRecord, decode
from loyalty_app.customers.card_pictures import first_name
from loyalty_app.customers.lists import find_customer
from loyalty_app.customers.search import CustomerSearch
from loyalty_app.customers.staff_cards import StaffCard, cards_in_use
from loyalty_app.db.merged_customers import kept_id, profiles_of_merged, with_merged_phone
from loyalty_app.db.rows import customer_of, entry_of, reward_of
from loyalty_app.db.tables import customer, customer_merge, reward, transaction
from loyalty_app.pagination import PageRequest
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.links import code_in
from loyalty_app.shops.programs import program_of
from loyalty_core.changes import Occasion
from loyalty_core.customers import CODE_LETTERS, Card, Customer
from loyalty_core.errors import AlreadyVoided, InvalidRequest, VoidRefused
from loyalty_core.fields import BusinessId, CustomerId
from loyalty_core.ledger import Actor, Entry
from loyalty_core.number_plans import forms_of
from loyalty_core.programs import CardCodes, Program, running_goal
from loyalty_core.rewards import Reward, RewardStatus
from loyalty_core.search_words import search_words, wanted_words
from loyalty_core.voiding import UNDOABLE, check_right

LOOKED_BACK = 5
"""How many entries are searched for one that the viewer may undo: colleagues may have stamped since."""
LONGEST_PHONE, FEWEST_DIGITS = 60, 5
"""A text beyond these is no phone number; one that is pasted may have marks and words around it."""
SHORTEST_END = 4
SHORTEST_NAME, LONGEST_NAME, LOOKED_AT = 2, 60, 100
"""Letters of a name that is looked for, and how many of those found are looked at."""


class StaffView(msgspec.Struct, frozen=True, kw_only=True):
    """A customer at the counter: stamps of the main card out of `goal`, and all available rewards, the oldest first.

    `undoable` is the newest entry that the viewer may undo now, `undoables` the newest of each program. `cards` has a
    card for each program that can be stamped, and is empty if there is only one.
    """

    customer_id: CustomerId
    qr_code: str
    name: str
    stamps: int
    goal: int
    last_at: datetime | None
    rewards: tuple[Reward, ...]
    undoable: Entry | None
    card_codes: CardCodes = CardCodes.FIXED
    undoables: tuple[Entry, ...] = ()
    cards: tuple[StaffCard, ...] = ()


def look_at(
    connection: Connection, business: Business, customer_id: CustomerId, *, by: Actor, now: datetime
) -> StaffView:
    """What a staff member sees of a customer at `now`, by the shop's clock. Raises CustomerNotFound."""
    found, program = find_customer(connection, business.id, customer_id), program_of(connection, business)
    card, entries = (
        found.card_of(program.id) or Card(),
        _undoable(connection, found, program, Occasion(now=now, actor=by)),
    )
    return StaffView(
        customer_id=found.id,
        qr_code=found.qr_code,
        name=found.name,
        stamps=card.current_stamps,
        goal=running_goal(card, program),
        last_at=max((one.card.last_visit_at for one in found.cards if one.card.last_visit_at), default=None),
        rewards=_waiting(connection, found, now) if any(one.card.rewards_available for one in found.cards) else (),
        undoable=entries[0] if entries else None,
        card_codes=program.terms.card_codes,
        undoables=entries,
        cards=cards_in_use(found, program),
    )


def _waiting(connection: Connection, holder: Customer, now: datetime) -> tuple[Reward, ...]:
    waiting = (
        select(reward)
        .where(reward.c.business_id == holder.business_id, reward.c.customer_id == holder.id)
        .where(reward.c.status == RewardStatus.AVAILABLE.value)
        .where(or_(reward.c.expires_at.is_(None), reward.c.expires_at > now))
        .order_by(reward.c.id)
    )
    return tuple(reward_of(row) for row in connection.execute(waiting))


def rewards_of(connection: Connection, business_id: BusinessId, customer_id: CustomerId) -> tuple[Reward, ...]:
    """All rewards of a customer, in any status."""
    own = (reward.c.business_id == business_id, reward.c.customer_id == customer_id)
    return tuple(reward_of(row) for row in connection.execute(select(reward).where(*own).order_by(reward.c.id)))


def _undoable(connection: Connection, holder: Customer, program: Program, at: Occasion) -> tuple[Entry, ...]:
    """The newest entry of each program that somebody may undo, the newest first."""
    newest = (
        select(transaction)
        .where(transaction.c.business_id == holder.business_id, transaction.c.customer_id == holder.id)
        .where(transaction.c.type.in_([kind.value for kind in UNDOABLE]), transaction.c.voided_by.is_(None))
        .order_by(transaction.c.id.desc())
        .limit(LOOKED_BACK * len(program.all_of_shop))
    )
    entries = [entry for entry in map(entry_of, connection.execute(newest)) if may_undo(entry, at)]
    first = {entry.program_id: entry for entry in reversed(entries)}
    return tuple(sorted(first.values(), key=lambda entry: entry.id, reverse=True))


def may_undo(entry: Entry, at: Occasion) -> bool:
    """Whether somebody may undo an entry at a moment."""
    try:
        check_right(entry, at)
    except (AlreadyVoided, VoidRefused):
        return False
    return True


def with_codes(connection: Connection, business_ids: Collection[int], codes: Collection[str]) -> list[Customer]:
    """The customers of these shops with these codes, in the order of the codes; unknown codes are left out."""
    found: dict[str, Customer] = {}
    for shop in business_ids:
        own = (customer.c.business_id == shop, customer.c.qr_code.in_(codes), customer.c.erased_at.is_(None))
        found |= {row.qr_code: customer_of(row) for row in connection.execute(select(customer).where(*own))}
    for code in set(codes) - found.keys():
        kept = [one for shop in business_ids for one in _merged(connection, BusinessId(shop), code)]
        found |= {code: kept[0]} if kept else {}
    in_order = {found[code].id: found[code] for code in codes if code in found}
    return list(in_order.values())


def _merged(connection: Connection, business_id: BusinessId, code: str) -> list[Customer]:
    """The customer to whom the code of a merged one leads, if it does."""
    kept = kept_id(connection, business_id, code)
    return with_ids(connection, business_id, [kept]) if kept is not None else []


def with_ids(connection: Connection, business_id: BusinessId, ids: Collection[int]) -> list[Customer]:
    """The customers of a shop with these ids, in the order of the ids; unknown ids are left out."""
    own = select(customer).where(
        customer.c.business_id == business_id, customer.c.id.in_(ids), customer.c.erased_at.is_(None)
    )
    places = {number: place for place, number in enumerate(ids)}
    return sorted(map(customer_of, connection.execute(own)), key=lambda one: places[one.id])


def with_phone(connection: Connection, business: Business, typed: str) -> Customer | None:
    """The customer with a phone number, typed as usual in the shop's country. Raises InvalidRequest if it is none."""
    return next(iter(all_with_phone(connection, business, typed)), None)


def all_with_phone(connection: Connection, business: Business, typed: str) -> list[Customer]:
    """All who have a phone number: several only if earlier releases kept it in several forms. Raises InvalidRequest."""
    forms = forms_of(checked_phone(typed, business.country))
    own = select(customer).where(customer.c.business_id == business.id, customer.c.phone.in_(forms))
    rows = connection.execute(own.order_by(customer.c.phone != forms[0], customer.c.id))
    if found := [customer_of(row) for row in rows]:
        return found
    merged = with_merged_phone(connection, business.id, forms)
    return with_ids(connection, business.id, [merged]) if merged is not None else []


def with_phone_in(connection: Connection, shops: Iterable[Business], typed: str) -> list[Customer]:
    """Customers with a phone number, in the first of several shops where anybody has it; none if it is no number."""
    if len(typed) > LONGEST_PHONE or sum(letter.isdigit() for letter in typed) < FEWEST_DIGITS:
        return []
    for shop in shops:
        try:
            found = all_with_phone(connection, shop, typed)
        except InvalidRequest:  # no number in that shop's country
            continue
        if found:
            return found
    return []


class SeparableCard(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was merged into another and can be separated again: their id, their name, and since when."""

    customer_id: CustomerId
    name: str
    merged_at: datetime


def separable_from(
    connection: Connection, business_id: BusinessId, customer_id: CustomerId, *, most: int
) -> list[SeparableCard]:
    """The customers who were merged into one and can be separated again, the newest first."""
    own = (customer_merge.c.business_id == business_id, customer_merge.c.into_id == customer_id)
    newest = select(customer_merge).where(*own, customer_merge.c.undo.is_not(None))
    rows = connection.execute(newest.order_by(customer_merge.c.merged_at.desc()).limit(most))
    known = ((one, decode(one.undo).merge.other) for one in map(MergeRecord.of, rows) if one.undo is not None)
    return [
        SeparableCard(customer_id=CustomerId(one.from_id), name=other.name, merged_at=one.merged_at)
        for one, other in known
    ]


def merged_with(
    connection: Connection, business_id: BusinessId, customer_id: CustomerId, *, most: int
) -> list[tuple[int, str]]:
    """The same, as their ids and first names."""
    found = separable_from(connection, business_id, customer_id, most=most)
    return [(one.customer_id, first_name(one.name)) for one in found]


def is_name(typed: str) -> bool:
    """Whether a text may be a name, or the beginnings of its words: it is of letters, and short enough."""
    words, number = wanted_words(typed)
    return bool(words) and number is None and len(typed) <= LONGEST_NAME and sum(map(len, words)) >= SHORTEST_NAME


def with_name_in(connection: Connection, shops: Iterable[Business], typed: str, *, most: int) -> list[Customer]:
    """The customers whose name has all the typed words or their beginnings, from the first shop that has any.

    The names of those who were merged into them count too. Those who were there last come first. Only names are looked
    at, and only if the text is of letters.
    """
    if not is_name(typed):
        return []
    words, _ = wanted_words(typed)
    for shop in shops:
        ids, _ = CustomerSearch(connection, shop).find(typed, PageRequest(limit=LOOKED_AT))
        found = with_ids(connection, shop.id, ids)
        merged = profiles_of_merged(connection, [(shop.id, one.id) for one in found])
        names = {one.id: [one.name, *(each.name for each in merged.get((shop.id, one.id), ()))] for one in found}
        named = [one for one in found if any(_is_called(name, words) for name in names[one.id])]
        if named:
            return sorted(named, key=_last_here, reverse=True)[:most]
    return []


def _is_called(name: str, words: Collection[str]) -> bool:
    names = search_words(name, None, None)
    return all(any(name.startswith(word) for name in names) for word in words)


def _last_here(holder: Customer) -> tuple[datetime, int]:
    return holder.card.last_visit_at or holder.created_at, holder.id


def typed_in(connection: Connection, shop: Business, typed: str, *, most: int) -> list[Customer]:
    """The customers of a shop whom a typed text means: by code, else by phone number, else by name."""
    code = code_in(typed)
    by_code = with_codes(connection, [shop.id], [code]) if code else []
    if by_code:
        return by_code
    by_phone = with_phone_in(connection, [shop], typed)
    return by_phone or with_name_in(connection, [shop], typed, most=most)


def code_ends(customers: Sequence[Customer]) -> dict[str, str]:
    """The ends of the codes of those whose first name another of them has too: as short as they differ."""
    names = {customer.qr_code: first_name(customer.name).casefold() for customer in customers}
    counts = Counter(names.values())
    codes = [code for code, name in names.items() if counts[name] > 1]
    lengths = range(SHORTEST_END, CODE_LETTERS)
    length = next((each for each in lengths if len({code[-each:] for code in codes}) == len(codes)), CODE_LETTERS)
    return {code: code[-length:] for code in codes}
