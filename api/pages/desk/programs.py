"""Programs: the list of those of a shop, making one, archiving one, and making one the main one. For owners.

Each is done once, however often its form is sent. Below them stands whether people may join without Telegram. The terms
of one program are in `program`; the rules are in the core.
"""

import msgspec
from litestar import get, post
from litestar.response import Redirect, Template

from api.messages import AppRequest
from api.pages.desk.forms import SentForm, check_fields, read_form, refused_page
from api.pages.desk.frame import DeskVisit, SectionPage, done, path_number, shown, visit_of
from api.pages.desk.sections import PROGRAMS
from api.pages.security import own_address
from loyalty_app.chat.card_queue import repaint
from loyalty_app.db.idempotency import KeyedAnswer
from loyalty_app.shops.businesses import BusinessChange, change_business
from loyalty_app.shops.programs import read_program
from loyalty_app.shops.several_programs import ProgramDeed, change_programs_once
from loyalty_app.words import Words
from loyalty_core.errors import InvalidRequest, LoyaltyError
from loyalty_core.programs import NewProgram, Program
from loyalty_core.several_programs import ProgramLimitReached, check_room_for_program
from loyalty_core.views import ProgramView, program_number

USUAL_STAMPS = "10"
NEW = ("title", "stamps_required", "reward_description")


class ProgramLine(msgspec.Struct, frozen=True, kw_only=True):
    """One program in words. A program without a title is called as the shop; `archived` is empty while it is in use."""

    number: int
    title: str
    main: bool
    promises: tuple[str, ...]
    archived: str


@get("/{shop:str}/programs")
async def show_programs(request: AppRequest) -> Template:
    """All programs. Raises what `visit_of` raises."""
    return await _page(await visit_of(request, PROGRAMS))


@post("/{shop:str}/programs", status_code=200)
async def make(request: AppRequest) -> Redirect | Template:
    """Make one more program, and go on to it. Raises what `visit_of` raises."""
    visit, form = await visit_of(request, PROGRAMS), await read_form(request)
    try:
        made = await _make(visit, form)
    except LoyaltyError as refusal:
        return await _page(visit, form=form, refusal=refusal)
    return done(visit, f"programs/{msgspec.json.decode(made.body, type=ProgramView).id}", "made")


@post("/{shop:str}/programs/{program:str}/archive", status_code=200)
async def archive(request: AppRequest) -> Redirect | Template:
    """Archive a program. Raises what `visit_of` raises."""
    visit, form, number = await visit_of(request, PROGRAMS), await read_form(request), path_number(request, "program")
    try:
        await _do(visit, form, _deed(visit, archive=number))
    except LoyaltyError as refusal:
        return await _page(visit, refusal=refusal)
    return done(visit, "programs", "archived")


@post("/{shop:str}/programs/{program:str}/make-main", status_code=200)
async def make_main(request: AppRequest) -> Redirect | Template:
    """Make a program the main one. Raises what `visit_of` raises."""
    visit, form, number = await visit_of(request, PROGRAMS), await read_form(request), path_number(request, "program")
    try:
        await _do(visit, form, _deed(visit, promote=number))
    except LoyaltyError as refusal:
        return await _page(visit, refusal=refusal)
    return done(visit, f"programs/{number}", "main")


@post("/{shop:str}/joining", status_code=200)
async def change_joining(request: AppRequest) -> Redirect | Template:
    """Let people join on the shop's page, or stop that. Raises what `visit_of` raises."""
    visit, form = await visit_of(request, PROGRAMS), await read_form(request)
    database, shop, owner = visit.runtime.database, visit.shop.id, visit.position.staff_id
    try:
        _ = form.key
        change = BusinessChange(join_by_page=_yes_or_no(form.text("by_page")))
        await change_business(database, shop, change, now=visit.runtime.clock(), repaint=repaint, by=owner)
    except LoyaltyError as refusal:
        return await _page(visit, refusal=refusal)
    return done(visit, "programs", "saved")


def _yes_or_no(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise InvalidRequest.field("by_page", "must be yes or no")
    return text == "yes"


async def _make(visit: DeskVisit, form: SentForm) -> KeyedAnswer:
    values: dict[str, object] = {name: form.text(name) for name in NEW}
    values["stamps_required"] = form.number("stamps_required")
    check_fields(values, NewProgram)
    return await _do(visit, form, _deed(visit, make=msgspec.convert(values, NewProgram)))


def _deed(visit: DeskVisit, **what: NewProgram | int) -> ProgramDeed:
    now, by = visit.runtime.clock(), visit.position.staff_id
    return msgspec.structs.replace(ProgramDeed(business_id=visit.shop.id, now=now, by=by), **what)


async def _do(visit: DeskVisit, form: SentForm, deed: ProgramDeed) -> KeyedAnswer:
    once = visit.keyed(form.key, "changePrograms", deed.make, deed.archive, deed.promote)
    return await change_programs_once(visit.runtime.database, once, deed, repaint=repaint)


async def _page(visit: DeskVisit, *, form: SentForm | None = None, refusal: LoyaltyError | None = None) -> Template:
    """The list; after a refusal of a new program with what was typed."""
    shop = visit.shop
    main = await visit.runtime.database.read(lambda connection: read_program(connection, shop.id))
    lines = [program_line(visit, one) for one in main.all_of_shop]
    context: dict[str, object] = {
        "lines": [line for line in lines if not line.archived],
        "archived": [line for line in lines if line.archived],
        "several": bool(main.others),
        "room": _has_room(main),
        "new": {"stamps_required": USUAL_STAMPS, **({name: form.text(name) for name in NEW} if form else {})},
        "joining": f"{own_address(visit.request)}/join/{shop.slug}",
    }
    return shown(visit, refused_page(visit, SectionPage(template="programs.html", context=context), refusal))


def _has_room(main: Program) -> bool:
    try:
        check_room_for_program(main)
    except ProgramLimitReached:
        return False
    return True


def program_line(visit: DeskVisit, program: Program) -> ProgramLine:
    """A program as the list shows it."""
    archived = program.archived_at
    return ProgramLine(
        number=program_number(visit.shop.id, program.id),
        title=program.title or program.name,
        main=program.main,
        promises=_promises(visit.words, program),
        archived=visit.words.date(archived.astimezone(visit.shop.zone)) if archived else "",
    )


def _promises(words: Words, program: Program) -> tuple[str, ...]:
    terms = program.terms
    goal = (terms.stamps_required, terms.reward_description)
    rewards = [*((step.stamps, step.reward_description) for step in terms.steps), goal]
    told = [
        words.plain_count("{n} stamp makes: {reward}", "{n} stamps make: {reward}", stamps, reward=reward)
        for stamps, reward in rewards
    ]
    head = words.plain_count("Head start: {n} stamp", "Head start: {n} stamps", terms.opening_stamps)
    hours = words.plain_count("{n} row of bonus hours", "{n} rows of bonus hours", len(terms.bonus_hours))
    return (*told, *([head] if terms.opening_stamps else []), *([hours] if terms.bonus_hours else []))


HANDLERS = [show_programs, make, archive, make_main, change_joining]
