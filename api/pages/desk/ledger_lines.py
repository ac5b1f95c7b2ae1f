"""Lines of the ledger as people read them: when, what, for whom, by whom and where, and whether it can be undone."""

from collections.abc import Sequence

import msgspec

from api.pages.desk.frame import DeskVisit
from loyalty_app.customers.staff_view import may_undo
from loyalty_app.customers.staff_work import StaffDeed
from loyalty_app.shops.several_programs import titles_of
from loyalty_app.shops.workplaces import branches_of
from loyalty_app.words import N_, Words
from loyalty_core.changes import Occasion
from loyalty_core.ledger import Actor, ActorType, Entry, EntryType, Gift
from loyalty_core.views import program_number

KINDS: dict[EntryType, str] = {
    EntryType.STAMP: N_("Stamps"),
    EntryType.REDEEM: N_("Rewards handed out"),
    EntryType.VOID: N_("Undone"),
    EntryType.IMPORT: N_("Taken over"),
    EntryType.EXPIRE: N_("Expired"),
    EntryType.BONUS: N_("Gifts"),
}
"""The kinds of entries, as a filter names them."""

OCCASIONS: dict[Gift, str] = {
    Gift.HEAD_START: N_("a head start"),
    Gift.BONUS_HOURS: N_("bonus hours"),
    Gift.BIRTHDAY: N_("a birthday"),
    Gift.REFERRAL: N_("bring a friend"),
    Gift.WIN_BACK: N_("coming back"),
}
"""The occasions for which stamps or a reward were a gift."""


class ShopNames(msgspec.Struct, frozen=True, kw_only=True):
    """What the branches of a shop are called, and its programs by their numbers; none if it has only one program.

    Those that can be stamped are there once more.
    """

    branches: dict[int, str]
    programs: dict[int, str]
    open_branches: dict[int, str]
    used_programs: dict[int, str]


async def names_of(visit: DeskVisit) -> ShopNames:
    """The names of the shop's branches and programs."""
    shop = visit.shop
    branches, titles = await visit.runtime.database.read(lambda c: (branches_of(c, shop.id), titles_of(c, shop)))
    return ShopNames(
        branches={one.id: one.name for one in branches},
        programs=dict(titles.by_number),
        open_branches={one.id: one.name for one in branches if one.closed_at is None},
        used_programs={number: titles.by_number[number] for number in titles.in_use},
    )


class LedgerLine(msgspec.Struct, frozen=True, kw_only=True):
    """One entry in words. `customer` is empty if that card is erased; `undone` is set if it no longer counts.

    `program` is empty in a shop with one program.
    """

    id: int
    when: str
    what: str
    who: str
    where: str
    program: str
    customer_id: int
    customer: str
    order: str
    reason: str
    undone: bool
    can_be_undone: bool


def ledger_lines(visit: DeskVisit, deeds: Sequence[StaffDeed], names: ShopNames) -> list[LedgerLine]:
    """The lines of some entries."""
    at = Occasion(now=visit.now, actor=visit.position.actor)
    return [_line(visit, deed, names, at) for deed in deeds]


def _line(visit: DeskVisit, deed: StaffDeed, names: ShopNames, at: Occasion) -> LedgerLine:
    entry = deed.entry
    return LedgerLine(
        id=entry.id,
        when=visit.words.moment(entry.occurred_at.astimezone(visit.now.tzinfo), visit.now),
        what=_what(visit.words, deed),
        who=who_did(visit.words, entry.actor),
        where=names.branches.get(entry.branch_id or 0, ""),
        program=names.programs.get(program_number(visit.shop.id, entry.program_id), ""),
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
    if entry.occasion is not None:
        return _gift(words, entry, words.plain(OCCASIONS[entry.occasion]))
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


def _gift(words: Words, entry: Entry, occasion: str) -> str:
    if entry.is_reward:
        return words.plain("a reward as a gift: {occasion}", occasion=occasion)
    if entry.type is EntryType.BONUS:
        return words.plain_count(
            "{n} stamp as a gift: {occasion}", "{n} stamps as a gift: {occasion}", entry.stamps, occasion=occasion
        )
    return words.plain_count(
        "{n} stamp, {gift} of it as a gift: {occasion}",
        "{n} stamps, {gift} of them as a gift: {occasion}",
        entry.stamps,
        gift=entry.stamps - entry.asked_stamps,
        occasion=occasion,
    )


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
