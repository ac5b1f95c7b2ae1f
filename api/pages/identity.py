"""Identity: opens and ends sessions, and tells a handler whose session a request belongs to.

Inside Telegram the token of a session travels in a header, `Authorization: Bearer …`: cookies of framed pages are
blocked there. Outside it travels in a cookie that scripts cannot read, one for each bot, so that two shops do not
collide. What somebody may do is looked up at each act.

Over https the cookie's name begins with `__Host-`: it is for this host only, and never sent in the clear. Over plain
http it is given only on this very machine (127.0.0.1, as by `make run`); elsewhere signing in is refused. Whether it is
https is said by LOYALTY_PUBLIC_URL where that is set, else by the request.
"""

from typing import Annotated, NoReturn

import msgspec
from litestar import delete, get, post
from litestar.datastructures import Cookie
from litestar.di import Provide
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import Meta

from api.messages import AppRequest, data_response, runtime_of
from api.pages.refusals import (
    InitDataInvalid,
    InitDataTooOld,
    InitDataUsed,
    NeedsHttps,
    PageRefusal,
    SessionEnded,
    UnknownBot,
)
from api.pages.security import own_address
from api.parsing import ID_TEXT, read_body
from api.refusals import RateLimited
from loyalty_app.chat.bots import find_secret
from loyalty_app.sign_in.proof import InitDataProof
from loyalty_app.sign_in.sessions import IDLE, OpenedSession, PagePerson, end_session, find_person, open_session
from loyalty_core.fields import LARGEST_ID, BotId
from loyalty_core.init_data import LONGEST, InitDataFault

RETRY = "idempotency-key"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
TOO_OLD = {InitDataFault.TOO_OLD, InitDataFault.AHEAD}


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What opens a session: `initData` as Telegram gave it to the page."""

    init_data: Annotated[str, Meta(min_length=1, max_length=LONGEST, description="initData as Telegram gave it")]


class SessionView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A session. The token is shown once, when it is opened."""

    user_id: int
    language: str | None
    idle_seconds: int
    token: str | None = None


async def bot_of(request: AppRequest, bot: str) -> BotId:
    """The bot in the address of a page. Raises UnknownBot."""
    if not ID_TEXT.fullmatch(bot) or not 0 < (bot_id := int(bot)) <= LARGEST_ID:
        raise UnknownBot
    if await runtime_of(request).database.glance(lambda connection: find_secret(connection, bot_id)) is None:
        raise UnknownBot
    return BotId(bot_id)


async def sign_in_refused(request: AppRequest, refusal: PageRefusal) -> NoReturn:
    """Count that an address failed to sign in. Raises the refusal; RateLimited after too many within a minute.

    A person who can sign in is let in nevertheless: many guests of a shop come from one address, that of its wireless
    network.
    """
    wait = await request.app.state.limits.refused(request.client.host if request.client else "")
    if wait is not None:
        raise RateLimited(wait)
    raise refusal


async def person_or_none(request: AppRequest, bot: FromPath[str]) -> PagePerson | None:
    """Who is signed in at the pages of the bot in the address. Raises UnknownBot."""
    bot_id, runtime = await bot_of(request, bot), runtime_of(request)
    token = token_of(request, bot_id)
    return await find_person(runtime.database, bot_id, token, now=runtime.clock()) if token else None


async def page_person(request: AppRequest, bot: FromPath[str]) -> PagePerson:
    """The same where somebody has to be signed in. Raises UnknownBot, SessionEnded."""
    person = await person_or_none(request, bot)
    if person is None:
        raise SessionEnded
    return person


def token_of(request: AppRequest, bot_id: BotId) -> str | None:
    """The token that a request brings: in its header, else in the cookie for that bot."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and text.strip():
        return text.strip()
    return request.cookies.get(cookie_name(request, bot_id))


PERSON = {"person": Provide(page_person)}
"""Handlers that name `person: NamedDependency[PagePerson]` get who is signed in, or SessionEnded is raised."""


@post("/{bot:str}/session", status_code=201)
async def sign_in(request: AppRequest, bot: FromPath[str]) -> ASGIResponse:
    """Open a session by init data.

    The same data opens one only once; a client that got no answer asks again with the same Idempotency-Key. Raises
    UnknownBot, InvalidRequest, InitDataInvalid, InitDataTooOld, InitDataUsed, RateLimited.
    """
    bot_id, runtime = await bot_of(request, bot), runtime_of(request)
    asked = await read_body(request, SignIn)
    now = runtime.clock()
    proof = InitDataProof(runtime.database, runtime.vault, runtime.settings)
    told = await proof.check(bot_id, asked.init_data, now=now)
    if isinstance(told, InitDataFault):
        await sign_in_refused(request, InitDataTooOld() if told in TOO_OLD else InitDataInvalid())
    person = PagePerson(bot_id=bot_id, user_id=told.user_id, language=told.language_code)
    retry = request.headers.get(RETRY)
    opened = await open_session(runtime.database, person, now=now, proof=asked.init_data, retry=retry)
    if not isinstance(opened, OpenedSession):
        await sign_in_refused(request, InitDataUsed())
    response = data_response(view_of(opened.person, opened.token))
    response.status_code = 201
    return response


def view_of(person: PagePerson, token: str | None = None) -> SessionView:
    """A session for the wire."""
    return SessionView(person.user_id, person.language, int(IDLE.total_seconds()), token)


@get("/{bot:str}/session")
async def show_session(request: AppRequest, bot: FromPath[str]) -> ASGIResponse:
    """Who is signed in. Raises UnknownBot, SessionEnded."""
    return data_response(view_of(await page_person(request, bot)))


@delete("/{bot:str}/session", status_code=200)
async def sign_out(request: AppRequest, bot: FromPath[str]) -> ASGIResponse:
    """End the session that the request brings, if it brings one. Raises UnknownBot."""
    bot_id = await bot_of(request, bot)
    await end_session_of(request, bot_id)
    gone: list[Cookie] = [forgotten(request, bot_id)]
    return ASGIResponse(status_code=204, cookies=gone, media_type=None)


async def end_session_of(request: AppRequest, bot_id: BotId) -> None:
    """End the session that a request brings, if it brings one."""
    runtime, token = runtime_of(request), token_of(request, bot_id)
    if token:
        await end_session(runtime.database, bot_id, token, now=runtime.clock())


def _over_https(request: AppRequest) -> bool:
    return own_address(request).startswith("https://")


def cookie_name(request: AppRequest, bot_id: BotId) -> str:
    """The name of the cookie for the pages of a bot."""
    return f"__Host-loyalty-{bot_id}" if _over_https(request) else f"loyalty-{bot_id}"


def session_cookie(request: AppRequest, bot_id: BotId, token: str) -> Cookie:
    """The cookie that keeps a browser signed in, until it is closed or idle for too long. Raises NeedsHttps."""
    if not _over_https(request) and (request.base_url.hostname or "") not in LOOPBACK:
        raise NeedsHttps
    return _cookie(request, bot_id, token)


def forgotten(request: AppRequest, bot_id: BotId) -> Cookie:
    """The cookie that makes a browser forget the other one."""
    return _cookie(request, bot_id, "", max_age=0)


def _cookie(request: AppRequest, bot_id: BotId, value: str, max_age: int | None = None) -> Cookie:
    return Cookie(
        key=cookie_name(request, bot_id),
        value=value,
        max_age=max_age,
        path="/",
        secure=_over_https(request),
        httponly=True,
        samesite="lax",
    )


HANDLERS = [sign_in, show_session, sign_out]
