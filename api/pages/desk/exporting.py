"""Export: the list of customers and everything that the shop owns, as files to take along. For owners only.

The files are those of `loyalty customers export` and `loyalty export`. One is made at a time. The log says who took
one.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from litestar import get
from litestar.response import Stream, Template

from api.messages import AppRequest
from api.pages.desk.frame import DeskVisit, SectionPage, shown, visit_of
from api.pages.desk.sections import EXPORT
from loyalty_app.exporting.customers import write_customers_file
from loyalty_app.exporting.everything import export_everything
from loyalty_app.exporting.files import FileNotWritten, download, pieces
from loyalty_app.words import N_

log = logging.getLogger(__name__)

NO_ROOM = N_("There is no room on the server for this file. Ask the person who runs it for an export.")
NO_STORAGE = 507
Write = Callable[[Path], Awaitable[object]]
ONE_AT_A_TIME = asyncio.Semaphore(1)
"""Why: a file of a large shop takes a processor for seconds, and stamps go on beside one of them."""


@get("/{shop:str}/export")
async def show_export(request: AppRequest) -> Template:
    """What can be taken along. Raises what `visit_of` raises."""
    visit = await visit_of(request, EXPORT)
    return shown(visit, SectionPage(template="export.html"))


@get("/{shop:str}/export/customers.csv")
async def download_customers(request: AppRequest) -> Stream | Template:
    """The list of customers, which an import reads. Raises what `visit_of` raises."""
    visit = await visit_of(request, EXPORT)
    for_excel = visit.asked("excel") == "yes"
    write = partial(write_customers_file, visit.runtime.database, visit.shop.id, for_excel=for_excel)
    return await _sent(visit, "customers", write, "text/csv")


@get("/{shop:str}/export/everything.zip")
async def download_everything(request: AppRequest) -> Stream | Template:
    """All that the shop owns, as open files. Raises what `visit_of` raises."""
    visit = await visit_of(request, EXPORT)
    write = partial(export_everything, visit.runtime.database, visit.shop.id, now=visit.runtime.clock())
    return await _sent(visit, "everything", write, "application/zip")


async def _sent(visit: DeskVisit, what: str, write: Write, kind: str) -> Stream | Template:
    """A file to save, sent as it is read; the log keeps who took it."""
    try:
        async with ONE_AT_A_TIME:
            file = await download(write)
    except (OSError, FileNotWritten):
        log.exception("a file of an export could not be written to the temporary folder")
        wrong = visit.words.plain(NO_ROOM)
        return shown(visit, SectionPage(template="export.html", wrong=wrong, status=NO_STORAGE))
    taken = {"what": what, "business": visit.shop.id, "staff": visit.position.staff_id}
    log.info("export", extra=taken)
    name = f"{visit.shop.slug}-{what}-{visit.now:%Y-%m-%d}.{'zip' if kind.endswith('zip') else 'csv'}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Stream(pieces(file), media_type=kind, headers=headers)


HANDLERS = [show_export, download_customers, download_everything]
