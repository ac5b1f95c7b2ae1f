"""Routes of flags: entries of the ledger that an owner may want to look at, and what is flagged."""

from litestar.response.base import ASGIResponse

from api import examples
from api.auth import key_holder, keyed
from api.bodies import FlagQuery
from api.messages import AppRequest, counter_response, data_response, page_response, runtime_of
from api.operations import Operation, serves
from api.parsing import read_body, read_query
from loyalty_app.customers.flags import FlagView, list_flags, look
from loyalty_app.shops.flag_rules import change_flag_rules_once, read_flag_rules
from loyalty_core.access import Scope
from loyalty_core.flags import FlagRules, FlagRulesChange

TAG = "Flags"


@serves(
    "GET",
    "/flags",
    Operation(
        name="flags.list",
        summary="List what was flagged",
        text="Entries that the owner may want to look at, the newest first, up to this moment; none of them has to be "
        "wrong. `kind` says why: `own_card` (somebody stamped a card that they hold themselves), `many_visits` (of one "
        "card in a day), `many_undos` (by one person in a day), `unusual_hour` (when the shop is usually closed, as "
        "the last 28 days tell), `by_hand` (where the till usually stamps, as they tell). `number` is how many "
        "visits or undos there were. `since` leaves out entries before a time.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        query=FlagQuery,
        answer=FlagView,
        listed=True,
        example=examples.page(examples.FLAG),
    ),
)
async def list_shop_flags(request: AppRequest) -> ASGIResponse:
    """List flags, after a look for new ones."""
    query, business = read_query(request, FlagQuery), key_holder(request).business
    database, now = runtime_of(request).database, runtime_of(request).clock()
    await look(database, business, now=now)
    wanted, since = query.page_request(), query.since
    return page_response(await database.read(lambda c: list_flags(c, business, wanted=wanted, since=since)))


@serves(
    "GET",
    "/flags/rules",
    Operation(
        name="flags.get_rules",
        summary="See what is flagged",
        tag=TAG,
        scope=Scope.PROGRAM_READ,
        answer=FlagRules,
        example=FlagRules(),
    ),
)
async def get_rules(request: AppRequest) -> ASGIResponse:
    """Show the rules."""
    business_id = key_holder(request).business.id
    return data_response(await runtime_of(request).database.read(lambda c: read_flag_rules(c, business_id)))


@serves(
    "PATCH",
    "/flags/rules",
    Operation(
        name="flags.update_rules",
        summary="Change what is flagged",
        text="Only the fields that are sent change. More visits of one card in a day than `most_visits`, or more undos "
        "by one person than `most_undos`, are flagged; kinds in `off` are not. With `evening_summary` the owners get "
        "the figures of the day in the chat each evening, flags or not. What was flagged stays.",
        tag=TAG,
        scope=Scope.PROGRAM_WRITE,
        body=FlagRulesChange,
        body_example={"most_visits": 6, "off": ["by_hand"]},
        answer=FlagRules,
        once_only=True,
        example=FlagRules(most_visits=6),
    ),
)
async def update_rules(request: AppRequest) -> ASGIResponse:
    """Change the rules."""
    change, runtime = await read_body(request, FlagRulesChange), runtime_of(request)
    once, now = keyed(request, "updateFlagRules", change), runtime.clock()
    return counter_response(await change_flag_rules_once(runtime.database, once, change, now=now))


HANDLERS = [list_shop_flags, get_rules, update_rules]
