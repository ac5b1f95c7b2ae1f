"""One webhook: changing and deleting it, a new secret, and what was sent there, with a test and sending again."""

from collections.abc import Awaitable, Callable

import msgspec
from litestar import get, post
from litestar.response import Redirect, Template
from msgspec import UNSET

from api.messages import AppRequest
from api.pages.desk.endpoint_lines import EVENTS, delivery_lines, endpoint_line, events_in
from api.pages.desk.forms import SentForm, read_form, refused_page
from api.pages.desk.frame import DeskVisit, SectionPage, done, path_number, shown, visit_of
from api.pages.desk.sections import WEBHOOKS
from api.pages.desk.webhooks import secret_page
from loyalty_app.db.idempotency import KeyedAnswer
from loyalty_app.pagination import PageRequest
from loyalty_app.webhooks import delivery_log
from loyalty_app.webhooks.delivery_log import Queued
from loyalty_app.webhooks.endpoint_health import failing_endpoints
from loyalty_app.webhooks.endpoints import WebhookChange, read_webhook
from loyalty_app.webhooks.fan_out import fan_out_now
from loyalty_app.webhooks.pausing import paused_since
from loyalty_app.words import N_
from loyalty_core.errors import IdempotencyKeyReused, InvalidRequest, LoyaltyError, WebhookNotFound

LINES = 20
RENEWED_ALREADY = N_("This secret was made already and is not shown again. If you have not kept it, make another one.")
SURE = N_("Please tick that you are sure.")


@get("/{shop:str}/webhooks/{webhook:str}")
async def show_webhook(request: AppRequest) -> Template:
    """A webhook and what was sent there. Raises what `visit_of` raises, WebhookNotFound, InvalidCursor."""
    visit = await visit_of(request, WEBHOOKS)
    return await _page(visit, path_number(request, "webhook"))


@post("/{shop:str}/webhooks/{webhook:str}/change", status_code=200)
async def change(request: AppRequest) -> Redirect | Template:
    """Change a webhook. Raises what `visit_of` raises, WebhookNotFound."""
    return await _done_once(request, _change)


@post("/{shop:str}/webhooks/{webhook:str}/delete", status_code=200)
async def delete(request: AppRequest) -> Redirect | Template:
    """Delete a webhook. Raises what `visit_of` raises, WebhookNotFound."""
    return await _done_once(request, _delete)


@post("/{shop:str}/webhooks/{webhook:str}/test", status_code=200)
async def send_test(request: AppRequest) -> Redirect | Template:
    """Send a test. Raises what `visit_of` raises, WebhookNotFound."""
    return await _done_once(request, _test)


@post("/{shop:str}/webhooks/{webhook:str}/replay", status_code=200)
async def replay(request: AppRequest) -> Redirect | Template:
    """Send one delivery again, or all that failed. Raises what `visit_of` raises, WebhookNotFound."""
    return await _done_once(request, _replay)


@post("/{shop:str}/webhooks/{webhook:str}/rotate", status_code=200)
async def rotate(request: AppRequest) -> Template:
    """Give a webhook a new secret and show it, this once. Raises what `visit_of` raises, WebhookNotFound."""
    visit, form, webhook = await visit_of(request, WEBHOOKS), await read_form(request), path_number(request, "webhook")
    try:
        once = visit.keyed(form.key, "rotateWebhookSecret", webhook)
        return secret_page(visit, await visit.runtime.webhooks.rotate_secret(once, webhook))
    except WebhookNotFound:
        raise
    except IdempotencyKeyReused as refusal:
        return await _page(visit, webhook, refusal=refusal, says=visit.words.plain(RENEWED_ALREADY))
    except LoyaltyError as refusal:
        return await _page(visit, webhook, refusal=refusal)


Deed = Callable[[DeskVisit, SentForm, int], Awaitable[str]]
"""Something that is done with a webhook; it gives the key of what is said after it, or raises a refusal."""


async def _done_once(request: AppRequest, act: Deed) -> Redirect | Template:
    visit, form, webhook = await visit_of(request, WEBHOOKS), await read_form(request), path_number(request, "webhook")
    try:
        said = await act(visit, form, webhook)
    except WebhookNotFound:
        raise
    except LoyaltyError as refusal:
        return await _page(visit, webhook, form=form, refusal=refusal)
    visit.runtime.wakeups.deliveries.notify()
    return done(visit, "webhooks" if said == "deleted" else f"webhooks/{webhook}", said)


async def _change(visit: DeskVisit, form: SentForm, webhook: int) -> str:
    """Only what differs from the values that the form was made with: what somebody else changed meanwhile stays."""
    url, events, active = form.text("url"), events_in(form), form.text("active") == "yes"
    asked = WebhookChange(
        url=UNSET if url == form.text("was_url") else url,
        events=UNSET if " ".join(events) == form.text("was_events") else events,
        active=UNSET if active is (form.text("was_active") == "yes") else active,
    )
    once = visit.keyed(form.key, "updateWebhook", webhook, asked)
    if asked == WebhookChange():
        return "nothing"
    await visit.runtime.webhooks.change(once, webhook, asked)
    return "saved"


async def _delete(visit: DeskVisit, form: SentForm, webhook: int) -> str:
    once = visit.keyed(form.key, "deleteWebhook", webhook)
    if form.text("sure") != "yes":
        raise InvalidRequest.field("sure", "must be ticked")
    await visit.runtime.webhooks.delete(once, webhook)
    return "deleted"


async def _test(visit: DeskVisit, form: SentForm, webhook: int) -> str:
    runtime, once = visit.runtime, visit.keyed(form.key, "testWebhook", webhook)
    await delivery_log.send_test(runtime.database, once, webhook, now=runtime.clock())
    return "tested"


async def _replay(visit: DeskVisit, form: SentForm, webhook: int) -> str:
    runtime, wanted = visit.runtime, form.number("delivery_id")
    once, now = visit.keyed(form.key, "replayDeliveries", webhook, wanted), runtime.clock()
    if wanted is None:
        answer = await delivery_log.replay_failed(runtime.database, once, webhook, now=now)
        return "replayed" if _queued(answer) else "none_failed"
    if not isinstance(wanted, int):
        raise InvalidRequest.field("delivery_id", "must be the id of a delivery")
    await delivery_log.replay_one(runtime.database, once, webhook, delivery_id=wanted, now=now)
    return "replayed"


def _queued(answer: KeyedAnswer) -> int:
    return msgspec.json.decode(answer.body, type=Queued).queued


async def _page(
    visit: DeskVisit,
    webhook: int,
    *,
    form: SentForm | None = None,
    refusal: LoyaltyError | None = None,
    says: str = "",
) -> Template:
    business_id, wanted = visit.shop.id, PageRequest(limit=LINES, cursor=visit.asked("cursor") or None)
    await fan_out_now(visit.runtime.database, business_id)
    one, failing, paused, log = await visit.runtime.database.read(
        lambda c: (
            read_webhook(c, business_id, webhook),
            failing_endpoints(c, business_id),
            paused_since(c, business_id),
            delivery_log.list_deliveries(c, business_id, webhook, wanted=wanted),
        )
    )
    typed = form if form is not None and "was_url" in form.fields else None
    context: dict[str, object] = {
        "webhook": one,
        "line": endpoint_line(visit, one, failing.get(webhook)),
        "paused": visit.moment(paused) if paused else "",
        "deliveries": delivery_lines(visit, log.data),
        "more": log.pagination.next_cursor,
        "events": EVENTS,
        "url": typed.text("url") if typed else one.url,
        "chosen": events_in(typed) if typed else one.events,
        "active": typed.text("active") == "yes" if typed else one.active,
    }
    page = SectionPage(template="webhook.html", title=visit.words.plain("Webhook"), context=context)
    page = refused_page(visit, page, refusal, says=says)
    if "sure" in page.faults:
        page = msgspec.structs.replace(page, faults={"sure": visit.words.plain(SURE)})
    return shown(visit, page)


HANDLERS = [show_webhook, change, delete, send_test, replay, rotate]
