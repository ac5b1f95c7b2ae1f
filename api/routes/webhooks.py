"""Routes of webhooks: endpoints, their secrets, deliveries, replays."""

from datetime import datetime

import msgspec
from litestar.response.base import ASGIResponse

from api import examples
from api.auth import key_holder, keyed
from api.bodies import NoBody, PageQuery, ReplayOrder, WebhookOrder, WebhookPatch
from api.etags import created_at
from api.messages import AppRequest, counter_response, data_response, page_response, runtime_of
from api.operations import Operation, serves
from api.parsing import path_id, read_body, read_query
from loyalty_app.db.idempotency import KeyedAnswer, KeyedRequest
from loyalty_app.runtime import Runtime
from loyalty_app.webhooks import delivery_log
from loyalty_app.webhooks.delivery_log import DeliveryView, Queued
from loyalty_app.webhooks.endpoints import NewWebhookView, WebhookChange, WebhookView, list_webhooks, read_webhook
from loyalty_core.access import Scope
from loyalty_core.errors import InvalidRequest
from loyalty_core.outcomes import Deleted

TAG = "Webhooks"
decode_webhook = msgspec.json.Decoder(WebhookView).decode
KNOWN = ("webhook_not_found",)


@serves(
    "GET",
    "/webhooks",
    Operation(
        name="webhooks.list",
        summary="List webhooks",
        text="All endpoints of the business; there are at most 20. Secrets are not shown.",
        query=PageQuery,
        answer=WebhookView,
        listed=True,
        example=examples.page(examples.WEBHOOK),
        tag=TAG,
        scope=Scope.WEBHOOKS_READ,
    ),
)
async def list_endpoints(request: AppRequest) -> ASGIResponse:
    """List endpoints."""
    wanted, business_id = read_query(request, PageQuery).page_request(), key_holder(request).business.id
    return page_response(
        await runtime_of(request).database.read(lambda c: list_webhooks(c, business_id, wanted=wanted))
    )


@serves(
    "POST",
    "/webhooks",
    Operation(
        name="webhooks.create",
        summary="Register a webhook",
        text="Answers with the secret for checking signatures. It is shown this once.",
        body=WebhookOrder,
        body_example={"url": "https://example.com/hook", "events": ["stamp.added", "reward.redeemed"]},
        answer=NewWebhookView,
        status=201,
        once_only=True,
        refusals=("webhook_limit_reached",),
        example=examples.NEW_WEBHOOK,
        tag=TAG,
        scope=Scope.WEBHOOKS_WRITE,
    ),
)
async def create_endpoint(request: AppRequest) -> ASGIResponse:
    """Register an endpoint."""
    new = await read_body(request, WebhookOrder)
    once = keyed(request, "createWebhook", new.url, new.events)
    answer = await runtime_of(request).webhooks.register(once, new.url, new.events)
    return counter_response(answer, status=201, headers=created_at(request, decode_webhook(answer.body).id))


@serves(
    "GET",
    "/webhooks/{id:str}",
    Operation(
        name="webhooks.get",
        summary="Get a webhook",
        text="Its secret is not shown.",
        answer=WebhookView,
        refusals=KNOWN,
        example=examples.WEBHOOK,
        tag=TAG,
        scope=Scope.WEBHOOKS_READ,
    ),
)
async def get_endpoint(request: AppRequest) -> ASGIResponse:
    """Show an endpoint."""
    webhook_id, business_id = path_id(request), key_holder(request).business.id
    return data_response(await runtime_of(request).database.read(lambda c: read_webhook(c, business_id, webhook_id)))


@serves(
    "PATCH",
    "/webhooks/{id:str}",
    Operation(
        name="webhooks.update",
        summary="Change a webhook",
        text="Switching it off holds what is queued; switching it on sends that.",
        body=WebhookPatch,
        body_example={"active": True},
        answer=WebhookView,
        once_only=True,
        refusals=KNOWN,
        example=examples.WEBHOOK,
        tag=TAG,
        scope=Scope.WEBHOOKS_WRITE,
    ),
)
async def update_endpoint(request: AppRequest) -> ASGIResponse:
    """Change an endpoint."""
    webhook_id, patch = path_id(request), await read_body(request, WebhookPatch)
    change, runtime = WebhookChange(url=patch.url, events=patch.events, active=patch.active), runtime_of(request)
    changed = await runtime.webhooks.change(keyed(request, "updateWebhook", webhook_id, change), webhook_id, change)
    runtime.wakeups.deliveries.notify()
    return counter_response(changed)


@serves(
    "DELETE",
    "/webhooks/{id:str}",
    Operation(
        name="webhooks.delete",
        summary="Delete a webhook",
        text="It stops receiving events at once.",
        answer=Deleted,
        once_only=True,
        refusals=KNOWN,
        example=Deleted(id=5),
        tag=TAG,
        scope=Scope.WEBHOOKS_WRITE,
    ),
)
async def delete_endpoint(request: AppRequest) -> ASGIResponse:
    """Delete an endpoint."""
    webhook_id = path_id(request)
    once = keyed(request, "deleteWebhook", webhook_id)
    return counter_response(await runtime_of(request).webhooks.delete(once, webhook_id))


@serves(
    "POST",
    "/webhooks/{id:str}/rotate-secret",
    Operation(
        name="webhooks.rotate_secret",
        summary="Give a webhook a new secret",
        text="Shown this once. For 24 hours every delivery is also signed with the secret before; with several, if "
        "there was more than one rotation.",
        body=NoBody,
        body_example={},
        answer=NewWebhookView,
        once_only=True,
        refusals=KNOWN,
        example=examples.NEW_WEBHOOK,
        tag=TAG,
        scope=Scope.WEBHOOKS_WRITE,
    ),
)
async def rotate_secret(request: AppRequest) -> ASGIResponse:
    """Renew a secret."""
    webhook_id, _ = path_id(request), await read_body(request, NoBody)
    once = keyed(request, "rotateWebhookSecret", webhook_id)
    return counter_response(await runtime_of(request).webhooks.rotate_secret(once, webhook_id))


@serves(
    "POST",
    "/webhooks/{id:str}/test",
    Operation(
        name="webhooks.test",
        summary="Send a test event",
        text="Queues webhook.test for this endpoint; what came of it is in its deliveries.",
        body=NoBody,
        body_example={},
        answer=Queued,
        once_only=True,
        refusals=KNOWN,
        example=Queued(1, 901),
        tag=TAG,
        scope=Scope.WEBHOOKS_WRITE,
    ),
)
async def send_test(request: AppRequest) -> ASGIResponse:
    """Send a test."""
    webhook_id, _, runtime = path_id(request), await read_body(request, NoBody), runtime_of(request)
    once = keyed(request, "testWebhook", webhook_id)
    queued = await delivery_log.send_test(runtime.database, once, webhook_id, now=runtime.clock())
    runtime.wakeups.deliveries.notify()
    return counter_response(queued)


@serves(
    "GET",
    "/webhooks/{id:str}/deliveries",
    Operation(
        name="webhooks.list_deliveries",
        summary="List what was sent to a webhook",
        text="The newest first, with every attempt: when, how long it took, and how the answer began.",
        query=PageQuery,
        answer=DeliveryView,
        listed=True,
        refusals=KNOWN,
        example=examples.page(examples.DELIVERY),
        tag=TAG,
        scope=Scope.WEBHOOKS_READ,
    ),
)
async def list_deliveries(request: AppRequest) -> ASGIResponse:
    """List deliveries."""
    webhook_id, wanted = path_id(request), read_query(request, PageQuery).page_request()
    business_id, database = key_holder(request).business.id, runtime_of(request).database
    return page_response(await delivery_log.show_deliveries(database, business_id, webhook_id, wanted=wanted))


@serves(
    "POST",
    "/webhooks/{id:str}/replay",
    Operation(
        name="webhooks.replay",
        summary="Send again",
        text="One delivery, or everything since a time in the last 30 days. The webhook-id stays the same.",
        body=ReplayOrder,
        body_example={"since": "2026-03-01T09:30:00Z"},
        answer=Queued,
        once_only=True,
        refusals=KNOWN,
        example=Queued(12, 902),
        tag=TAG,
        scope=Scope.WEBHOOKS_WRITE,
    ),
)
async def replay(request: AppRequest) -> ASGIResponse:
    """Send again."""
    webhook_id, order, runtime = path_id(request), await read_body(request, ReplayOrder), runtime_of(request)
    queued = await _replay(runtime, order, keyed(request, "replayDeliveries", webhook_id, order), webhook_id)
    runtime.wakeups.deliveries.notify()
    return counter_response(queued)


async def _replay(runtime: Runtime, order: ReplayOrder, once: KeyedRequest, webhook_id: int) -> KeyedAnswer:
    now = runtime.clock()
    match order:
        case ReplayOrder(delivery_id=int(wanted), since=None):
            return await delivery_log.replay_one(runtime.database, once, webhook_id, delivery_id=wanted, now=now)
        case ReplayOrder(delivery_id=None, since=datetime() as since):
            return await delivery_log.replay_since(runtime.database, once, webhook_id, since=since, now=now)
        case _:
            raise InvalidRequest.field("delivery_id", "must be given, or since, and not both")


HANDLERS = [
    list_endpoints,
    create_endpoint,
    get_endpoint,
    update_endpoint,
    delete_endpoint,
    rotate_secret,
    send_test,
    list_deliveries,
    replay,
]
