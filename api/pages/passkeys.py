"""Passkeys: what scripts ask for to make one and to sign in with it. The list of one's own is at the desk.

They work where browsers let a site have them: at a name, over https or on this very machine; not at a bare address.
"""

import logging
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from api.messages import AppRequest, runtime_of
from api.pages.identity import bot_of, session_cookie, sign_in_refused
from api.pages.refusals import PasskeyNotKept, PasskeyNotTaken
from api.pages.security import GIVES_COOKIE, origin_of, own_address
from api.parsing import read_body
from api.refusals import RateLimited
from loyalty_app.shops.workplaces import list_positions
from loyalty_app.sign_in.passkeys import PasskeyPlace, PasskeyRefused, ask_for_new, ask_for_one, keep_new, recognise
from loyalty_app.sign_in.sessions import OpenedSession, PagePerson, open_session
from loyalty_core.fields import BotId

log = logging.getLogger(__name__)


class SentPasskey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A passkey as a browser gives it: `PublicKeyCredential.toJSON()`."""

    credential: dict[str, object]


def passkey_place(request: AppRequest, bot_id: BotId) -> PasskeyPlace | None:
    """Where passkeys of this installation are for; None where browsers give none."""
    parts = urlsplit(own_address(request))
    host = parts.hostname or ""
    if _is_bare(host) or not (parts.scheme == "https" or host == "localhost"):
        return None
    return PasskeyPlace(bot_id=bot_id, origin=origin_of(own_address(request)), host=host)


def _is_bare(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return not host
    return True


@post("/{bot:str}/api/passkeys/options", status_code=200)
async def offer_new(request: AppRequest, person: NamedDependency[PagePerson]) -> ASGIResponse:
    """What the browser needs to make a passkey. Raises SessionEnded, PasskeyNotKept."""
    runtime, place = runtime_of(request), passkey_place(request, person.bot_id)
    if place is None:
        raise PasskeyNotKept
    positions = await runtime.database.read(
        lambda c: list_positions(c, user_id=person.user_id, bot_id=person.bot_id),
    )
    name = next((one.actor.name for one in positions if one.actor.name), None) or str(person.user_id)
    options = await ask_for_new(runtime.database, place, person, name, now=runtime.clock())
    return _json(options)


@post("/{bot:str}/api/passkeys", status_code=200)
async def take_new(request: AppRequest, person: NamedDependency[PagePerson]) -> ASGIResponse:
    """Keep a passkey that was made. Raises SessionEnded, InvalidRequest, PasskeyNotKept."""
    runtime, place = runtime_of(request), passkey_place(request, person.bot_id)
    sent = await read_body(request, SentPasskey)
    if place is None:
        raise PasskeyNotKept
    refused = await keep_new(runtime.database, place, person, sent.credential, now=runtime.clock())
    if refused is not None:
        log.info("a passkey was not kept: %s", refused.reason)
        raise PasskeyNotKept
    return ASGIResponse(status_code=204, media_type=None)


@post("/{bot:str}/session/passkey/options", status_code=200)
async def offer_sign_in(request: AppRequest, bot: FromPath[str]) -> ASGIResponse:
    """What the browser needs to sign in with a passkey. Raises UnknownBot, PasskeyNotTaken, RateLimited."""
    bot_id, runtime = await bot_of(request, bot), runtime_of(request)
    place = passkey_place(request, bot_id)
    if place is None:
        raise PasskeyNotTaken
    wait = await request.app.state.limits.challenged(request.client.host if request.client else "")
    if wait is not None:
        raise RateLimited(wait)
    options = await ask_for_one(runtime.database, place, now=runtime.clock())
    return _json(options)


@post("/{bot:str}/session/passkey", status_code=200, opt={GIVES_COOKIE: True})
async def sign_in_by_passkey(request: AppRequest, bot: FromPath[str]) -> ASGIResponse:
    """Sign a browser in. Raises UnknownBot, InvalidRequest, NeedsHttps, PasskeyNotTaken, RateLimited."""
    bot_id, runtime = await bot_of(request, bot), runtime_of(request)
    session_cookie(request, bot_id, "")  # where no cookie may be given, the challenge stays good
    sent, place = await read_body(request, SentPasskey), passkey_place(request, bot_id)
    if place is None:
        raise PasskeyNotTaken
    person = await recognise(runtime.database, place, sent.credential, now=runtime.clock())
    if isinstance(person, PasskeyRefused):
        log.info("a passkey was not taken: %s", person.reason)
        await sign_in_refused(request, PasskeyNotTaken())
    opened = await open_session(runtime.database, person, now=runtime.clock())
    if not isinstance(opened, OpenedSession):
        raise PasskeyNotTaken
    cookies = [session_cookie(request, bot_id, opened.token)]
    return ASGIResponse(status_code=204, cookies=cookies, media_type=None)


def _json(options: str) -> ASGIResponse:
    return ASGIResponse(body=b'{"data":%b}' % options.encode(), headers={"Cache-Control": "no-store"})


HANDLERS = [offer_new, take_new, offer_sign_in, sign_in_by_passkey]
