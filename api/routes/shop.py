"""Routes about the shop and the key itself: what the key may do, and where the shop's branches are."""

from litestar.response.base import ASGIResponse

from api import examples
from api.auth import key_holder
from api.bodies import PageQuery
from api.messages import AppRequest, data_response, page_response, runtime_of
from api.operations import Operation, serves
from api.parsing import read_query
from loyalty_app.shops.api_keys import KeyView, key_view
from loyalty_app.shops.workplaces import BranchView, page_of_branches
from loyalty_core.access import Scope

TAG = "Shop"


@serves(
    "GET",
    "/key",
    Operation(
        name="key.get",
        summary="See what the key may do",
        text="The key that asks, its shop and plan, its scopes and its limits. Good for a first request: it needs no "
        "scope and changes nothing.",
        tag=TAG,
        answer=KeyView,
        example=examples.KEY,
    ),
)
async def get_key(request: AppRequest) -> ASGIResponse:
    """Show the key that asks."""
    holder = key_holder(request)
    return data_response(key_view(holder.key, holder.business))


@serves(
    "GET",
    "/branches",
    Operation(
        name="branches.list",
        summary="List branches",
        text="The places of the shop, the oldest first. A stamp may name one as `branch_id`. One with "
        "`closed_at` takes no stamps any more; its past still names it.",
        tag=TAG,
        scope=Scope.PROGRAM_READ,
        query=PageQuery,
        answer=BranchView,
        listed=True,
        example=examples.page(examples.BRANCH),
    ),
)
async def list_branches(request: AppRequest) -> ASGIResponse:
    """List branches."""
    wanted, business_id = read_query(request, PageQuery).page_request(), key_holder(request).business.id
    read = runtime_of(request).database.read
    return page_response(await read(lambda c: page_of_branches(c, business_id, wanted=wanted)))


HANDLERS = [get_key, list_branches]
