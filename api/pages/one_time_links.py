"""One-time links: the way into the pages outside Telegram. The chat gives the link; opening it shows a button only.

Why: whatever looks at links in advance, as a preview of a messenger, must not spend it. The button does, from a page of
ours, and signs the browser in by a cookie. What the person may do there is looked up at each act.
"""

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Template
from litestar.response.base import ASGIResponse

from api.messages import AppRequest, runtime_of
from api.pages.identity import bot_of, session_cookie, sign_in_refused
from api.pages.page_words import PageName
from api.pages.refusals import LinkSpent
from api.pages.security import GIVES_COOKIE
from api.pages.shell import WebPage, page_response, words_for_request
from loyalty_app.sign_in.links import is_good, spend_link
from loyalty_app.sign_in.sessions import OpenedSession, open_session

PATH = "/{bot:str}/in/{secret:str}"


@get(PATH)
async def show_link(request: AppRequest, bot: FromPath[str], secret: FromPath[str]) -> Template:
    """The page with the button. Raises UnknownBot, LinkSpent, RateLimited."""
    bot_id, runtime = await bot_of(request, bot), runtime_of(request)
    if not await is_good(runtime.database, bot_id, secret, now=runtime.clock()):
        await sign_in_refused(request, LinkSpent())
    title = words_for_request(request, PageName.SHELL).plain("Sign in on this device?")
    page = WebPage(name=PageName.SHELL, title=title, bot_id=bot_id, template="one_time_link.html")
    return page_response(request, page)


@post(PATH, status_code=303, opt={GIVES_COOKIE: True})
async def follow_link(request: AppRequest, bot: FromPath[str], secret: FromPath[str]) -> ASGIResponse:
    """Spend the link, sign the browser in, and lead to the page.

    Raises UnknownBot, NeedsHttps, LinkSpent, RateLimited.
    """
    bot_id, runtime = await bot_of(request, bot), runtime_of(request)
    session_cookie(request, bot_id, "")  # where no cookie may be given, the link stays good
    spent = await spend_link(runtime.database, bot_id, secret, now=runtime.clock())
    if spent is None:
        await sign_in_refused(request, LinkSpent())
    opened = await open_session(runtime.database, spent.person, now=runtime.clock())
    if not isinstance(opened, OpenedSession):
        await sign_in_refused(request, LinkSpent())
    where = {"Location": f"/app/{bot_id}/{spent.page}"}
    cookies = [session_cookie(request, bot_id, opened.token)]
    return ASGIResponse(status_code=303, headers=where, cookies=cookies, media_type=None)


HANDLERS = [show_link, follow_link]
