"""Routes of merges: two customers become one, and two again."""

from litestar.response.base import ASGIResponse

from api import examples
from api.auth import caller_of
from api.bodies import MergeOrder
from api.messages import AppRequest, counter_response, runtime_of
from api.operations import Operation, serves
from api.parsing import path_customer, read_body
from loyalty_core.access import Scope
from loyalty_core.outcomes import Merged, Unmerged

TAG = "Customers"


@serves(
    "POST",
    "/customers/{id:str}/merge",
    Operation(
        name="customers.merge",
        summary="Merge two customers",
        text="The ledgers of both are added up as one, under the customer of the path, who keeps their code. The code, "
        "the id, the phone number and the private link of `from_id` lead to them from then on; rewards and cards in "
        "chats come along, and the older joining date stays. It is refused if the common ledger would take back a "
        "reward that was handed out. Sends customer.merged.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        body=MergeOrder,
        body_example={"from_id": examples.OTHER_CUSTOMER.id},
        answer=Merged,
        once_only=True,
        refusals=("customer_not_found", "merge_refused"),
        example=examples.MERGED,
    ),
)
async def merge_customers(request: AppRequest) -> ASGIResponse:
    """Merge another customer into this one."""
    caller, customer = caller_of(request), path_customer(request)
    order = await read_body(request, MergeOrder)
    return counter_response(await runtime_of(request).counter.merge(caller, customer, order.from_id))


@serves(
    "POST",
    "/customers/{id:str}/unmerge",
    Operation(
        name="customers.unmerge",
        summary="Take a merge back",
        text="Within 30 days both are put back as they were: each with their own entries, rewards and profile. What "
        "was booked since stays with the customer of the path, except what is about the other's entries and rewards. "
        "It is refused once a stamp counted for the other's past: if a reward hangs on the stamps of both. Sends "
        "customer.unmerged.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        body=MergeOrder,
        body_example={"from_id": examples.MERGED_CUSTOMER_ID},
        answer=Unmerged,
        once_only=True,
        refusals=("customer_not_found", "customer_exists", "merge_refused"),
        example=examples.UNMERGED,
    ),
)
async def unmerge_customers(request: AppRequest) -> ASGIResponse:
    """Put both back."""
    caller, customer = caller_of(request), path_customer(request)
    order = await read_body(request, MergeOrder)
    return counter_response(await runtime_of(request).counter.unmerge(caller, customer, order.from_id))


HANDLERS = [merge_customers, unmerge_customers]
