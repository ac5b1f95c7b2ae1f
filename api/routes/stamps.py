"""Routes of stamps: stamping and redeeming. Undoing is in `transactions`."""

from litestar.response.base import ASGIResponse
from msgspec.structs import replace

from api import examples
from api.auth import caller_of
from api.messages import AppRequest, RequestLike, counter_response, runtime_of
from api.operations import Operation, serves
from api.parsing import path_customer_shown, path_shown, read_body
from loyalty_app.counter import Answer
from loyalty_core.access import Scope
from loyalty_core.customers import ShownCode
from loyalty_core.errors import CODE_REFUSALS
from loyalty_core.outcomes import Redeemed, Stamped
from loyalty_core.stamping import RedeemOrder, StampOrder

TAG = "Stamps"
OF_PROGRAMS = ("program_not_found", "program_archived")
OF_CODES = tuple(refusal.code for refusal in CODE_REFUSALS)

STAMPING = Operation(
    name="customers.stamp",
    summary="Add stamps by id",
    text="Adds stamps and records a visit. Sends stamp.added.",
    tag=TAG,
    scope=Scope.STAMPS_WRITE,
    body=StampOrder,
    body_example={"stamps": 2, "order_ref": "till-1-2026-03-02-000123"},
    answer=Stamped,
    once_only=True,
    refusals=("customer_not_found", "stamp_too_soon", "daily_cap_reached", "order_ref_used", *OF_PROGRAMS, *OF_CODES),
    example=examples.STAMPED,
)


@serves("POST", "/customers/{id:str}/stamps", STAMPING)
async def add_stamps(request: AppRequest) -> ASGIResponse:
    """Stamp a card."""
    return counter_response(await stamp_by_id(request))


@serves(
    "POST",
    "/customers/qr/{qr_code:str}/stamps",
    replace(
        STAMPING,
        name="customers.stamp_by_code",
        summary="Add stamps by QR code",
        text=(
            "The scan-and-stamp flow of a till. When the stamps reach the goal, the reward is issued and "
            "`current_stamps` starts again. When `reward_earned` is true, tell the customer, and redeem with `/redeem`."
        ),
    ),
)
async def add_stamps_by_code(request: AppRequest) -> ASGIResponse:
    """Stamp a card."""
    return counter_response(await stamp_by_code(request))


async def stamp_by_id(request: RequestLike) -> Answer[Stamped]:
    """Stamp the card with the id in the path, or with the code in its place."""
    return await _stamp(request, path_customer_shown(request))


async def stamp_by_code(request: RequestLike) -> Answer[Stamped]:
    """Stamp the card with the code in the path."""
    return await _stamp(request, path_shown(request))


async def _stamp(request: RequestLike, customer: int | ShownCode) -> Answer[Stamped]:
    caller, order = caller_of(request), await read_body(request, StampOrder)
    return await runtime_of(request).counter.give_stamp(caller, customer, order)


REDEEMING = Operation(
    name="customers.redeem",
    summary="Redeem a reward by id",
    text="Takes the oldest available reward unless one is named. Sends reward.redeemed.",
    tag=TAG,
    scope=Scope.REWARDS_WRITE,
    body=RedeemOrder,
    body_example={"reward_id": 7},
    answer=Redeemed,
    once_only=True,
    refusals=(
        "customer_not_found",
        "reward_not_found",
        "no_reward_available",
        "reward_already_redeemed",
        "reward_expired",
        *OF_CODES,
    ),
    example=examples.REDEEMED,
)


@serves("POST", "/customers/{id:str}/redeem", REDEEMING)
async def redeem(request: AppRequest) -> ASGIResponse:
    """Hand out a reward."""
    return await _redeem(request, path_customer_shown(request))


@serves(
    "POST",
    "/customers/qr/{qr_code:str}/redeem",
    replace(REDEEMING, name="customers.redeem_by_code", summary="Redeem a reward by QR code"),
)
async def redeem_by_code(request: AppRequest) -> ASGIResponse:
    """Hand out a reward."""
    return await _redeem(request, path_shown(request))


async def _redeem(request: AppRequest, customer: int | ShownCode) -> ASGIResponse:
    caller, order = caller_of(request), await read_body(request, RedeemOrder)
    return counter_response(await runtime_of(request).counter.redeem(caller, customer, order))


HANDLERS = [add_stamps, add_stamps_by_code, redeem, redeem_by_code]
