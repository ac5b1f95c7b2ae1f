"""Lines of the staff as people read them: who works here, where and since when, what each did, and who was invited."""

from collections.abc import Mapping, Sequence

import msgspec

from api.pages.desk.frame import DeskVisit
from loyalty_app.customers.staff_work import StaffWork, WorkCounts
from loyalty_app.shops.open_invites import OpenInvite
from loyalty_app.shops.staff import StaffMember
from loyalty_app.words import N_, Words
from loyalty_core.access import Role, role_to_manage

ROLES: dict[Role, str] = {Role.STAFF: N_("staff"), Role.MANAGER: N_("manager"), Role.OWNER: N_("owner")}
RIGHTS: dict[Role, str] = {
    Role.STAFF: N_("stamp cards, hand out rewards, make cards for guests"),
    Role.MANAGER: N_("undo anything, see the figures and who did what, invite staff, change the settings"),
    Role.OWNER: N_("decide about everything, also the program, the API and everybody's role"),
}
"""What each may do, as the chat says it."""


class StaffLine(msgspec.Struct, frozen=True, kw_only=True):
    """One person in words. `role` and `since` are empty for people who are not on the staff any more."""

    staff_id: int
    name: str
    role: str
    place: str
    since: str
    today: str
    month: str
    own: bool
    removable: bool


class InviteLine(msgspec.Struct, frozen=True, kw_only=True):
    """One open invitation in words. `by` is empty if the operator gave it."""

    digest: str
    role: str
    by: str
    until: str
    own: bool


def may_manage(visit: DeskVisit, role: Role) -> bool:
    """Whether the person may invite and remove people of that role."""
    return visit.may(role_to_manage(role))


def staff_lines(
    visit: DeskVisit, work: Sequence[StaffWork], members: Sequence[StaffMember], places: Mapping[int, str]
) -> list[StaffLine]:
    """The lines of those who work here, and of those who did within thirty days; `places` are their branches."""
    known = {member.staff_id: member for member in members}
    return [_line(visit, done, known.get(done.staff_id), places.get(done.staff_id, "")) for done in work]


def _line(visit: DeskVisit, work: StaffWork, member: StaffMember | None, place: str) -> StaffLine:
    words, zone = visit.words, visit.shop.zone
    return StaffLine(
        staff_id=work.staff_id,
        name=work.name,
        role=words.plain(ROLES[member.role]) if member else "",
        place=place,
        since=words.date(member.created_at.astimezone(zone)) if member else "",
        today=words.plain("Today: {figures}", figures=_figures(words, work.today)),
        month=words.plain("30 days: {figures}", figures=_figures(words, work.month)),
        own=work.staff_id == visit.position.staff_id,
        removable=member is not None and may_manage(visit, member.role),
    )


def _figures(words: Words, counts: WorkCounts) -> str:
    texts = [
        words.plain_count("{n} stamp", "{n} stamps", counts.stamps),
        words.plain_count("{n} reward handed out", "{n} rewards handed out", counts.rewards),
        words.plain_count("{n} undone", "{n} undone", counts.undos),
    ]
    return words.join(texts)


def invite_lines(visit: DeskVisit, invites: Sequence[OpenInvite]) -> list[InviteLine]:
    """The lines of open invitations; `own` are those that the person may withdraw."""
    return [
        InviteLine(
            digest=invite.digest,
            role=visit.words.plain(ROLES[invite.role]),
            by=invite.by,
            until=visit.moment(invite.expires_at),
            own=may_manage(visit, invite.role),
        )
        for invite in invites
    ]
