"""The entrance of the Bot API: /bot{token}/{method} and the files. The methods are in `calls`."""

import inspect

import msgspec
from litestar import get, route
from litestar.enums import HttpMethod
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from telegram_sandbox.calls import METHODS, Method
from telegram_sandbox.calls.call import Call, Said
from telegram_sandbox.faults import Fault
from telegram_sandbox.parameters import AnyRequest, Sent, read_sent, understood, unknown_parameters
from telegram_sandbox.people import Bot, Json
from telegram_sandbox.refusals import Refused
from telegram_sandbox.world import World

NOT_FOUND = Refused(404, "Not Found")
UNAUTHORIZED = Refused(401, "Unauthorized")


class LostAnswer(ASGIResponse):
    """Begins to answer and hangs up: the call is carried out, but the bot does not learn it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise a body, and send none: the server then closes the connection."""
        del scope, receive
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


@route("/bot/{token:str}/{method:str}", http_method=[HttpMethod.GET, HttpMethod.POST], status_code=200)
async def call_method(request: AnyRequest, token: FromPath[str], method: FromPath[str]) -> ASGIResponse:
    """Answer one call of one method; parameters may come in any way that Telegram takes them."""
    world: World = request.app.state.world
    bot = world.bots.get(token)
    if bot is None:
        return answered(UNAUTHORIZED)
    sent = await read_sent(request)
    known = METHODS.get(method.lower())
    if known is None:
        world.note_unknown({"bot": bot.username, "method": method})
        return logged(world, bot, method, sent, NOT_FOUND)
    fault = world.faults.next(bot.username, method.lower())
    outcome = await carried_out(world, bot, known, sent, fault)
    answer = logged(world, bot, known.name, sent, outcome)
    return LostAnswer() if fault and fault.kind == "lost_answer" else answer


async def carried_out(world: World, bot: Bot, method: Method, sent: Sent, fault: Fault | None) -> Json | Refused:
    """Carry out a call, unless a fault prevents it. Returns the body of the answer, or the refusal."""
    for name in unknown_parameters(method.wants, sent):
        world.note_unknown({"bot": bot.username, "method": method.name, "parameter": name})
    if fault and fault.kind == "slow":
        await world.faults.wait(fault.seconds)
    if fault and (refusal := fault.refusal()):
        return refusal
    try:
        done = method.do(Call(world=world, bot=bot, uploads=sent.uploads), understood(method.wants, sent))
        result = await done if inspect.isawaitable(done) else done
    except Refused as refusal:
        return refusal
    if isinstance(result, Said):
        return {"ok": True, "result": result.result, "description": result.description}
    return {"ok": True, "result": result}


def logged(world: World, bot: Bot, method: str, sent: Sent, outcome: Json | Refused) -> ASGIResponse:
    """Log a call for /control/calls, and answer it."""
    entry = {
        "n": world.number("call"),
        "bot": bot.username,
        "method": method,
        "params": sent.logged(),
        "answer": outcome.answer() if isinstance(outcome, Refused) else outcome,
        "status": outcome.code if isinstance(outcome, Refused) else 200,
    }
    world.calls.append(entry)
    return answered(outcome)


def answered(outcome: Json | Refused) -> ASGIResponse:
    """The response for an outcome."""
    if isinstance(outcome, Refused):
        return ASGIResponse(body=msgspec.json.encode(outcome.answer()), status_code=outcome.code)
    return ASGIResponse(body=msgspec.json.encode(outcome))


@get("/file/bot/{token:str}/{path:path}")
async def download(request: AnyRequest, token: FromPath[str], path: FromPath[str]) -> ASGIResponse:
    """The bytes of a file, for a bot that may use it."""
    world: World = request.app.state.world
    bot = world.bots.get(token)
    if bot is None:
        return answered(UNAUTHORIZED)
    file = world.file_at(str(path).lstrip("/"))
    if file is None or file.known_as(bot.token) not in bot.files:
        return answered(NOT_FOUND)
    return ASGIResponse(body=file.content, media_type=file.mime_type)


HANDLERS = [call_method, download]
