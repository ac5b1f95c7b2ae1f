"""Staff: who works in the shop and what each did, inviting somebody by a link, withdrawing that, and removing somebody.

A role is raised as in the chat: by an invitation to the higher one. What counts as work is in
`loyalty_app/customers/staff_work.py`; who may do what to whom is in `loyalty_app/shops`.
"""

from urllib.parse import quote

from litestar import get, post
from litestar.response import Redirect, Template

from api.messages import AppRequest
from api.pages.desk.forms import SentForm, read_form, refused_page
from api.pages.desk.frame import DeskVisit, SectionPage, desk_address, done, path_number, shown, visit_of
from api.pages.desk.sections import STAFF
from api.pages.desk.staff_lines import RIGHTS, ROLES, invite_lines, may_manage, staff_lines
from loyalty_app.chat.staff_shifts import places_of_staff
from loyalty_app.customers.staff_work import read_staff_work
from loyalty_app.pictures.drawing import qr_svg
from loyalty_app.shops.invites import Offer
from loyalty_app.shops.links import invite_link
from loyalty_app.shops.open_invites import invite_keyed, open_invites, withdraw_invite
from loyalty_app.shops.staff import list_staff, remove_staff
from loyalty_app.shops.workplaces import branches_of
from loyalty_app.words import Html
from loyalty_core.access import Role
from loyalty_core.errors import InvalidRequest, LoyaltyError


@get("/{shop:str}/staff")
async def show_staff(request: AppRequest) -> Template:
    """The staff, and the open invitations. Raises what `visit_of` raises."""
    return await _page(await visit_of(request, STAFF))


@post("/{shop:str}/staff/invite", status_code=200)
async def invite(request: AppRequest) -> Template:
    """Make an invitation and show its link, this once. Raises what `visit_of` raises."""
    visit, form = await visit_of(request, STAFF), await read_form(request)
    try:
        role = _role(form)
        link = await _invite(visit, form, role)
    except LoyaltyError as refusal:
        return await _page(visit, refusal=refusal)
    text = visit.words.plain(
        "You are invited to the staff of {shop}. Open this link on your phone:", shop=visit.shop.name
    )
    context: dict[str, object] = {
        "link": link,
        "role": visit.words.plain(ROLES[role]),
        "code": Html(qr_svg(link)),
        "share": f"https://t.me/share/url?url={quote(link, safe='')}&text={quote(text)}",
    }
    return shown(visit, SectionPage(template="invited.html", title=visit.words.plain("Invitation"), context=context))


@post("/{shop:str}/staff/withdraw", status_code=200)
async def withdraw(request: AppRequest) -> Redirect | Template:
    """Withdraw an invitation. Raises what `visit_of` raises."""
    visit, form = await visit_of(request, STAFF), await read_form(request)
    database, shop, by = visit.runtime.database, visit.shop.id, visit.position.staff_id
    try:
        _ = form.key  # it must be there; the same invitation, withdrawn twice, is withdrawn once
        await withdraw_invite(database, shop, form.text("invitation"), now=visit.runtime.clock(), by=by)
    except LoyaltyError as refusal:
        return await _page(visit, refusal=refusal)
    return done(visit, "staff", "withdrawn")


@post("/{shop:str}/staff/{member:str}/remove", status_code=200)
async def remove(request: AppRequest) -> Redirect | Template:
    """Remove somebody; a person who removes themselves is led to their other shops. Raises what `visit_of` raises."""
    visit, form, member = await visit_of(request, STAFF), await read_form(request), path_number(request, "member")
    database, shop, by = visit.runtime.database, visit.shop.id, visit.position.staff_id
    try:
        _ = form.key  # as above: nobody is removed twice
        await remove_staff(database, shop, member, now=visit.runtime.clock(), by=by)
    except LoyaltyError as refusal:
        return await _page(visit, refusal=refusal)
    if member == by:
        return Redirect(desk_address(visit.person.bot_id, lang=visit.asked("lang")), status_code=303)
    return done(visit, "staff", "removed")


def _role(form: SentForm) -> Role:
    try:
        return Role(form.text("role"))
    except ValueError:
        raise InvalidRequest.field("role", "must be staff, manager or owner") from None


async def _invite(visit: DeskVisit, form: SentForm, role: Role) -> str:
    """The link of a new invitation; the same form, sent again, gives the same."""
    runtime, shop, request = visit.runtime, visit.shop.id, visit.keyed(form.key, "invite", role)
    offer = Offer(business_id=shop, role=role, now=runtime.clock(), by=visit.position.staff_id)
    payload = await invite_keyed(runtime.database, request, offer, vault=runtime.vault)
    return await runtime.database.read(lambda connection: invite_link(connection, shop, payload)) or payload


async def _page(visit: DeskVisit, *, refusal: LoyaltyError | None = None) -> Template:
    shop, now, bot_id = visit.shop, visit.now, visit.person.bot_id
    members = await list_staff(visit.runtime.database, shop.id)
    work, places, everywhere, invites = await visit.runtime.database.read(
        lambda c: (
            read_staff_work(c, shop, now=now),
            places_of_staff(c, shop.id, bot_id=bot_id),
            branches_of(c, shop.id),
            open_invites(c, shop.id, now),
        )
    )
    names = {branch.id: branch.name for branch in everywhere}
    context: dict[str, object] = {
        "lines": staff_lines(visit, work, members, {who: names.get(place, "") for who, place in places.items()}),
        "invites": invite_lines(visit, invites),
        "offered": {role: (ROLES[role], RIGHTS[role]) for role in Role if may_manage(visit, role)},
    }
    return shown(visit, refused_page(visit, SectionPage(template="staff.html", context=context), refusal))


HANDLERS = [show_staff, invite, withdraw, remove]
