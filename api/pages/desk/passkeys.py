"""Signing in: the passkeys of the person who is at the desk, one to be made, and one to be removed.

They are the person's own, not the shop's. The script makes one: `api/pages/passkeys.py`.
"""

import msgspec
from litestar import get, post
from litestar.response import Redirect, Template

from api.messages import AppRequest
from api.pages.desk.forms import read_form, sentence_of
from api.pages.desk.frame import DeskVisit, SectionPage, done, shown, visit_of
from api.pages.desk.sections import SIGNING_IN
from api.pages.passkeys import passkey_place
from loyalty_app.sign_in.passkeys import OwnPasskey, passkeys_of, remove_passkey
from loyalty_core.errors import LoyaltyError


class PasskeyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey in words; `id` is its own, in hexadecimal digits. `used` is empty if it has signed nobody in yet."""

    id: str
    made: str
    used: str


@get("/{shop:str}/passkeys")
async def show_passkeys(request: AppRequest) -> Template:
    """The passkeys of the person. Raises what `visit_of` raises."""
    return await _page(await visit_of(request, SIGNING_IN))


@post("/{shop:str}/passkeys/remove", status_code=200)
async def remove(request: AppRequest) -> Redirect | Template:
    """Remove one; it signs nobody in from then on. Raises what `visit_of` raises."""
    visit, form = await visit_of(request, SIGNING_IN), await read_form(request)
    try:
        _ = form.key
        gone = await remove_passkey(visit.runtime.database, visit.person, _id(form.text("passkey")))
    except LoyaltyError as refusal:
        return await _page(visit, wrong=sentence_of(visit.words, refusal, visit.now))
    return done(visit, "passkeys", "saved" if gone else "nothing")


def _id(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


async def _page(visit: DeskVisit, *, wrong: str = "") -> Template:
    person = visit.person
    own = await visit.runtime.database.read(lambda connection: passkeys_of(connection, person))
    context: dict[str, object] = {
        "passkeys": [_line(visit, one) for one in own],
        "possible": passkey_place(visit.request, person.bot_id) is not None,
    }
    page = SectionPage(template="passkeys.html", context=context, wrong=wrong, status=400 if wrong else 200)
    return shown(visit, page)


def _line(visit: DeskVisit, one: OwnPasskey) -> PasskeyLine:
    zone, words = visit.shop.zone, visit.words
    used = words.moment(one.used_at.astimezone(zone), visit.now) if one.used_at else ""
    return PasskeyLine(id=one.credential_id.hex(), made=words.date(one.created_at.astimezone(zone)), used=used)


async def offers_passkey(visit: DeskVisit) -> bool:
    """Whether to propose one: in a browser outside Telegram, to somebody who has none."""
    if "authorization" in visit.request.headers or passkey_place(visit.request, visit.person.bot_id) is None:
        return False
    person = visit.person
    return not await visit.runtime.database.read(lambda connection: passkeys_of(connection, person))


HANDLERS = [show_passkeys, remove]
