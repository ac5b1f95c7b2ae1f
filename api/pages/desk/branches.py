"""Branches: where the shop is, opening another one, renaming and closing one. The rules are in `shops/branches.py`."""

import msgspec
from litestar import get, post
from litestar.response import Redirect, Template
from msgspec import UNSET

from api.messages import AppRequest
from api.pages.desk.forms import SentForm, read_form, refused_page
from api.pages.desk.frame import DeskVisit, SectionPage, done, path_number, shown, visit_of
from api.pages.desk.sections import BRANCHES
from loyalty_app.chat.staff_shifts import places_of_staff
from loyalty_app.shops.branches import BranchChange, change_branch, open_branch
from loyalty_app.shops.staff import list_staff
from loyalty_app.shops.workplaces import Branch, branches_of
from loyalty_core.errors import LoyaltyError


class BranchLine(msgspec.Struct, frozen=True, kw_only=True):
    """One branch in words. `people` chose it last; `closed` is empty while it is open."""

    id: int
    name: str
    opened: str
    closed: str
    people: str


@get("/{shop:str}/branches")
async def show_branches(request: AppRequest) -> Template:
    """The branches. Raises what `visit_of` raises."""
    return await _page(await visit_of(request, BRANCHES))


@post("/{shop:str}/branches", status_code=200)
async def add(request: AppRequest) -> Redirect | Template:
    """Open a branch. Raises what `visit_of` raises."""
    visit, form = await visit_of(request, BRANCHES), await read_form(request)
    name, now, by = form.text("name"), visit.runtime.clock(), visit.position.staff_id
    try:
        once = visit.keyed(form.key, "openBranch", name)
        await open_branch(visit.runtime.database, once, name, now=now, by=by)
    except LoyaltyError as refusal:
        return await _page(visit, form=form, refusal=refusal)
    return done(visit, "branches", "opened")


@post("/{shop:str}/branches/{branch:str}/rename", status_code=200)
async def rename(request: AppRequest) -> Redirect | Template:
    """Rename a branch, unless the name is the one that the form was made with. Raises what `visit_of` raises."""
    visit, form = await visit_of(request, BRANCHES), await read_form(request)
    same = form.text("name") == form.text("was_name")
    return await _changed(visit, form, BranchChange(name=UNSET if same else form.text("name")), "saved")


@post("/{shop:str}/branches/{branch:str}/close", status_code=200)
async def close(request: AppRequest) -> Redirect | Template:
    """Close a branch. Raises what `visit_of` raises."""
    visit, form = await visit_of(request, BRANCHES), await read_form(request)
    return await _changed(visit, form, BranchChange(closed=True), "closed")


@post("/{shop:str}/branches/{branch:str}/reopen", status_code=200)
async def reopen(request: AppRequest) -> Redirect | Template:
    """Open a closed branch again. Raises what `visit_of` raises."""
    visit, form = await visit_of(request, BRANCHES), await read_form(request)
    return await _changed(visit, form, BranchChange(closed=False), "opened")


async def _changed(visit: DeskVisit, form: SentForm, change: BranchChange, said: str) -> Redirect | Template:
    branch, now, by = path_number(visit.request, "branch"), visit.runtime.clock(), visit.position.staff_id
    try:
        once = visit.keyed(form.key, "changeBranch", branch, change)
        if change != BranchChange():
            await change_branch(visit.runtime.database, once, branch, change, now=now, by=by)
    except LoyaltyError as refusal:
        return await _page(visit, form=form, branch=branch, refusal=refusal)
    return done(visit, "branches", said if change != BranchChange() else "nothing")


async def _page(
    visit: DeskVisit, *, form: SentForm | None = None, branch: int = 0, refusal: LoyaltyError | None = None
) -> Template:
    """The branches; `branch` is the one whose form was refused, 0 the form of a new one."""
    shop, bot_id = visit.shop.id, visit.person.bot_id
    names = {one.staff_id: one.name for one in await list_staff(visit.runtime.database, shop)}
    everywhere, places = await visit.runtime.database.read(
        lambda c: (branches_of(c, shop), places_of_staff(c, shop, bot_id=bot_id))
    )
    there = {
        one.id: [names[who] for who, place in places.items() if place == one.id and who in names] for one in everywhere
    }
    lines = [_line(visit, one, there[one.id]) for one in everywhere]
    context: dict[str, object] = {
        "lines": [line for line in lines if not line.closed],
        "closed": [line for line in lines if line.closed],
        "branch": branch,
        "typed": form.text("name") if form else "",
    }
    return shown(visit, refused_page(visit, SectionPage(template="branches.html", context=context), refusal))


def _line(visit: DeskVisit, branch: Branch, people: list[str]) -> BranchLine:
    words, zone = visit.words, visit.shop.zone
    return BranchLine(
        id=branch.id,
        name=branch.name,
        opened=words.date(branch.created_at.astimezone(zone)),
        closed=words.date(branch.closed_at.astimezone(zone)) if branch.closed_at else "",
        people=words.join(people) if people else "",
    )


HANDLERS = [show_branches, add, rename, close, reopen]
