"""Routes of transactions: the ledger of the shop, undoing an entry of it, and the events that tell what happened."""

from litestar.response.base import ASGIResponse

from api import examples
from api.auth import caller_of, key_holder
from api.bodies import EventQuery, LedgerQuery, VoidOrder
from api.messages import AppRequest, counter_response, data_response, page_response, runtime_of
from api.operations import Operation, serves
from api.parsing import customer_ref, path_id, read_body, read_query
from loyalty_app.customers.transactions import LedgerSearch, list_ledger, read_transaction
from loyalty_app.webhooks.event_log import LoggedEvent, list_events
from loyalty_core.access import Scope
from loyalty_core.fields import TransactionId
from loyalty_core.outcomes import Voided
from loyalty_core.views import TransactionView

TAG = "Transactions"


@serves(
    "GET",
    "/transactions",
    Operation(
        name="transactions.list",
        summary="List transactions",
        text="All entries of the shop's ledger, the newest first; undone ones and those of erased customers stay. "
        "`order_ref` finds what was done for an order, `type`, `customer_id` (an id or a code) and `branch_id` choose, "
        "and so do `since` "
        "(included) and `until` (not included).",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        query=LedgerQuery,
        answer=TransactionView,
        listed=True,
        example=examples.page(examples.TRANSACTION),
    ),
)
async def list_transactions(request: AppRequest) -> ASGIResponse:
    """List the entries of the shop."""
    query, business_id = read_query(request, LedgerQuery), key_holder(request).business.id
    search = LedgerSearch(
        order_ref=query.order_ref,
        type=query.type,
        customer=customer_ref(query.customer_id or ""),
        branch_id=query.branch_id,
        since=query.since,
        until=query.until,
    )
    read = runtime_of(request).database.read
    return page_response(await read(lambda c: list_ledger(c, business_id, search, wanted=query.page_request())))


@serves(
    "GET",
    "/transactions/{id:str}",
    Operation(
        name="transactions.get",
        summary="Get a transaction",
        text="`voided_by` is what undid it, `voids` is what it undid.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        answer=TransactionView,
        refusals=("transaction_not_found",),
        example=examples.TRANSACTION,
    ),
)
async def get_transaction(request: AppRequest) -> ASGIResponse:
    """Show an entry."""
    transaction_id, business_id = TransactionId(path_id(request)), key_holder(request).business.id
    read = runtime_of(request).database.read
    return data_response(await read(lambda c: read_transaction(c, business_id, transaction_id)))


@serves(
    "GET",
    "/events",
    Operation(
        name="events.list",
        summary="List events",
        text="What happened in the last 30 days, the oldest first: all events that webhooks send, for those who would "
        "rather ask, or whose receiver was away. Walk to the end by `next_cursor`, keep `resume_cursor`, send it as "
        "`cursor` the next time. Events of the last 30 seconds come again then, so that none is missed: `id` tells "
        "which you have had. A cursor from longer ago than 30 days is refused. Of an erased customer only the deletion "
        "stays.",
        tag="Events",
        scope=Scope.CUSTOMERS_READ,
        query=EventQuery,
        answer=LoggedEvent,
        listed=True,
        resumes=True,
        example=examples.EVENTS,
    ),
)
async def list_shop_events(request: AppRequest) -> ASGIResponse:
    """List events."""
    query, business_id, now = (
        read_query(request, EventQuery),
        key_holder(request).business.id,
        runtime_of(request).clock(),
    )
    read = runtime_of(request).database.read
    return page_response(
        await read(lambda c: list_events(c, business_id, since=query.since, now=now, wanted=query.page_request()))
    )


@serves(
    "POST",
    "/transactions/{id:str}/void",
    Operation(
        name="transactions.void",
        summary="Undo a stamp or a redemption",
        text="Once each. The card is added up again, as if the entry had never been made. Sends transaction.voided. "
        "`stamps` undoes so many of its stamps: the entry then counts for the rest, and can be undone further until "
        "nothing is left.",
        tag=TAG,
        scope=Scope.STAMPS_WRITE,
        body=VoidOrder,
        body_example={"reason": "wrong customer"},
        answer=Voided,
        once_only=True,
        refusals=("transaction_not_found", "customer_not_found", "already_voided", "void_refused"),
        example=examples.VOIDED,
    ),
)
async def void_transaction(request: AppRequest) -> ASGIResponse:
    """Undo an entry."""
    caller, transaction_id = caller_of(request), TransactionId(path_id(request))
    order = await read_body(request, VoidOrder)
    return counter_response(
        await runtime_of(request).counter.void(caller, transaction_id, reason=order.reason, stamps=order.stamps)
    )


HANDLERS = [list_transactions, get_transaction, void_transaction, list_shop_events]
