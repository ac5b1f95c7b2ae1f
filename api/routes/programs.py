"""Routes of programs: a shop with several has one of them as its main one, which `/program` means too."""

import msgspec
from litestar.response.base import ASGIResponse

from api import examples
from api.auth import key_holder, keyed
from api.bodies import PageQuery
from api.etags import created_at, etag, expected_states, state_response
from api.messages import AppRequest, counter_response, page_response, runtime_of
from api.operations import Operation, serves
from api.parsing import path_id, read_body, read_query
from loyalty_app.chat.card_queue import repaint
from loyalty_app.db.idempotency import KeyedAnswer
from loyalty_app.shops.programs import ProgramPatch, change_program_once, find_program
from loyalty_app.shops.several_programs import ProgramDeed, change_programs_once, list_of_programs
from loyalty_core.access import Scope
from loyalty_core.programs import NewProgram, ProgramChange
from loyalty_core.views import ProgramView, program_state, program_view

TAG = "Program"
decode_program = msgspec.json.Decoder(ProgramView).decode


@serves(
    "GET",
    "/programs",
    Operation(
        name="programs.list",
        summary="List the programs",
        text="In the order in which they were made, archived ones too; `main` says which is the main one.",
        tag=TAG,
        scope=Scope.PROGRAM_READ,
        query=PageQuery,
        answer=ProgramView,
        listed=True,
        example=examples.page(examples.PROGRAM),
    ),
)
async def list_programs(request: AppRequest) -> ASGIResponse:
    """List all programs of the shop."""
    wanted, shop = read_query(request, PageQuery).page_request(), key_holder(request).business.id
    read = runtime_of(request).database.read
    return page_response(await read(lambda connection: list_of_programs(connection, shop, wanted=wanted)))


@serves(
    "POST",
    "/programs",
    Operation(
        name="programs.create",
        summary="Add a program",
        text="One more stamp card of the shop, with terms of its own. A customer has a card of it from the first stamp "
        "on. A shop has 1 to 10 programs in use.",
        tag=TAG,
        scope=Scope.PROGRAM_WRITE,
        body=NewProgram,
        body_example={"title": "Salads", "stamps_required": 8, "reward_description": "A salad of your choice"},
        answer=ProgramView,
        status=201,
        once_only=True,
        refusals=("program_limit_reached",),
        example=examples.OTHER_PROGRAM,
    ),
)
async def create_program(request: AppRequest) -> ASGIResponse:
    """Add a program."""
    new = await read_body(request, NewProgram)
    answer = await _do(request, "createProgram", new, make=new)
    made = decode_program(answer.body)
    return counter_response(answer, status=201, headers=created_at(request, made.id or 0))


@serves(
    "GET",
    "/programs/{id:str}",
    Operation(
        name="programs.get",
        summary="Get a program",
        tag=TAG,
        scope=Scope.PROGRAM_READ,
        answer=ProgramView,
        tagged=True,
        refusals=("program_not_found",),
        example=examples.OTHER_PROGRAM,
    ),
)
async def get_one_program(request: AppRequest) -> ASGIResponse:
    """Show a program."""
    shop, number = key_holder(request).business.id, path_id(request)
    found = await runtime_of(request).database.read(lambda connection: find_program(connection, shop, number))
    view = program_view(found, shop)
    return state_response(request, view, program_state(view))


@serves(
    "PATCH",
    "/programs/{id:str}",
    Operation(
        name="programs.update",
        summary="Change a program",
        text="As `PATCH /program`, for any program of the shop. `name` is the name of the shop; the main program says "
        "which codes the shop takes.",
        tag=TAG,
        scope=Scope.PROGRAM_WRITE,
        body=ProgramChange,
        body_example={"title": "Bowls", "stamps_required": 6},
        answer=ProgramView,
        once_only=True,
        tagged=True,
        refusals=("program_not_found", "precondition_failed"),
        example=examples.OTHER_PROGRAM,
    ),
)
async def update_one_program(request: AppRequest) -> ASGIResponse:
    """Change a program."""
    number, change, runtime = path_id(request), await read_body(request, ProgramChange), runtime_of(request)
    once = keyed(request, "updateOneProgram", number, change)
    patch = ProgramPatch(change, number, expected_states(request))
    answer = await change_program_once(runtime.database, once, patch, now=runtime.clock(), repaint=repaint)
    return _told(answer)


@serves(
    "POST",
    "/programs/{id:str}/archive",
    Operation(
        name="programs.archive",
        summary="Archive a program",
        text="It takes no new stamps from now on. Running cards stay as they are, its rewards can be redeemed, and "
        "what was done can be undone. The main program cannot be archived.",
        tag=TAG,
        scope=Scope.PROGRAM_WRITE,
        answer=ProgramView,
        once_only=True,
        tagged=True,
        refusals=("program_not_found", "main_program_needed"),
        example=msgspec.structs.replace(examples.OTHER_PROGRAM, archived=True),
    ),
)
async def archive_program(request: AppRequest) -> ASGIResponse:
    """Archive a program."""
    number = path_id(request)
    return _told(await _do(request, "archiveProgram", number, archive=number))


@serves(
    "POST",
    "/programs/{id:str}/make-main",
    Operation(
        name="programs.make_main",
        summary="Make a program the main one",
        text="The main program is meant where none is named: by `/program`, by stamps without `program_id`, and by the "
        "figures of a customer.",
        tag=TAG,
        scope=Scope.PROGRAM_WRITE,
        answer=ProgramView,
        once_only=True,
        tagged=True,
        refusals=("program_not_found", "program_archived"),
        example=msgspec.structs.replace(examples.OTHER_PROGRAM, main=True),
    ),
)
async def make_main_program(request: AppRequest) -> ASGIResponse:
    """Make a program the main one."""
    number = path_id(request)
    return _told(await _do(request, "makeMainProgram", number, promote=number))


async def _do(
    request: AppRequest,
    operation: str,
    asked: object,
    *,
    make: NewProgram | None = None,
    archive: int | None = None,
    promote: int | None = None,
) -> KeyedAnswer:
    runtime, once = runtime_of(request), keyed(request, operation, asked)
    shop, now = once.business_id, runtime.clock()
    deed = ProgramDeed(business_id=shop, now=now, make=make, archive=archive, promote=promote)
    return await change_programs_once(runtime.database, once, deed, repaint=repaint)


def _told(answer: KeyedAnswer) -> ASGIResponse:
    return counter_response(answer, headers={"ETag": etag(program_state(decode_program(answer.body)))})


HANDLERS = [
    list_programs,
    create_program,
    get_one_program,
    update_one_program,
    archive_program,
    make_main_program,
]
