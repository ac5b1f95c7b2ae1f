"""Program: the terms of one program in one form, each with what a change means for cards in progress. For owners.

Which programs there are is in `programs`, how the form is filled and read in `program_form`.
"""

from litestar import get, post
from litestar.response import Redirect, Template

from api.messages import AppRequest
from api.pages.desk.forms import FIELD_SENTENCES, SentForm, read_form, refused_page
from api.pages.desk.frame import DeskVisit, SectionPage, done, path_number, shown, visit_of
from api.pages.desk.program_fields import fields_of
from api.pages.desk.program_form import (
    FACTORS,
    HOUR_ROWS,
    STEP_ROWS,
    WEEKDAYS,
    HourTable,
    sent_change,
    texts_of,
    was_texts,
)
from api.pages.desk.sections import PROGRAMS
from loyalty_app.chat.card_queue import repaint
from loyalty_app.shops.programs import change_program, find_program
from loyalty_app.words import N_
from loyalty_core.errors import LoyaltyError
from loyalty_core.programs import Program, ProgramChange
from loyalty_core.several_programs import ProgramNotFound
from loyalty_core.views import program_number

RULES: dict[str, str] = {
    **FIELD_SENTENCES,
    "stamps_required": N_(
        "The goal has to be above the head start and above every step, and not below a gift of stamps. Nothing was "
        "changed."
    ),
    "steps": N_("Each step has to lie below a full card, and no two may lie at the same number of stamps."),
    "opening_stamps": N_(
        "The head start has to be below the number of stamps that fill a card, also together with what a friend gets."
    ),
    "bonus_hours": N_("Hours must not be empty: from and to have to differ. And no two rows may overlap."),
}
"""What is said where each value could be one, and they contradict each other."""


@get("/{shop:str}/program")
async def show_main(request: AppRequest) -> Redirect:
    """Lead to the main program: so the address was when a shop had one. Raises what `visit_of` raises."""
    visit = await visit_of(request, PROGRAMS)
    program = await _find(visit, None)
    return Redirect(visit.address(f"programs/{program_number(visit.shop.id, program.id)}"), status_code=303)


@get("/{shop:str}/programs/{program:str}")
async def show_program(request: AppRequest) -> Template:
    """The terms in force. Raises what `visit_of` raises, ProgramNotFound."""
    visit = await visit_of(request, PROGRAMS)
    return program_page(visit, await _find(visit, path_number(request, "program")))


@post("/{shop:str}/programs/{program:str}", status_code=200)
async def change_terms(request: AppRequest) -> Redirect | Template:
    """Change the terms; what is wrong is said beside its field. Raises what `visit_of` raises, ProgramNotFound."""
    visit, number, form = await visit_of(request, PROGRAMS), path_number(request, "program"), await read_form(request)
    program, sentences = await _find(visit, number), FIELD_SENTENCES
    try:
        _ = form.key  # it must be there; the same change, made twice, is made once
        change = sent_change(form, fields_of(program))
        sentences = RULES
        await _save(visit, number, change)
    except ProgramNotFound:
        raise
    except LoyaltyError as refusal:
        return program_page(visit, program, form=form, refusal=refusal, sentences=sentences)
    return done(visit, f"programs/{number}", "saved" if change != ProgramChange() else "nothing")


async def _save(visit: DeskVisit, number: int, change: ProgramChange) -> None:
    database, now, owner = visit.runtime.database, visit.runtime.clock(), visit.position.staff_id
    if change != ProgramChange():
        await change_program(database, (visit.shop.id, number), change, now=now, repaint=repaint, by=owner)


async def _find(visit: DeskVisit, number: int | None) -> Program:
    shop = visit.shop.id
    return await visit.runtime.database.read(lambda connection: find_program(connection, shop, number))


def program_page(
    visit: DeskVisit,
    program: Program,
    *,
    form: SentForm | None = None,
    refusal: LoyaltyError | None = None,
    sentences: dict[str, str] = FIELD_SENTENCES,
) -> Template:
    """The page of a program; after a refusal with what was typed, and with the values that the form was made with."""
    sent = form.fields if form is not None and "was_steps" in form.fields else {}
    was = {name: sent.get(f"was_{name}", text) for name, text in was_texts(program).items()}
    context: dict[str, object] = {
        "program": program,
        "number": program_number(visit.shop.id, program.id),
        "fields": fields_of(program),
        "was": was,
        "values": sent or texts_of(program),
        "step_rows": STEP_ROWS,
        "hour_rows": HOUR_ROWS,
        "table": HourTable({day: visit.words.weekday(day) for day in WEEKDAYS}, FACTORS),
    }
    title = program.title or program.name if program.others else visit.words.plain("Program")
    page = SectionPage(template="program.html", title=title, context=context)
    return shown(visit, refused_page(visit, page, refusal, sentences=sentences))


HANDLERS = [show_main, show_program, change_terms]
