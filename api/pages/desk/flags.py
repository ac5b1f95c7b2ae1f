"""Flags: entries that an owner may want to look at, by kind, each with its undo. The chat sets what is flagged."""

from litestar import get
from litestar.response import Template

from api.messages import AppRequest
from api.pages.desk.frame import DeskVisit, SectionPage, shown, visit_of
from api.pages.desk.ledger_lines import LedgerLine, ShopNames, ledger_lines, names_of
from api.pages.desk.sections import FLAGS
from loyalty_app.customers.flags import FlagView, list_flags, look
from loyalty_app.customers.staff_work import StaffDeed, read_deeds
from loyalty_app.pagination import PageRequest
from loyalty_app.words import N_
from loyalty_core.flags import FlagKind

LINES = 50
KINDS: dict[FlagKind, str] = {
    FlagKind.OWN_CARD: N_("Stamps on one's own card"),
    FlagKind.MANY_VISITS: N_("Many visits of one card in a day"),
    FlagKind.MANY_UNDOS: N_("Many undos by one person in a day"),
    FlagKind.UNUSUAL_HOUR: N_("Stamps at unusual hours"),
    FlagKind.BY_HAND: N_("Stamps by hand where the till stamps"),
}


@get("/{shop:str}/flags")
async def show_flags(request: AppRequest) -> Template:
    """What was flagged up to now. Raises what `visit_of` raises, InvalidCursor."""
    visit = await visit_of(request, FLAGS)
    database, shop = visit.runtime.database, visit.shop
    wanted = PageRequest(limit=LINES, cursor=visit.asked("cursor") or None)
    await look(database, shop, now=visit.now)
    found = await database.read(lambda c: list_flags(c, shop, wanted=wanted))
    ids = {flag.transaction_id for flag in found.data}
    deeds, names = await database.read(lambda c: read_deeds(c, shop, ids)), await names_of(visit)
    by_id = {deed.entry.id: deed for deed in deeds}
    context: dict[str, object] = {
        "groups": [
            (visit.words.plain(label), lines)
            for kind, label in KINDS.items()
            if (lines := _lines(visit, [flag for flag in found.data if flag.kind is kind], by_id, names))
        ],
        "more": found.pagination.next_cursor,
    }
    return shown(visit, SectionPage(template="flags.html", context=context))


def _lines(visit: DeskVisit, flags: list[FlagView], deeds: dict[int, StaffDeed], names: ShopNames) -> list[LedgerLine]:
    return ledger_lines(visit, [deeds[flag.transaction_id] for flag in flags], names)


HANDLERS = [show_flags]
