"""Metrics: everything that a process counts and times, and the verbs that count it.

Each metric is a name, one sentence and labels with few values, all ours: routes, codes, outcomes; never ids, names or
paths as typed. Several processes of one server write into files of a directory, which `exposition` adds up. Set
PROMETHEUS_MULTIPROC_DIR for that before this module is loaded.
"""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]  # the age of a metric says nothing
REGISTRY = CollectorRegistry()
QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
SLOW = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 30.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
OK, REFUSED = "ok", "refused"

_requests = Histogram(
    "loyalty_http_request_seconds",
    "Time from the arrival of an HTTP request to the beginning of its answer; _count counts the requests.",
    ("method", "route", "status"),
    registry=REGISTRY,
    buckets=QUICK,
)
_refusals = Counter(
    "loyalty_refusals",
    "Refusals by their code, and where they were said: api or chat.",
    ("door", "code"),
    registry=REGISTRY,
)
_orders = Histogram(
    "loyalty_counter_seconds",
    "Time of an order at the counter, from asked to durable and answered. Orders: GiveStamp, Redeem and so on.",
    ("order", "actor", "outcome"),
    registry=REGISTRY,
    buckets=QUICK,
)
_batches = Histogram(
    "loyalty_counter_batch_size", "Orders that were written in one transaction.", registry=REGISTRY, buckets=SIZES
)
waiting = Gauge(
    "loyalty_counter_waiting",
    "Orders that stand in line at the counter.",
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
oldest = Gauge(
    "loyalty_counter_oldest_seconds",
    "How long the oldest order at the counter that is not answered has waited.",
    registry=REGISTRY,
    multiprocess_mode="livemax",
)
_deliveries = Histogram(
    "loyalty_delivery_seconds",
    "Time of one attempt to deliver a webhook, by what came of it; _count counts the attempts.",
    ("outcome",),
    registry=REGISTRY,
    buckets=SLOW,
)
_calls = Histogram(
    "loyalty_telegram_call_seconds",
    "Time of a call to Telegram, waiting for its turn included; _count counts the calls.",
    ("method", "outcome"),
    registry=REGISTRY,
    buckets=SLOW,
)
_updates = Histogram(
    "loyalty_update_seconds",
    "Time in which an update of Telegram was handled: handled, again (a failure that may pass) or aside (set aside).",
    ("outcome",),
    registry=REGISTRY,
    buckets=SLOW,
)
_cards = Counter(
    "loyalty_cards_shown",
    "Cards that were brought up to date in chats: shown, gone or failed.",
    ("outcome",),
    registry=REGISTRY,
)
_set_aside = Counter(
    "loyalty_jobs_set_aside",
    "Jobs of a queue that failed again and again and are not tried any more; the log tells of each.",
    ("queue",),
    registry=REGISTRY,
)

# Why cached: looking a child up by its labels costs as much as counting.
_request = cache(_requests.labels)
_refusal = cache(_refusals.labels)
_order = cache(_orders.labels)
_delivery = cache(_deliveries.labels)
_call = cache(_calls.labels)
_update = cache(_updates.labels)


def count_request(method: str, route: str, *, status: int, seconds: float) -> None:
    """Count an answer; `route` is a template, as /v1/customers/{id}/stamps, never a path as typed."""
    _request(method if method in METHODS else OTHER, route, status).observe(seconds)


def count_refusal(door: str, code: str) -> None:
    """Count a refusal in the API (`api`) or in a chat (`chat`)."""
    _refusal(door, code).inc()


def count_order(order: str, actor: str, outcome: str, *, seconds: float) -> None:
    """Count an order of the counter; the outcome is ok, replayed, refused or failed."""
    _order(order, actor, outcome).observe(seconds)


def count_batch(size: int) -> None:
    """Count a batch of the counter."""
    _batches.observe(size)


def count_delivery(outcome: str, *, seconds: float) -> None:
    """Count an attempt to deliver; the outcome is delivered, retry, failed or switched_off."""
    _delivery(outcome).observe(seconds)


def count_call(method: str, outcome: str, *, seconds: float) -> None:
    """Count a call to Telegram by the method's name in the Bot API."""
    _call(method, outcome).observe(seconds)


def count_update(outcome: str, *, seconds: float) -> None:
    """Count an update: handled, to be handled again, or set aside."""
    _update(outcome).observe(seconds)


def count_card(outcome: str) -> None:
    """Count a card in a chat: shown, gone or failed."""
    _cards.labels(outcome).inc()


for _outcome in ("delivered", "retry", "failed", "switched_off"):
    _delivery(_outcome)  # from 0 on: Prometheus sees no increase in a figure that begins with 1
for _outcome in ("handled", "again", "aside"):
    _update(_outcome)


def begin_queue(queue: str) -> None:
    """Show that none of a queue's jobs was set aside yet."""
    _set_aside.labels(queue)


def count_set_aside(queue: str) -> None:
    """Count a job that is not tried any more, by the name of its queue's worker."""
    _set_aside.labels(queue).inc()
