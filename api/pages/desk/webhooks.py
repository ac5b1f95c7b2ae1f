"""Webhooks: where events of the shop are sent, how each does, and registering another, whose secret is shown once.

For owners. The rules are those of the API; `endpoint.py` has what is done with one of them.
"""

import msgspec
from litestar import get, post
from litestar.response import Template

from api.messages import AppRequest
from api.pages.desk.endpoint_lines import EVENTS, endpoint_line, events_in
from api.pages.desk.forms import SentForm, read_form, refused_page
from api.pages.desk.frame import DeskVisit, SectionPage, shown, visit_of
from api.pages.desk.sections import WEBHOOKS
from loyalty_app.db.idempotency import KeyedAnswer
from loyalty_app.pagination import PageRequest
from loyalty_app.webhooks.endpoint_health import failing_endpoints
from loyalty_app.webhooks.endpoints import MOST_ENDPOINTS, NewWebhookView, list_webhooks
from loyalty_app.webhooks.pausing import paused_since
from loyalty_app.words import N_
from loyalty_core.errors import IdempotencyKeyReused, LoyaltyError

MADE_ALREADY = N_(
    "This webhook was made already, and its secret is not shown again. If you have not kept it, give it a new one."
)


@get("/{shop:str}/webhooks")
async def show_webhooks(request: AppRequest) -> Template:
    """The webhooks with how each does. Raises what `visit_of` raises."""
    return await _page(await visit_of(request, WEBHOOKS))


@post("/{shop:str}/webhooks", status_code=200)
async def register(request: AppRequest) -> Template:
    """Register a webhook and show its secret, this once. Raises what `visit_of` raises."""
    visit, form = await visit_of(request, WEBHOOKS), await read_form(request)
    url, events = form.text("url"), events_in(form)
    try:
        once = visit.keyed(form.key, "createWebhook", url, events)
        answer = await visit.runtime.webhooks.register(once, url, events)
        return secret_page(visit, answer)
    except IdempotencyKeyReused as refusal:
        return await _page(visit, refusal=refusal, says=visit.words.plain(MADE_ALREADY))
    except LoyaltyError as refusal:
        return await _page(visit, form=form, refusal=refusal)


def secret_page(visit: DeskVisit, answer: KeyedAnswer) -> Template:
    """The page that shows a new secret. Raises IdempotencyKeyReused if it was shown before: it is shown once."""
    if answer.replayed:
        raise IdempotencyKeyReused
    made = msgspec.json.decode(answer.body, type=NewWebhookView)
    context: dict[str, object] = {"secret": made.secret, "webhook": made}
    return shown(
        visit,
        SectionPage(template="secret.html", title=visit.words.plain("The secret of the webhook"), context=context),
    )


async def _page(
    visit: DeskVisit, *, form: SentForm | None = None, refusal: LoyaltyError | None = None, says: str = ""
) -> Template:
    business_id, wanted = visit.shop.id, PageRequest(limit=MOST_ENDPOINTS)
    found, failing, paused = await visit.runtime.database.read(
        lambda c: (
            list_webhooks(c, business_id, wanted=wanted),
            failing_endpoints(c, business_id),
            paused_since(c, business_id),
        )
    )
    context: dict[str, object] = {
        "lines": [endpoint_line(visit, one, failing.get(one.id)) for one in found.data],
        "paused": visit.moment(paused) if paused else "",
        "events": EVENTS,
        "url": form.text("url") if form else "",
        "chosen": events_in(form) if form else (),
    }
    return shown(visit, refused_page(visit, SectionPage(template="webhooks.html", context=context), refusal, says=says))


HANDLERS = [show_webhooks, register]
