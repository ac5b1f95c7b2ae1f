"""Routes of imports: lists of customers that are queued now and imported soon."""

from litestar.response.base import ASGIResponse

from api import examples
from api.auth import caller_of, key_holder
from api.bodies import CustomerList
from api.messages import AppRequest, counter_response, data_response, runtime_of
from api.operations import PREFIXES, Operation, serves
from api.parsing import path_id, read_body
from api.refusals import ImportNotFound
from loyalty_app.importing.import_jobs import ImportQueued, ImportView, queue_import, read_import
from loyalty_core.access import Scope

TAG = "Customers"


@serves(
    "POST",
    "/customers/import",
    Operation(
        name="imports.create",
        summary="Import customers",
        text="Takes up to 1,000 at a time and answers at once; ask the `url` how far it is. A customer who is there "
        "already (by phone number; without one, by name and e-mail) is left alone. `stamps` are those on the running "
        "card, `joined_at` is the day on which they became a customer elsewhere, `program` the title or id of the "
        "program to which the stamps go. A customer with cards of several programs is in the list once for each.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        body=CustomerList,
        body_example={
            "customers": [
                {"name": "Ana Lovelace", "phone": "+14155552671", "stamps": 3, "joined_at": "2024-11-30"},
                {"name": "Zoë Ito", "email": "zoe@example.com", "birthday": "1990-05-17"},
            ]
        },
        answer=ImportQueued,
        status=202,
        once_only=True,
        example=examples.IMPORT_QUEUED,
    ),
)
async def import_customers(request: AppRequest) -> ASGIResponse:
    """Queue a list."""
    caller, new, runtime = caller_of(request), await read_body(request, CustomerList), runtime_of(request)
    answer = await queue_import(runtime.database, caller, new.customers, now=runtime.clock(), url_of=_url_of)
    runtime.importer.wake()
    return counter_response(answer, status=202, headers={"Location": answer.outcome.url})


@serves(
    "GET",
    "/imports/{id:str}",
    Operation(
        name="imports.get",
        summary="See what became of an import",
        text="`report` names the customers that were not taken by their place in the list, counted from 0. An import "
        "can be seen for 30 days.",
        tag=TAG,
        scope=Scope.CUSTOMERS_WRITE,
        answer=ImportView,
        refusals=("import_not_found",),
        example=examples.IMPORT,
    ),
)
async def get_import(request: AppRequest) -> ASGIResponse:
    """Show how far an import is, or how it ended."""
    job_id, business_id = path_id(request), key_holder(request).business.id
    runtime = runtime_of(request)
    view = await runtime.database.read(lambda c: read_import(c, business_id, job_id, now=runtime.clock()))
    if view is None:
        raise ImportNotFound(job_id)
    return data_response(view)


def _url_of(import_id: int) -> str:
    """The address of an import, whichever prefix the list came by."""
    return f"{PREFIXES[0]}/imports/{import_id}"


HANDLERS = [import_customers, get_import]
