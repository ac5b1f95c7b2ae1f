"""Lines of the ledger as people read them: when, what, for whom, by whom and where, and whether it can be undone."""

from collections.abc import Mapping, Sequence

import msgspec

from api.pages.desk.frame import DeskVisit
from loyalty_app.customers.staff_view import may_undo
from loyalty_app.customers.staff_work import StaffDeed
from loyalty_app.words import N_, Words
from loyalty_core.changes import Occasion
from loyalty_core.ledger import Actor, ActorType, Entry, EntryType

KINDS: dict[EntryType, str] = {
    EntryType.STAMP: N_("Stamps"),
    EntryType.REDEEM: N_("Rewards handed out"),
    EntryType.VOID: N_("Undone"),
    EntryType.IMPORT: N_("Taken over"),
    EntryType.EXPIRE: N_("Expired"),
}
"""The kinds of entries, as a filter names them."""


class LedgerLine(msgspec.Struct, frozen=True, kw_only=True):
    """One entry in words. `customer` is empty if that card is erased; `undone` is set if it counts no more."""

    id: int
    when: str
    what: str
    who: str
    where: str
    customer_id: int
    customer: str
    order: str
    reason: str
    undone: bool
    can_be_undone: bool


def ledger_lines(visit: DeskVisit, deeds: Sequence[StaffDeed], branches: Mapping[int, str]) -> list[LedgerLine]:
    """The lines of some entries; `branches` has the names of the shop's branches."""
    at = Occasion(now=visit.now, actor=visit.position.actor)
    return [_line(visit, deed, branches, at) for deed in deeds]


def _line(visit: DeskVisit, deed: StaffDeed, branches: Mapping[int, str], at: Occasion) -> LedgerLine:
    entry = deed.entry
    return LedgerLine(
        id=entry.id,
        when=visit.words.moment(entry.occurred_at.astimezone(visit.now.tzinfo), visit.now),
        what=_what(visit.words, deed),
        who=who_did(visit.words, entry.actor),
        where=branches.get(entry.branch_id or 0, ""),
        customer_id=entry.customer_id,
        customer=deed.customer_name,
        order=entry.order_ref or "",
        reason=entry.reason or "",
        undone=entry.voided_by is not None,
        can_be_undone=may_undo(entry, at),
    )


def _what(words: Words, deed: StaffDeed) -> str:
    if deed.undone is not None:
        return words.plain("undid {what}", what=_deed(words, deed.undone, deed.reward))
    return _deed(words, deed.entry, deed.reward)


def _deed(words: Words, entry: Entry, reward: str | None) -> str:
    match entry.type:
        case EntryType.STAMP:
            return words.plain_count("{n} stamp", "{n} stamps", entry.stamps)
        case EntryType.IMPORT:
            return words.plain_count("{n} stamp taken over", "{n} stamps taken over", entry.stamps)
        case EntryType.REDEEM:
            return words.plain("handed out: {reward}", reward=reward)
        case EntryType.EXPIRE:
            return words.plain("expired: {reward}", reward=reward)
        case _:
            return words.plain("undone")


def who_did(words: Words, actor: Actor) -> str:
    """Who made an entry."""
    match actor.type:
        case ActorType.API_KEY:
            return words.plain("Key {name}", name=actor.name or "")
        case ActorType.CUSTOMER:
            return words.plain("The customer")
        case ActorType.SYSTEM:
            return words.plain("By itself")
        case _:
            return words.plain("{name}", name=actor.name or "")
