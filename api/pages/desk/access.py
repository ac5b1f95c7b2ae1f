"""API access: the keys of the shop with their use of this hour, making one, which is shown once, and revoking one.

For owners, as in the chat. A key that was made is not shown again, not even to the form that made it.
"""

from litestar import get, post
from litestar.response import Redirect, Template

from api.messages import AppRequest
from api.pages.desk.access_lines import SCOPES, KeyLine, key_line
from api.pages.desk.forms import SentForm, read_form, refused_page
from api.pages.desk.frame import DeskVisit, SectionPage, done, path_number, shown, visit_of
from api.pages.desk.sections import ACCESS
from api.rate_limits import RateLimits
from loyalty_app.counter.orders import page_key
from loyalty_app.shops.api_keys import KeyInfo, NewKey, ShownKey, create_key_once, list_keys, revoke_key
from loyalty_app.shops.twins import list_test_keys
from loyalty_app.words import N_
from loyalty_core.access import PLANS, Scope, requests_per_hour
from loyalty_core.errors import IdempotencyKeyReused, InvalidRequest, LoyaltyError

MADE_ALREADY = N_(
    "This key was made already and is not shown again. If you have not kept it, revoke it and make another one."
)


@get("/{shop:str}/access")
async def show_access(request: AppRequest) -> Template:
    """The keys, and what is left of their hour. Raises what `visit_of` raises."""
    return await _page(await visit_of(request, ACCESS))


@post("/{shop:str}/access", status_code=200)
async def make_key(request: AppRequest) -> Template:
    """Make a key and show it, this once. Raises what `visit_of` raises."""
    visit, form = await visit_of(request, ACCESS), await read_form(request)
    try:
        made = await _make(visit, form)
    except IdempotencyKeyReused as refusal:
        return await _page(visit, refusal=refusal, says=visit.words.plain(MADE_ALREADY))
    except LoyaltyError as refusal:
        return await _page(visit, form=form, refusal=refusal)
    context: dict[str, object] = {"text": made.api_key}
    title = visit.words.plain("The key {name}", name=form.text("name"))
    return shown(visit, SectionPage(template="key.html", title=title, context=context))


@post("/{shop:str}/access/{key:str}/revoke", status_code=200)
async def revoke(request: AppRequest) -> Redirect | Template:
    """Revoke a key for ever. Raises what `visit_of` raises."""
    visit, form, key_id = await visit_of(request, ACCESS), await read_form(request), path_number(request, "key")
    database, shop, by = visit.runtime.database, visit.shop.id, visit.position.staff_id
    try:
        _ = form.key  # it must be there; a key that is revoked stays so
        await revoke_key(database, shop, key_id, now=visit.runtime.clock(), by=by)
    except LoyaltyError as refusal:
        return await _page(visit, refusal=refusal)
    return done(visit, "access", "revoked")


async def _make(visit: DeskVisit, form: SentForm) -> ShownKey:
    scopes = tuple(scope for scope in Scope if form.text(scope) == "yes")
    nonce = page_key(visit.person.user_id, form.key)
    if not scopes:
        raise InvalidRequest.field("scopes", "must be one or more")
    new = NewKey(business_id=visit.shop.id, name=form.text("name"), now=visit.runtime.clock(), scopes=scopes)
    return await create_key_once(visit.runtime.database, new, by=visit.position.staff_id, nonce=nonce)


async def _page(
    visit: DeskVisit, *, form: SentForm | None = None, refusal: LoyaltyError | None = None, says: str = ""
) -> Template:
    database, shop = visit.runtime.database, visit.shop
    keys, tests = await list_keys(database, shop.id), await list_test_keys(database, shop.id)
    lines = [*[await _line(visit, key) for key in keys], *[await _line(visit, key, test=True) for key in tests]]
    context: dict[str, object] = {
        "lines": [line for line in lines if line.opens],
        "closed": [line for line in lines if not line.opens],
        "has_api": PLANS[shop.plan].api,
        "limit": requests_per_hour(shop.plan, shop.rate_limit),
        "scopes": SCOPES,
        "chosen": set(Scope) if form is None else {scope for scope in Scope if form.text(scope) == "yes"},
        "name": form.text("name") if form else "",
    }
    return shown(visit, refused_page(visit, SectionPage(template="access.html", context=context), refusal, says=says))


async def _line(visit: DeskVisit, key: KeyInfo, *, test: bool = False) -> KeyLine:
    limits: RateLimits = visit.request.app.state.limits
    rate = await limits.look(key.key_id, requests_per_hour(visit.shop.plan, visit.shop.rate_limit))
    return key_line(visit, key, rate, test=test)


HANDLERS = [show_access, make_key, revoke]
