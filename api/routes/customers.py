"""Routes of customers: profiles, the transactions of their cards, their rewards."""

from functools import partial

from litestar.response.base import ASGIResponse
from msgspec.structs import replace

from api import examples
from api.auth import caller_of, key_holder
from api.bodies import CustomerQuery, NewCustomer, PageQuery, RewardQuery
from api.etags import created_at, etag, expected_states, known_response, state_headers, state_response
from api.messages import AppRequest, counter_response, page_response, runtime_of
from api.operations import Operation, serves
from api.parsing import Also, path_code, path_customer, read_body, read_query
from loyalty_app.contacts import profile_faults
from loyalty_app.counter import Caller
from loyalty_app.counter.orders import CustomerRef
from loyalty_app.customers import lists as customers
from loyalty_app.customers.changed_since import ChangedSince
from loyalty_app.pictures.render_thread import drawn
from loyalty_core.access import Scope
from loyalty_core.customers import Profile, ProfileChange
from loyalty_core.outcomes import Erased
from loyalty_core.views import CustomerDetails, CustomerView, RewardView, TransactionView, customer_state

TAG = "Customers"


@serves(
    "GET",
    "/customers",
    Operation(
        name="customers.list",
        summary="List customers",
        text="In the order in which they joined. `phone` finds one by number. `q` finds beginnings of words in name, "
        "phone and e-mail, in any order; case, accents and signs do not matter. "
        "`updated_since` gives those that have changed since then, to keep a copy up to date: note the time before you "
        "begin, walk to the end, and ask with that time the next time. Erased customers are not in lists; `/events` "
        "tells them.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        query=CustomerQuery,
        answer=CustomerView,
        listed=True,
        example=examples.page(examples.CUSTOMER),
    ),
)
async def list_customers(request: AppRequest) -> ASGIResponse:
    """List customers."""
    query, business = read_query(request, CustomerQuery), key_holder(request).business
    since = None if query.updated_since is None else ChangedSince(query.updated_since, runtime_of(request).clock())
    search = customers.Search(phone=_plus_restored(query.phone), q=query.q, changed=since)
    database = runtime_of(request).database
    wanted, now = query.page_request(), runtime_of(request).clock()
    page = await database.read(lambda c: customers.list_customers(c, business, search, wanted=wanted, now=now))
    return page_response(page)


def _plus_restored(phone: str | None) -> str | None:
    """Restore a + that was not encoded and arrived as a space. No phone number begins with a space."""
    return f"+{phone[1:]}" if phone and phone.startswith(" ") else phone


@serves(
    "POST",
    "/customers",
    Operation(
        name="customers.create",
        summary="Create a customer",
        text="Answers with the customer and their unique QR code. A phone number belongs to one customer of a shop.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        body=NewCustomer,
        body_example={"name": "Ana Lovelace", "phone": "+14155552671", "email": "ana@example.com"},
        answer=CustomerView,
        status=201,
        once_only=True,
        tagged=True,
        refusals=("customer_exists", "customer_limit_reached"),
        example=examples.NEW_CUSTOMER,
    ),
)
async def create_customer(request: AppRequest) -> ASGIResponse:
    """Create a customer."""
    caller = caller_of(request)
    new = await read_body(request, NewCustomer, _more_faults(request, caller))
    profile = Profile(name=new.name, phone=new.phone, email=new.email, birthday=new.birthday)
    answer = await runtime_of(request).counter.join(caller, profile)
    made = answer.outcome
    headers = {**created_at(request, made.id), "ETag": etag(customer_state(made))}
    return counter_response(answer, status=201, headers=headers)


def _more_faults(request: AppRequest, caller: Caller) -> Also:
    today = runtime_of(request).clock().astimezone(caller.business.zone).date()
    return partial(profile_faults, country=caller.business.country, today=today)


SHOWING = Operation(
    name="customers.get",
    summary="Get a customer by id",
    tag=TAG,
    scope=Scope.CUSTOMERS_READ,
    answer=CustomerDetails,
    tagged=True,
    refusals=("customer_not_found",),
    example=examples.DETAILS,
)


@serves("GET", "/customers/{id:str}", SHOWING)
async def get_customer(request: AppRequest) -> ASGIResponse:
    """Show a customer."""
    return await _show(request, path_customer(request))


@serves(
    "GET",
    "/customers/qr/{qr_code:str}",
    replace(
        SHOWING,
        name="customers.get_by_code",
        summary="Look a customer up by QR code",
        text="Scan, look up, stamp. Takes the code, typed or scanned, or the card's whole link, URL-encoded.",
    ),
)
async def get_customer_by_code(request: AppRequest) -> ASGIResponse:
    """Show a customer."""
    return await _show(request, path_code(request))


async def _show(request: AppRequest, ref: CustomerRef) -> ASGIResponse:
    now, business = runtime_of(request).clock(), key_holder(request).business
    read = runtime_of(request).database.read
    details = await read(lambda c: customers.show_customer(c, business, ref, now=now))
    return state_response(request, details, customer_state(details))


@serves(
    "PATCH",
    "/customers/{id:str}",
    Operation(
        name="customers.update",
        summary="Change a customer's profile",
        text="Only the fields that are sent change; null empties a field. With the `ETag` that you know in `If-Match`, "
        "a customer who was changed meanwhile stays as they are. Sends customer.updated.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        body=ProfileChange,
        body_example={"email": "ana@example.com"},
        answer=CustomerView,
        once_only=True,
        tagged=True,
        refusals=("customer_not_found", "customer_exists", "precondition_failed"),
        example=examples.CUSTOMER,
    ),
)
async def update_customer(request: AppRequest) -> ASGIResponse:
    """Change a profile."""
    caller, customer = caller_of(request), path_customer(request)
    change = await read_body(request, ProfileChange, _more_faults(request, caller))
    counter, states = runtime_of(request).counter, expected_states(request)
    answer = await counter.change_profile(caller, customer, change, if_state=states)
    return counter_response(answer, headers={"ETag": etag(customer_state(answer.outcome))})


@serves(
    "DELETE",
    "/customers/{id:str}",
    Operation(
        name="customers.delete",
        summary="Erase a customer's personal data",
        text="Name, phone, e-mail and birthday are erased, open rewards taken back. The ledger stays, without a name.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        answer=Erased,
        once_only=True,
        refusals=("customer_not_found", "precondition_failed"),
        example=examples.ERASED,
    ),
)
async def delete_customer(request: AppRequest) -> ASGIResponse:
    """Erase personal data."""
    caller, states = caller_of(request), expected_states(request)
    return counter_response(await runtime_of(request).counter.erase(caller, path_customer(request), if_state=states))


@serves(
    "GET",
    "/customers/{id:str}/transactions",
    Operation(
        name="customers.list_transactions",
        summary="List what was done to a card",
        text="The newest first; undone entries stay in the list.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        query=PageQuery,
        answer=TransactionView,
        listed=True,
        refusals=("customer_not_found",),
        example=examples.page(examples.TRANSACTION),
    ),
)
async def list_transactions(request: AppRequest) -> ASGIResponse:
    """List transactions."""
    customer, wanted = path_customer(request), read_query(request, PageQuery).page_request()
    business, read = key_holder(request).business, runtime_of(request).database.read
    return page_response(await read(lambda c: customers.list_transactions(c, business, customer, wanted=wanted)))


@serves(
    "GET",
    "/customers/{id:str}/rewards",
    Operation(
        name="customers.list_rewards",
        summary="List a customer's rewards",
        tag=TAG,
        scope=Scope.REWARDS_READ,
        query=RewardQuery,
        answer=RewardView,
        listed=True,
        refusals=("customer_not_found",),
        example=examples.page(examples.REWARD),
    ),
)
async def list_customer_rewards(request: AppRequest) -> ASGIResponse:
    """List a customer's rewards."""
    return await show_rewards(request, path_customer(request))


async def show_rewards(request: AppRequest, customer: CustomerRef | None = None) -> ASGIResponse:
    """List rewards of one customer or of all."""
    query, business = read_query(request, RewardQuery), key_holder(request).business
    search = customers.RewardSearch(now=runtime_of(request).clock(), customer=customer, status=query.status)
    read = runtime_of(request).database.read
    return page_response(await read(lambda c: customers.list_rewards(c, business, search, wanted=query.page_request())))


@serves(
    "GET",
    "/customers/{id:str}/card.png",
    Operation(
        name="customers.card",
        summary="Get the picture of a card",
        text="1000×600 pixels: stamps, reward and QR code in the shop's colour. With the `ETag` of a picture that you "
        "have in `If-None-Match` the answer is 304 as long as the card looks the same.",
        tag="Customers",
        scope=Scope.CUSTOMERS_READ,
        answer=bytes,
        tagged=True,
        refusals=("customer_not_found",),
    ),
)
async def get_card(request: AppRequest) -> ASGIResponse:
    """Draw a card, unless the caller already has the picture."""
    from loyalty_app.customers.card_pictures import look_of, read_card, render_card_png  # noqa: PLC0415  # brings Pillow

    customer, business_id = path_customer(request), key_holder(request).business.id
    runtime = runtime_of(request)
    card = await runtime.database.read(lambda c: read_card(c, business_id, customer, now=runtime.clock()))
    look = look_of(card)
    known = known_response(request, look)
    if known is not None:
        return known
    png = await drawn(render_card_png, card)
    return ASGIResponse(body=png, headers=state_headers(look), media_type="image/png")


HANDLERS = [
    list_customers,
    create_customer,
    get_customer,
    get_customer_by_code,
    update_customer,
    delete_customer,
    list_transactions,
    list_customer_rewards,
]
CARD_PICTURES = [get_card]
"""Apart, because the reference shows them after the imports."""
