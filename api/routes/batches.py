"""Routes of batches: the stamps that a till has gathered, many in one request, each as if it had come alone.

A batch is no transaction: an item that is refused leaves the others alone. What a stamp does is decided elsewhere.
"""

from math import ceil

import msgspec
from litestar.response.base import ASGIResponse
from msgspec import UNSET, UnsetType

from api import examples
from api.auth import caller_of, charge, checked_key
from api.bodies import BatchItem, RawBatch, StampBatch
from api.messages import AppRequest, encode, runtime_of
from api.operations import Operation, serves
from api.parsing import read_body, read_json
from api.problems import BatchOutcome, failure_of, problem_of
from api.request_log import request_log_of
from loyalty_app.counter import Answer, Caller
from loyalty_app.counter.orders import CustomerRef, GiveStamp, stamp_of
from loyalty_app.observability.metrics import count_refusal
from loyalty_app.shops.links import shown_in
from loyalty_core.access import Scope
from loyalty_core.customers import ShownCode
from loyalty_core.errors import CustomerNotFound, InvalidRequest, LoyaltyError
from loyalty_core.outcomes import Stamped
from loyalty_core.stamping import StampOrder

decode = msgspec.json.Decoder(BatchItem).decode

ITEMS_A_REQUEST = 50
"""So many items cost as much of the rate limit as one request."""


@serves(
    "POST",
    "/stamps/batch",
    Operation(
        name="stamps.batch",
        summary="Add stamps that a till has gathered",
        text=(
            "For a till that was offline: up to 500 stamps, each with its own idempotency key and, if it was given "
            "earlier, `occurred_at`, at most 7 days ago. Each item is answered in its place as a single request would "
            "have been, with `outcome` or `problem`; one that is refused leaves the others alone. Send the whole batch "
            "again if no answer came: nothing is stamped twice. Every 50 items cost as much of the rate limit as one "
            "request."
        ),
        tag="Stamps",
        scope=Scope.STAMPS_WRITE,
        body=StampBatch,
        body_example=examples.BATCH,
        answer=BatchOutcome,
        many=True,
        example=examples.BATCH_OUTCOMES,
    ),
)
async def add_stamps_in_batch(request: AppRequest) -> ASGIResponse:
    """Stamp many cards."""
    caller, batch = caller_of(request), await read_body(request, RawBatch)
    await charge(request, ceil(len(batch.items) / ITEMS_A_REQUEST) - 1)
    read = [_read(request, caller, item) for item in batch.items]
    replies = iter(await runtime_of(request).counter.give_stamps([one.stamp for one in read if isinstance(one, _Read)]))
    told = [_told(request, one, next(replies)) if isinstance(one, _Read) else one for one in read]
    return ASGIResponse(body=b'{"data":[%b]}' % b",".join(told))


class _Read(msgspec.Struct, frozen=True):
    """An item that could be read: its text, and what the counter is asked."""

    raw: msgspec.Raw
    stamp: tuple[Caller, GiveStamp]


def _read(request: AppRequest, caller: Caller, raw: msgspec.Raw) -> _Read | bytes:
    """Read one item; its BatchOutcome as JSON if it is refused."""
    try:
        item = _item(raw)
        key = checked_key(item.idempotency_key, "idempotency_key")
        stamp = StampOrder(
            stamps=item.stamps,
            branch_id=item.branch_id,
            order_ref=item.order_ref,
            occurred_at=item.occurred_at,
            program_id=item.program_id,
        )
        order = stamp_of(_customer(item), stamp)
    except LoyaltyError as refusal:
        return _refused(request, raw, refusal)
    except Exception as error:  # noqa: BLE001  # the last resort, as for single requests
        return _refused(request, raw, failure_of(request, error))
    return _Read(raw, (Caller(business=caller.business, actor=caller.actor, key=key), order))


def _item(raw: msgspec.Raw) -> BatchItem:
    """An item; one that cannot be read at once is read as any body. Raises InvalidRequest or MalformedJson."""
    try:
        return decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return read_json(raw, BatchItem)


def _told(request: AppRequest, read: _Read, reply: Answer[Stamped] | Exception) -> bytes:
    """What became of an item: a BatchOutcome as JSON, in which the stored bytes are not encoded again."""
    if isinstance(reply, Exception):
        return _refused(request, read.raw, reply if isinstance(reply, LoyaltyError) else failure_of(request, reply))
    key, replayed = encode(read.stamp[0].key), b"true" if reply.replayed else b"false"
    return b'{"status":200,"idempotency_key":%b,"replayed":%b,"outcome":%b}' % (key, replayed, reply.body)


class _Named(msgspec.Struct, frozen=True):
    """The key of an item that cannot be read as a whole."""

    idempotency_key: str | UnsetType = UNSET


def _customer(item: BatchItem) -> CustomerRef | ShownCode:
    """The customer that an item names. Raises InvalidRequest, or CustomerNotFound if its code is none."""
    if (item.qr_code is None) == (item.customer_id is None):
        raise InvalidRequest.field("qr_code", "must be there, or customer_id instead, and not both")
    if item.customer_id is not None:
        return item.customer_id
    shown = shown_in(item.qr_code or "")
    if shown is None:
        raise CustomerNotFound
    return shown


def _refused(request: AppRequest, raw: msgspec.Raw, refusal: LoyaltyError) -> bytes:
    count_refusal("api", refusal.code)
    problem = problem_of(refusal, request_log_of(request.scope).request_id)
    try:
        key = msgspec.json.decode(raw, type=_Named).idempotency_key
    except msgspec.DecodeError:
        key = UNSET
    return encode(BatchOutcome(status=problem.status, idempotency_key=key, problem=problem))


HANDLERS = [add_stamps_in_batch]
