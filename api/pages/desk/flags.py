"""Flags: entries that an owner may want to look at, by kind, each with its undo; and what is flagged at all.

What is flagged is decided in the core.
"""

import msgspec
from litestar import get, post
from litestar.response import Redirect, Template

from api.messages import AppRequest
from api.pages.desk.forms import SentForm, check_fields, read_form, refused_page
from api.pages.desk.frame import DeskVisit, SectionPage, done, shown, visit_of
from api.pages.desk.ledger_lines import LedgerLine, ShopNames, ledger_lines, names_of
from api.pages.desk.sections import FLAGS
from loyalty_app.customers.flags import FlagView, list_flags, look
from loyalty_app.customers.staff_work import StaffDeed, read_deeds
from loyalty_app.pagination import PageRequest
from loyalty_app.shops.flag_rules import change_flag_rules, read_flag_rules
from loyalty_app.words import N_
from loyalty_core.errors import LoyaltyError
from loyalty_core.flags import FlagKind, FlagRules, FlagRulesChange

LINES = 50
KINDS: dict[FlagKind, str] = {
    FlagKind.OWN_CARD: N_("Stamps on one's own card"),
    FlagKind.MANY_VISITS: N_("Many visits of one card in a day"),
    FlagKind.MANY_UNDOS: N_("Many undos by one person in a day"),
    FlagKind.UNUSUAL_HOUR: N_("Stamps at unusual hours"),
    FlagKind.BY_HAND: N_("Stamps by hand where the till stamps"),
}
MOST: dict[str, str] = {
    "most_visits": N_("More visits of one card in a day than"),
    "most_undos": N_("More undos by one person in a day than"),
}
EVENING = "evening_summary"


@get("/{shop:str}/flags")
async def show_flags(request: AppRequest) -> Template:
    """What was flagged up to now. Raises what `visit_of` raises, InvalidCursor."""
    return await _page(await visit_of(request, FLAGS))


@post("/{shop:str}/flags", status_code=200)
async def change_rules(request: AppRequest) -> Redirect | Template:
    """Change what is flagged; what is wrong is said beside its field. Raises what `visit_of` raises."""
    visit, form = await visit_of(request, FLAGS), await read_form(request)
    database, shop, owner = visit.runtime.database, visit.shop.id, visit.position.staff_id
    rules = await database.read(lambda connection: read_flag_rules(connection, shop))
    try:
        _ = form.key  # it must be there; the same change, made twice, is made once
        change = _sent_change(form, rules)
        if change != FlagRulesChange():
            await change_flag_rules(database, shop, change, by=owner)
    except LoyaltyError as refusal:
        return await _page(visit, form=form, refusal=refusal)
    return done(visit, "flags", "saved" if change != FlagRulesChange() else "nothing")


def _sent_change(form: SentForm, rules: FlagRules) -> FlagRulesChange:
    """Only what differs from the values that the form was made with: what somebody else changed meanwhile stays."""
    touched = {name for name in (*KINDS, *MOST, EVENING) if form.text(name) != form.text(f"was_{name}")}
    values: dict[str, object] = {name: form.number(name) for name in MOST if name in touched}
    if EVENING in touched:
        values[EVENING] = form.text(EVENING) == "yes"
    kinds = {kind for kind in KINDS if kind in touched}
    if kinds:
        stay = [kind for kind in rules.off if kind not in kinds]
        values["off"] = [*stay, *(kind for kind in KINDS if kind in kinds and form.text(kind) != "yes")]
    check_fields(values, FlagRulesChange)
    return msgspec.convert(values, FlagRulesChange)


async def _page(visit: DeskVisit, *, form: SentForm | None = None, refusal: LoyaltyError | None = None) -> Template:
    database, shop = visit.runtime.database, visit.shop
    wanted = PageRequest(limit=LINES, cursor=visit.asked("cursor") or None)
    await look(database, shop, now=visit.now)
    found, rules = await database.read(
        lambda c: (list_flags(c, shop, wanted=wanted), read_flag_rules(c, shop.id)),
    )
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
        "kinds": KINDS,
        "most": MOST,
        "was": _texts(rules),
        "values": form.fields if form else _texts(rules),
    }
    return shown(visit, refused_page(visit, SectionPage(template="flags.html", context=context), refusal))


def _texts(rules: FlagRules) -> dict[str, str]:
    """The rules as a form shows them."""
    kinds = {kind.value: "" if kind in rules.off else "yes" for kind in KINDS}
    return {
        **kinds,
        **{name: str(getattr(rules, name)) for name in MOST},
        EVENING: "yes" if rules.evening_summary else "",
    }


def _lines(visit: DeskVisit, flags: list[FlagView], deeds: dict[int, StaffDeed], names: ShopNames) -> list[LedgerLine]:
    return ledger_lines(visit, [deeds[flag.transaction_id] for flag in flags], names)


HANDLERS = [show_flags, change_rules]
