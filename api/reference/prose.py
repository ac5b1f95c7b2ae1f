"""Prose: the introduction of the reference, as Markdown. It holds for all operations.

Numbers, names and codes come from the code that defines them. Texts on one operation are beside its route.
"""

from datetime import timedelta
from string import Template
from typing import get_args

import msgspec

from api.problems import Problem
from api.rate_limits import FAILURES_A_MINUTE
from api.reference.calls import ONCE
from api.reference.errors import IN_THE_CHAT, example_problems
from loyalty_app.pagination import DEEPEST, MOST_ROWS
from loyalty_app.webhooks.delivery_queue import DEADLINE_SECONDS
from loyalty_core.access import PLANS, Plan
from loyalty_core.delivery_retries import DISABLE_AFTER, GONE, JITTER, RETRY_SCHEDULE
from loyalty_core.events import Event
from loyalty_core.webhooks import TOLERANCE

HERE = "http://127.0.0.1:8000"
UNITS = ((3_600, "h"), (60, "min"), (1, "s"))

TEXT = Template("""\
The stamp cards of a shop. Scan a code, look the customer up, give stamps, hand out the reward.

Answers are JSON: `{"data": …}`, lists with `pagination`, refusals as problems with a `code`; the picture of a card
is a PNG. Bodies are JSON in UTF-8. Times are RFC 3339 in UTC, with `Z`; days are days of the shop's time zone.

The same for machines: [OpenAPI](/openapi.json), for SDK generators; [Postman](/postman.json), a collection to
import.

# Getting started

You need the address of this installation and an API key of the shop. The plan of the shop must be $plans. Every
operation has an example in curl, Python, JavaScript and PHP, and with the SDKs. They read both from variables:

```sh
export API=$address/v1
export KEY=ll_...
curl -H "Authorization: Bearer $$KEY" "$$API/program"
```

Python needs `pip install httpx`. JavaScript needs Node 18 or newer and a file whose name ends in `.mjs`. PHP needs its
extension curl. The SDKs (for Python, for Node and TypeScript, for PHP) are in the folder `sdks` of the repository of
this server, each with a README; they are not published yet.

Send the key with every request, as `Authorization: Bearer ll_…` or as `X-Api-Key: ll_…`. Keep it on the server or
in the till's vault, not in an app that customers install, and not in a web page: the server allows no calls from other
sites (no CORS). The key may do what its scopes name; each operation tells the one that it needs.

# Once only

A connection can break after the work is done. So send an `Idempotency-Key` with every request that changes
something, above all with stamps, redemptions, undos and new customers: 1 to 255 visible ASCII characters, a new
one for each new wish. It must never come twice, not next year either: the till, the day and the receipt, as
`$once`, or a UUID that you keep with the receipt. The number of a receipt alone is not enough: many tills begin
again at 1 each morning.

- No answer, 500 or 503: send the same request with the same key again, until there is an answer.
- The same key and the same request: the first answer once more, with `Idempotent-Replayed: true`. Nothing was
  booked now. A redemption that is answered so was handed out by the first request: do not hand over a second one.
- The same key and another request: [`idempotency_key_reused`](#idempotency_key_reused).
- A refusal does not use up the key, and keys never expire.
- Keys belong to the shop: all its API keys share them.

An `order_ref` is a second safeguard: an order can be stamped once in a shop, whatever the key is. So it must never
come twice either.

# Lists

`page` begins at 1, `limit` is 50 unless you say otherwise, at most $most. Pages reach the first $deepest rows. A
cursor reaches any depth and stays right while rows come and go: send `pagination.next_cursor` of the answer before
as `cursor`, unchanged, until it is null.

# Limits

A key has $hourly requests an hour on the plan professional; on enterprise it is what was agreed. Hours are whole
hours of UTC. Every answer to a known key says where it stands:

| header | what it says |
|---|---|
| `X-RateLimit-Limit` | requests in each hour |
| `X-RateLimit-Remaining` | requests that are left in this hour |
| `X-RateLimit-Reset` | when the next hour begins, in Unix seconds |

Above the limit the answer is [`rate_limited`](#rate_limited), with the seconds to wait in `Retry-After`. The same goes
for an address that fails to sign in more than $failures times in a minute.

# Webhook events

[Register an endpoint](#tag/webhooks/POST/webhooks) and the server sends it a POST for each event that you chose.

| event | when |
|---|---|
$events

A body is `{"type": …, "timestamp": …, "data": …}`. It is signed by [Standard
Webhooks](https://www.standardwebhooks.com): `webhook-signature` holds `v1,` and the base64 of an HMAC-SHA256 over
`{webhook-id}.{webhook-timestamp}.{body}`, whose key is the base64 part of the secret. Refuse what is older than
$tolerance, and what fits no signature.

Answer with any 2xx within $deadline seconds. Otherwise the event is sent again after $waits (each ±$jitter %),
always with the same `webhook-id`. At least once, in no promised order: drop what you have had, and states of a
customer with a lower `version`. $gone switches the endpoint off; so do $days days of nothing but failures. [What
was sent](#tag/webhooks/GET/webhooks/{id}/deliveries) can be seen and [sent
again](#tag/webhooks/POST/webhooks/{id}/replay). A program that would rather ask reads the
[events](#tag/events/GET/events).

# Errors

A refusal is [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) `application/problem+json`. Decide by `code`: it
never changes. Show `detail` to staff: it is a sentence for them. What it names is there for programs too, as members
beside it: `customer_id`, `next_at`, `limit` and so on. `invalid_request` has `errors`, each with a `pointer` to the
field and a `message`. A refusal has changed nothing. `request_id`, also in the header `X-Request-Id`, finds the
request in the server's log.

| code | what it says |
|---|---|
$codes
""")


def introduction(address: str = HERE) -> str:
    """The introduction, for an installation at `address` (without a slash at its end)."""
    waits = [_spoken(wait) for wait in RETRY_SCHEDULE[1:]]
    problems = {code: problem for code, problem in example_problems().items() if code not in IN_THE_CHAT}
    return TEXT.substitute(
        address=address,
        once=ONCE,
        plans=" or ".join(plan for plan, terms in PLANS.items() if terms.api),
        hourly=f"{PLANS[Plan.PROFESSIONAL].requests_per_hour:,}",
        failures=FAILURES_A_MINUTE,
        deepest=f"{DEEPEST:,}",
        most=MOST_ROWS,
        events="\n".join(_event(kind) for kind in get_args(Event)),
        tolerance=_spoken(TOLERANCE),
        deadline=f"{DEADLINE_SECONDS:.0f}",
        waits=f"{', '.join(waits[:-1])} and {waits[-1]}",
        jitter=f"{JITTER:.0%}".rstrip("%"),
        gone=GONE,
        days=DISABLE_AFTER.days,
        codes="\n".join(_code(code, problem) for code, problem in problems.items()),
    )


def _spoken(wait: timedelta) -> str:
    seconds = int(wait.total_seconds())
    return next(f"{seconds // size} {unit}" for size, unit in UNITS if seconds % size == 0)


def _event(kind: type[msgspec.Struct]) -> str:
    return f"| `{kind.__struct_config__.tag}` | {kind.__doc__} |"


def _code(code: str, problem: Problem) -> str:
    """A row of the table. The `type` of the problem, /docs#code, leads to it."""
    return f'| <a id="{code}"></a>`{code}` | {problem.status} · **{problem.title}.** {problem.detail} |'
