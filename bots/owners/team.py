"""The team: the staff of a shop, inviting somebody by a link, and removing somebody, which works at once."""

from collections.abc import Sequence
from urllib.parse import quote

from msgspec.structs import replace

from bots.buttons import GOOD, MAIN, RISKY, Rows, button, copy, is_stale, link, new_nonce
from bots.owners.screens import back
from bots.owners.shop import ROLES
from bots.rights import own_positions
from bots.staff.invitation import RIGHTS
from bots.turn import Turn
from bots.words import TEXT, Html, Words, fitted, shortened
from loyalty_app.shops.invites import Offer, invite_once
from loyalty_app.shops.links import invite_link
from loyalty_app.shops.staff import Position, StaffMember, list_staff, remove_staff
from loyalty_app.words import numbered
from loyalty_core.access import Role, reaches, require_role, role_to_manage

ON_A_PAGE = 20
LONGEST_LABEL = 30


async def show_team(turn: Turn, position: Position, head: Html | None = None) -> None:
    """Show a page of the staff, the oldest first, with a button for each member whom the person may remove."""
    words, shop = turn.words, position.business
    members = _told_apart(await list_staff(turn.runtime.database, shop.id))
    page = min(max(1, turn.press.number(1)), -(-len(members) // ON_A_PAGE)) if turn.press.verb == "team" else 1
    listed = members[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    title = words.say("👥 <b>Staff of {shop}</b>", shop=shop.name)
    lines = [_line(words, position, member) for member in listed]
    text = fitted(Html(f"{head}\n\n{title}\n" if head else f"{title}\n"), lines, most=TEXT)
    around = [
        *([button(words.label("‹ Older"), "team", shop.id, page - 1)] if page > 1 else []),
        *([button(words.label("Newer ›"), "team", shop.id, page + 1)] if len(members) > page * ON_A_PAGE else []),
    ]
    invite_row = [button(words.label("➕ Invite somebody"), "invite", shop.id, new_nonce(), look=MAIN)]
    await turn.screen(text, [invite_row, *_names(words, position, listed), around, back(words, position)])


def _told_apart(members: Sequence[StaffMember]) -> list[StaffMember]:
    """The staff, with a number behind names that several have."""
    names = numbered(shortened(member.name, LONGEST_LABEL) for member in members)
    return [replace(member, name=name) for member, name in zip(members, names, strict=True)]


def _names(words: Words, position: Position, members: Sequence[StaffMember]) -> Rows:
    names = [
        button(
            words.label("✖ {name}", name=member.name),
            "leave",
            position.business.id,
            member.staff_id,
        )
        for member in members
        if _may_manage(position, member.role)
    ]
    return [names[place : place + 2] for place in range(0, len(names), 2)]


def _line(words: Words, position: Position, member: StaffMember) -> Html:
    since = words.date(member.created_at.astimezone(position.business.zone))
    name, role = member.name, words.plain(ROLES[member.role])
    if member.staff_id == position.staff_id:
        return words.say("• <b>{name}</b> (you), {role}, since {date}", name=name, role=role, date=since)
    return words.say("• <b>{name}</b>, {role}, since {date}", name=name, role=role, date=since)


def _may_manage(position: Position, role: Role) -> bool:
    return reaches(position.role, role_to_manage(role))


async def ask_role(turn: Turn, position: Position) -> None:
    """Ask for the role of the invitation, if there is a choice."""
    offered = [role for role in Role if _may_manage(position, role)]
    if len(offered) == 1:
        await _invite(turn, position, offered[0], turn.press.text(1))
        return
    words, shop, nonce = turn.words, position.business, new_nonce()
    text = words.say(
        "➕ Who is to join <b>{shop}</b>?\n\n<b>Staff</b>: {staff}\n<b>Managers</b>, also: {manager}\n"
        "<b>Owners</b>: {owner}",
        shop=shop.name,
        **{role.value: words.plain(RIGHTS[role]) for role in Role},
    )
    names = {
        Role.STAFF: words.label("Staff"),
        Role.MANAGER: words.label("Manager"),
        Role.OWNER: words.label("Owner"),
    }
    rows: Rows = [[button(names[role], "invited", shop.id, role.value, nonce) for role in offered]]
    await turn.screen(text, [*rows, [button(words.label("« Staff"), "team", shop.id)]])


async def press_role(turn: Turn, position: Position) -> None:
    """Invite with the role that was pressed; an unknown role is ignored."""
    if turn.press.text(1) in list(Role):
        await _invite(turn, position, Role(turn.press.text(1)), turn.press.text(2))


async def _invite(turn: Turn, position: Position, role: Role, nonce: str) -> None:
    """Make a link that lets one person in, and a message to forward; the same press gives the same link.

    Raises NotOnStaff, RoleRequired, or InviteInvalid if somebody has used that link already.
    """
    words, shop = turn.words, position.business
    require_role(position.role, role_to_manage(role))
    if is_stale(nonce):
        await show_team(turn, position)
        return
    offer = Offer(business_id=shop.id, role=role, now=turn.now(), by=position.staff_id)
    seed = turn.runtime.vault.seed("invitation", shop.id, position.staff_id, role.value, nonce)
    payload = await invite_once(turn.runtime.database, offer, seed=seed)
    url = await turn.read(lambda connection: invite_link(connection, shop.id, payload)) or payload
    said = words.plain(ROLES[role])
    forward = words.plain("You are invited to the staff of {shop}. Open this link on your phone:", shop=shop.name)
    share = f"https://t.me/share/url?url={quote(url, safe='')}&text={quote(forward)}"
    text = words.say(
        "➕ This link lets one person in as <b>{role}</b>. It works once, within 24 hours.\n\n{url}\n\n"
        "Send it to that person only: the first one to open it is in.",
        role=said,
        url=url,
    )
    rows: Rows = [
        [link(words.label("📨 Send it to somebody"), share)],
        [copy(words.label("📋 Copy the link"), url)],
        [button(words.label("« Staff"), "team", shop.id)],
    ]
    await turn.screen(text, rows)


async def ask_leave(turn: Turn, position: Position) -> None:
    """Ask for confirmation before somebody is removed."""
    words, shop = turn.words, position.business
    member = await _member(turn, position)
    if member is None:
        await show_team(turn, position)
        return
    text = words.say(
        "Remove <b>{name}</b> ({role}) from the staff of {shop}? It works at once; stamps that were given stay.",
        name=member.name,
        role=words.plain(ROLES[member.role]),
        shop=shop.name,
    )
    rows: Rows = [
        [button(words.label("Yes, remove"), "left", shop.id, member.staff_id, look=RISKY)],
        [button(words.label("No, keep"), "team", shop.id, look=GOOD)],
    ]
    await turn.screen(text, rows)


async def press_leave(turn: Turn, position: Position) -> None:
    """Remove somebody. Raises NotOnStaff, RoleRequired or LastOwner."""
    member = await _member(turn, position)
    if member is None:
        await show_team(turn, position)
        return
    database, shop = turn.runtime.database, position.business.id
    await remove_staff(database, shop, member.staff_id, now=turn.now(), by=position.staff_id)
    said = turn.words.say("✅ {name} is not on the staff any more.", name=member.name)
    if member.staff_id == position.staff_id:
        await own_positions(turn)
        await turn.screen(said)
    else:
        await show_team(turn, position, said)


async def _member(turn: Turn, position: Position) -> StaffMember | None:
    staff_id = turn.press.number(1)
    members = _told_apart(await list_staff(turn.runtime.database, position.business.id))
    return next((member for member in members if member.staff_id == staff_id), None)
