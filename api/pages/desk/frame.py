"""The frame of the desk: who is there and in which shop, looked up for each request, and how a section is shown.

What somebody may do is decided by `loyalty_app/shops/workplaces.py`, as in the chat. Sections are pages of their own,
filled on the server: they work without a script. In Telegram `desk.js` fetches them, because a session there travels in
a header.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

import msgspec
from litestar.response import Redirect, Template

from api.messages import AppRequest, runtime_of
from api.pages.desk.sections import SECTIONS, Section
from api.pages.identity import person_or_none
from api.pages.page_words import PageName, words_of
from api.pages.refusals import SessionEnded, UnknownPage
from api.pages.security import FramedBy
from api.pages.shell import WebPage, language_of_request, page_response
from api.parsing import ID_TEXT
from loyalty_app.counter import Caller
from loyalty_app.counter.orders import page_key
from loyalty_app.db.idempotency import KeyedRequest, fingerprint_of
from loyalty_app.runtime import Runtime
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.staff import Position
from loyalty_app.shops.workplaces import list_positions, require_position
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_app.words import LANGUAGES, N_, Words
from loyalty_core.access import Role, reaches
from loyalty_core.fields import LARGEST_ID, BotId, BusinessId

WORDS = "desk_words"
"""Under this name a request keeps the words of its person, for what is refused later."""

SAID: dict[str, str] = {
    "saved": N_("Saved."),
    "nothing": N_("Nothing was different, so nothing was changed."),
    "stamped": N_("The stamps are given."),
    "redeemed": N_("The reward is handed out."),
    "undone": N_("That is undone."),
    "withdrawn": N_("The invitation is withdrawn. Nobody can use it any more."),
    "removed": N_("That person is not on the staff any more."),
    "revoked": N_("The key is revoked. It opens nothing any more."),
    "tested": N_("A test is on its way. What comes of it stands in the list below; load the page again to see it."),
    "replayed": N_("It is sent again. What comes of it stands in the list below; load the page again to see it."),
    "none_failed": N_("There is nothing left to send again."),
    "deleted": N_("The webhook is deleted. Nothing is sent there any more."),
    "opened": N_("The branch is open."),
    "closed": N_("The branch is closed. It takes no stamps any more; what happened there stays."),
    "made": N_("The program is there. Staff can stamp it now."),
    "archived": N_("It is archived and takes no new stamps. Its rewards can still be redeemed."),
    "main": N_("It is the main one now."),
    "merged": N_("Both are one card now."),
    "unmerged": N_("They are two cards again."),
    "discarded": N_("The list is thrown away. Nothing was imported."),
    "erased": N_("The card and all personal data of this customer are erased."),
}
"""What a page says after something was done. An address names it by its key, so no other sentence can be put there."""


class DeskVisit(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at the desk of a shop. `shops` are all in which they may use a desk; `now` is in the shop's zone."""

    request: AppRequest
    person: PagePerson
    position: Position
    shops: tuple[Position, ...]
    section: Section
    words: Words
    now: datetime

    @property
    def shop(self) -> Business:
        """The shop whose desk it is."""
        return self.position.business

    @property
    def runtime(self) -> Runtime:
        """What the process holds open."""
        return runtime_of(self.request)

    @property
    def sections(self) -> list[Section]:
        """The sections that the person's role sees."""
        return [section for section in SECTIONS if reaches(self.position.role, section.role)]

    def may(self, role: Role) -> bool:
        """Whether the person has that role or a higher one."""
        return reaches(self.position.role, role)

    @property
    def is_owner(self) -> bool:
        """Whether the person sees what is for owners."""
        return self.may(Role.OWNER)

    def address(self, path: str = "", **query: str | int | None) -> str:
        """The address of a part of this desk; what is None is left out of the query."""
        language = self.request.query_params.get("lang")
        return desk_address(self.person.bot_id, f"/{self.shop.id}/{path}", **query, lang=language)

    def elsewhere(self, other: Position) -> str:
        """The address of the first section in another shop of theirs."""
        language = self.request.query_params.get("lang")
        return desk_address(self.person.bot_id, f"/{other.business.id}/{SECTIONS[0].path}", lang=language)

    @property
    def way_out(self) -> str:
        """Where a form goes that signs out."""
        return desk_address(self.person.bot_id, "/out", lang=self.request.query_params.get("lang"))

    def asked(self, name: str) -> str:
        """A parameter of the query; empty if it was not given."""
        return str(self.request.query_params.get(name, "")).strip()

    def moment(self, at: datetime) -> str:
        """A moment in words, in the time of the shop."""
        return self.words.moment(at.astimezone(self.shop.zone), self.now)

    def caller(self, key: str) -> Caller:
        """The person as a caller of the counter; `key` was made with the form that they sent."""
        return Caller(business=self.shop, actor=self.position.actor, key=page_key(self.person.user_id, key))

    def keyed(self, key: str, operation: str, *asked: object) -> KeyedRequest:
        """A request of this person, made once-only by the key of a form; `operation` and `asked` tell it apart."""
        fingerprint = fingerprint_of(msgspec.json.encode([operation, *asked]))
        return KeyedRequest(business_id=self.shop.id, key=page_key(self.person.user_id, key), fingerprint=fingerprint)


def desk_address(bot_id: int, path: str = "", **query: str | int | None) -> str:
    """An address below the desk of a bot."""
    given = {name: value for name, value in query.items() if value not in {None, ""}}
    return f"/app/{bot_id}/shop{path}" + (f"?{urlencode(given)}" if given else "")


def desk_words(request: AppRequest, person: PagePerson | None) -> Words:
    """The words for a person at the desk: in the language of the address, else their own, else the browser's."""
    chosen = request.query_params.get("lang", "")
    own = person.language if person is not None and chosen not in LANGUAGES else None
    return words_of(PageName.DESK, own or language_of_request(request))


async def signed_in(request: AppRequest) -> PagePerson:
    """Who is at the desk. Raises UnknownBot, SessionEnded."""
    person = await person_or_none(request, request.path_params["bot"])
    if person is None:
        raise SessionEnded
    request.scope["state"][WORDS] = desk_words(request, person)
    return person


async def visit_of(request: AppRequest, section: Section) -> DeskVisit:
    """Who is at the desk of the shop in the address, with their rights of this moment.

    Raises UnknownBot, UnknownPage, SessionEnded, NotOnStaff, RoleRequired.
    """
    person, runtime = await signed_in(request), runtime_of(request)
    shop = path_number(request, "shop")
    bot_id, user_id = person.bot_id, person.user_id
    position, everywhere = await runtime.database.read(
        lambda c: (
            require_position(c, BusinessId(shop), user_id=user_id, bot_id=bot_id, role=section.role),
            list_positions(c, user_id=user_id, bot_id=bot_id),
        )
    )
    request.state["zone"] = position.business.zone
    return DeskVisit(
        request=request,
        person=person,
        position=position,
        shops=tuple(one for one in everywhere if reaches(one.role, Role.MANAGER)),
        section=section,
        words=desk_words(request, person),
        now=runtime.clock().astimezone(position.business.zone),
    )


def path_number(request: AppRequest, name: str) -> int:
    """A number in the path. Raises UnknownPage if it is none."""
    text = str(request.path_params[name])
    if not ID_TEXT.fullmatch(text) or not 0 < int(text) <= LARGEST_ID:
        raise UnknownPage
    return int(text)


def new_form_key() -> str:
    """The idempotency key of a form, made with the page: the form does its work once, however often it is sent."""
    return secrets.token_urlsafe(16)


class SectionPage(msgspec.Struct, frozen=True, kw_only=True):
    """What a section shows: its template and what that needs; `title` if it is not the section's own.

    `wrong` says what was refused, `faults` what is wrong with which field.
    """

    template: str
    title: str = ""
    context: dict[str, object] = {}
    wrong: str = ""
    faults: dict[str, str] = {}
    status: int = 200


def shown(visit: DeskVisit, page: SectionPage) -> Template:
    """A page of the desk with its navigation."""
    said = SAID.get(visit.asked("said"))
    context = {
        **page.context,
        "visit": visit,
        "words": visit.words,
        "said": visit.words.plain(said) if said and not page.wrong else "",
        "wrong": page.wrong,
        "faults": page.faults,
        "form_key": new_form_key,
        "language": visit.asked("lang"),
    }
    title = page.title or visit.words.plain(visit.section.label)
    return _sent(visit.request, visit.words, title=title, template=page.template, context=context, status=page.status)


def shown_outside(
    request: AppRequest,
    words: Words,
    *,
    template: str,
    title: str,
    context: Mapping[str, object] = {},
    status: int = 200,
) -> Template:
    """A page of the desk that belongs to no shop: the list of shops, or why there is none."""
    context = {**context, "visit": None, "words": words}
    return _sent(request, words, title=title, template=template, context=context, status=status)


def _sent(
    request: AppRequest, words: Words, *, title: str, template: str, context: dict[str, object], status: int
) -> Template:
    page = WebPage(
        name=PageName.DESK,
        title=title,
        bot_id=BotId(int(request.path_params["bot"])),
        language=words.code,
        template=f"desk/{template}",
        context=context,
        framed_by=FramedBy.NOBODY,
        status=status,
    )
    return page_response(request, page)


def done(visit: DeskVisit, path: str, said: str) -> Redirect:
    """Go on to a page after something was done there, which a reload does not do again."""
    return Redirect(visit.address(path, said=said), status_code=303)
