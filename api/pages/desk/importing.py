"""Import: a list of customers is uploaded, tried out, and imported once somebody has seen what would happen.

A trial is started once, however many people press. The importer of the server does the work, as for lists of programs;
it is read as a sheet is by `loyalty customers import`. For owners only.
"""

from litestar import get, post
from litestar.response import Redirect, Template

from api.messages import AppRequest
from api.pages.desk.forms import SentForm, read_form, sentence_of
from api.pages.desk.frame import DeskVisit, SectionPage, done, path_number, shown, visit_of
from api.pages.desk.import_texts import NO_FILE, file_sentence, remark_lines
from api.pages.desk.sections import IMPORT
from api.problems import STATUS
from loyalty_app.importing.code_pages import KNOWN_PAGES
from loyalty_app.importing.kept_trials import (
    Start,
    UploadedList,
    discard_trial,
    keep_trial,
    read_upload,
    recent_uploads,
    start_trial,
)
from loyalty_app.importing.trials import LARGEST_UPLOAD, MOST_LINES, Upload, try_upload
from loyalty_app.words import N_
from loyalty_core.errors import InvalidRequest, LoyaltyError

LARGEST_FORM = 4 * LARGEST_UPLOAD
"""So large that a file that is too large is told so in words."""
LONGEST_NAME, MOST_SHOWN = 100, 100
ENCODINGS = ("utf-8", "utf-16", *KNOWN_PAGES)
GONE = N_("This list is not there any more: lists that nobody imports are kept for a day. Choose the file again.")
WAITS = N_("Another list of this shop is being imported. Press the button again when it is done.")
SEPARATORS = {"\t": N_("tab")}
STATES = {"queued": N_("waits"), "running": N_("at work"), "done": N_("done")}


@get("/{shop:str}/import")
async def show_import(request: AppRequest) -> Template:
    """The form for a file, and the last imports. Raises what `visit_of` raises."""
    return await _form_page(await visit_of(request, IMPORT))


@post("/{shop:str}/import", status_code=200, request_max_body_size=LARGEST_FORM)
async def upload(request: AppRequest) -> Redirect | Template:
    """Read a file, and show what would happen; nobody is imported. Raises what `visit_of` raises."""
    visit = await visit_of(request, IMPORT)
    form = await read_form(request, largest_file=LARGEST_UPLOAD)
    try:
        number = await _keep(visit, form)
    except LoyaltyError as refusal:
        return await _form_page(visit, refusal=refusal, encoding=form.text("encoding"))
    return done(visit, f"import/{number}", "")


@get("/{shop:str}/import/{number:str}")
async def show_upload(request: AppRequest) -> Template:
    """What would happen to a list, or what has become of it. Raises what `visit_of` raises."""
    visit = await visit_of(request, IMPORT)
    return await _upload_page(visit, path_number(request, "number"))


@post("/{shop:str}/import/{number:str}/start", status_code=200)
async def start(request: AppRequest) -> Redirect | Template:
    """Import a list that was tried, once. Raises what `visit_of` raises."""
    visit, number = await visit_of(request, IMPORT), path_number(request, "number")
    runtime, actor = visit.runtime, visit.position.actor
    came = await start_trial(runtime.database, visit.shop.id, number, actor=actor, now=runtime.clock())
    if came in {Start.WAITS, Start.GONE}:
        return await _upload_page(visit, number, wrong=visit.words.plain(WAITS), status=409)
    runtime.importer.wake()
    return done(visit, f"import/{number}", "")


@post("/{shop:str}/import/{number:str}/discard", status_code=200)
async def discard(request: AppRequest) -> Redirect:
    """Throw away a list that was tried. Raises what `visit_of` raises."""
    visit, number = await visit_of(request, IMPORT), path_number(request, "number")
    gone = await discard_trial(visit.runtime.database, visit.shop.id, number)
    return done(visit, "import" if gone else f"import/{number}", "discarded" if gone else "")


async def _keep(visit: DeskVisit, form: SentForm) -> int:
    """Try a file and keep it as a trial. Raises InvalidRequest, IdempotencyKeyReused, Busy."""
    caller, chosen, encoding = visit.caller(form.key), form.files.get("file"), form.text("encoding") or None
    if chosen is None:
        raise InvalidRequest.field("file", "must be chosen")
    if encoding is not None and encoding not in ENCODINGS:
        raise InvalidRequest.field("encoding", "must be an encoding's name")
    runtime = visit.runtime
    given = Upload(name=chosen.name[:LONGEST_NAME], content=chosen.content, encoding=encoding)
    tried = await try_upload(runtime.database, visit.shop, given, clock=runtime.clock)
    return await keep_trial(runtime.database, caller, given, tried, now=runtime.clock())


async def _form_page(
    visit: DeskVisit, *, refusal: LoyaltyError | None = None, wrong: str = "", encoding: str = "", status: int = 200
) -> Template:
    shop, now = visit.shop, visit.runtime.clock()
    recent = await visit.runtime.database.read(lambda c: recent_uploads(c, shop.id, now=now))
    faults = {"file": _wrong_with(visit, refusal)} if isinstance(refusal, InvalidRequest) else {}
    page = SectionPage(
        template="import.html",
        context={
            "recent": recent,
            "encodings": ENCODINGS,
            "encoding": encoding,
            "most": MOST_LINES,
            "states": STATES,
            "max_bytes": LARGEST_UPLOAD,
        },
        faults=faults,
        wrong=sentence_of(visit.words, refusal, visit.now) if refusal else wrong,
        status=STATUS[type(refusal)] if refusal else status,
    )
    return shown(visit, page)


def _wrong_with(visit: DeskVisit, refusal: InvalidRequest) -> str:
    fault = refusal.errors[0]
    return visit.words.plain(NO_FILE) if fault.message == "must be chosen" else file_sentence(visit.words, fault)


async def _upload_page(visit: DeskVisit, number: int, *, wrong: str = "", status: int = 200) -> Template:
    shop, now = visit.shop, visit.runtime.clock()
    found = await visit.runtime.database.read(lambda c: read_upload(c, shop.id, number, now=now))
    if found is None:
        return await _form_page(visit, wrong=visit.words.plain(GONE), status=404)
    template = "import_trial.html" if found.is_trial else "import_state.html"
    context: dict[str, object] = {
        "upload": found,
        "view": found.view,
        "trial": found.trial,
        "remarks": remark_lines(visit, found, MOST_SHOWN),
        "separator": _separator(visit, found),
        "left_out": found.view.left_out + (found.trial.unread if found.trial else 0),
        "states": STATES,
    }
    title = visit.words.plain("Import of {file}", file=found.trial.file) if found.trial else ""
    return shown(visit, SectionPage(template=template, title=title, context=context, wrong=wrong, status=status))


def _separator(visit: DeskVisit, found: UploadedList) -> str:
    sign = found.trial.separator if found.trial else ""
    return visit.words.plain(SEPARATORS[sign]) if sign in SEPARATORS else sign


HANDLERS = [show_import, upload, show_upload, start, discard]
