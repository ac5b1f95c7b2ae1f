"""Routes of the program: its terms, its rewards, its analytics."""

import msgspec
from litestar.response.base import ASGIResponse

from api import examples
from api.auth import key_holder, keyed
from api.bodies import AnalyticsQuery, RewardQuery, WinBackQuery
from api.etags import etag, expected_states, state_response
from api.messages import AppRequest, counter_response, data_response, runtime_of
from api.operations import Operation, serves
from api.parsing import read_body, read_query
from api.routes.customers import show_rewards
from loyalty_app.chat.card_queue import repaint
from loyalty_app.customers.absent import WinBackPreview, preview
from loyalty_app.customers.analytics_shares import read_analytics
from loyalty_app.customers.branch_entries import Share
from loyalty_app.customers.owed import read_rewards_summary
from loyalty_app.shops.programs import ProgramPatch, change_program_once, read_program
from loyalty_core.access import Scope
from loyalty_core.analytics import Summary
from loyalty_core.owed import RewardsSummary
from loyalty_core.programs import ProgramChange
from loyalty_core.views import ProgramView, RewardView, program_state, program_view

decode_program = msgspec.json.Decoder(ProgramView).decode


@serves(
    "GET",
    "/rewards",
    Operation(
        name="rewards.list",
        summary="List rewards",
        text="The newest first. `status=available` is what the business owes.",
        tag="Rewards",
        scope=Scope.REWARDS_READ,
        query=RewardQuery,
        answer=RewardView,
        listed=True,
        example=examples.page(examples.REWARD),
    ),
)
async def list_rewards(request: AppRequest) -> ASGIResponse:
    """List rewards."""
    return await show_rewards(request)


@serves(
    "GET",
    "/rewards/summary",
    Operation(
        name="rewards.summary",
        summary="Sum up what the shop owes",
        text="Open rewards by program, by age in days of the shop, and by the branch where they were earned; and the "
        "share that was redeemed in the last 90 days: of all rewards that could be redeemed at some time in them. In "
        "money too, once the program has a `reward_cost`.",
        tag="Rewards",
        scope=Scope.REWARDS_READ,
        answer=RewardsSummary,
        example=examples.REWARDS_SUMMARY,
    ),
)
async def sum_up_rewards(request: AppRequest) -> ASGIResponse:
    """Sum up what the shop owes."""
    business, now = key_holder(request).business, runtime_of(request).clock()
    return data_response(await runtime_of(request).database.read(lambda c: read_rewards_summary(c, business, now=now)))


@serves(
    "GET",
    "/program",
    Operation(
        name="program.get",
        summary="Get the program",
        tag="Program",
        scope=Scope.PROGRAM_READ,
        answer=ProgramView,
        tagged=True,
        example=examples.PROGRAM,
    ),
)
async def get_program(request: AppRequest) -> ASGIResponse:
    """Show the program."""
    business_id = key_holder(request).business.id
    view = program_view(await runtime_of(request).database.read(lambda c: read_program(c, business_id)), business_id)
    return state_response(request, view, program_state(view))


@serves(
    "PATCH",
    "/program",
    Operation(
        name="program.update",
        summary="Change the program",
        text="Only the fields that are sent change. Running cards keep their goal unless the new one is smaller. With "
        "the `ETag` that you know in `If-Match`, a program that was changed meanwhile stays as it is.",
        tag="Program",
        scope=Scope.PROGRAM_WRITE,
        body=ProgramChange,
        body_example={"stamps_required": 8, "reward_description": "A coffee of your choice"},
        answer=ProgramView,
        once_only=True,
        tagged=True,
        refusals=("precondition_failed",),
        example=examples.PROGRAM,
    ),
)
async def update_program(request: AppRequest) -> ASGIResponse:
    """Change the program."""
    change, runtime = await read_body(request, ProgramChange), runtime_of(request)
    once, now, states = keyed(request, "updateProgram", change), runtime.clock(), expected_states(request)
    patch = ProgramPatch(change, if_state=states)
    answer = await change_program_once(runtime.database, once, patch, now=now, repaint=repaint)
    return counter_response(answer, headers={"ETag": etag(program_state(decode_program(answer.body)))})


@serves(
    "GET",
    "/program/win-back",
    Operation(
        name="program.preview_win_back",
        summary="See how many would be won back now",
        text="How many customers would be written to now if `win_back` of the program had these `after_days`: they had "
        "two visits or more, then none for so long, nothing for it in this absence or in the last 60 days, and can be "
        "told in the chat. Without `after_days`, those that are set count, or 60.",
        tag="Program",
        scope=Scope.PROGRAM_READ,
        query=WinBackQuery,
        answer=WinBackPreview,
        example=WinBackPreview(60, 42),
    ),
)
async def preview_win_back(request: AppRequest) -> ASGIResponse:
    """Count who would be written to now."""
    query, business = read_query(request, WinBackQuery), key_holder(request).business
    database, now = runtime_of(request).database, runtime_of(request).clock()
    return data_response(await preview(database, business, query.after_days, now=now))


@serves(
    "GET",
    "/analytics",
    Operation(
        name="analytics.get",
        summary="Get a summary of the program",
        text="Whole days of the business's time zone, today included. Of the whole shop, with the shares of its "
        "`programs` and `branches`; with `program_id`, `branch_id` or both, of that share alone. `customers` are then "
        "those who have a card of the program, or those who had a visit at the branch in these days. If branches have "
        "more entries than are read, `branches_since` says where their figures begin.",
        tag="Analytics",
        scope=Scope.ANALYTICS_READ,
        query=AnalyticsQuery,
        answer=Summary,
        refusals=("program_not_found",),
        example=examples.SUMMARY,
    ),
)
async def get_analytics(request: AppRequest) -> ASGIResponse:
    """Sum up the last days."""
    query, business = read_query(request, AnalyticsQuery), key_holder(request).business
    share, now, read = (
        Share(query.program_id, query.branch_id),
        runtime_of(request).clock(),
        runtime_of(request).database.read,
    )
    return data_response(await read(lambda c: read_analytics(c, business, share, days=query.days, now=now)))


HANDLERS = [list_rewards, sum_up_rewards, get_program, update_program, preview_win_back, get_analytics]
