"""People with phones, and the sandbox they live in: what tests of a bot speak to.

    async with open_sandbox() as sandbox:
        bot = await sandbox.add_bot(username="stamp_bot")
        …                                    # let a bot run with bot.token, at sandbox.url
        sandbox.idle = running_bot.idle      # an async function that returns when it has nothing under way
        ana = await sandbox.add_person("Ana", bot="stamp_bot", language_code="es")
        await ana.start("j_bean")            # every act waits until the bot has handled it
        toast = await ana.press("My card")
        assert "Bean" in ana.last.text

Nobody sleeps here: waiting is done by the sandbox, and by `idle`.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import msgspec
import uvicorn
from msgspec import Struct, field
from telegram import Bot
from telegram.request import HTTPXRequest

from telegram_sandbox import World, create_sandbox
from testkit.bot_api import check_calls

Json = dict[str, Any]
Forgiven = tuple[int, list[Json]]

PATIENCE_SECONDS = 20
MINE: Any = object()


class Button(Struct, kw_only=True):
    """A button under a message. Only buttons of the kind "callback" have data."""

    text: str
    kind: str
    data: str | None = None
    url: str | None = None
    value: str | None = None
    style: str | None = None


class Picture(Struct, kw_only=True):
    """A picture in a message."""

    file_id: str
    width: int
    height: int
    url: str


class Document(Struct, kw_only=True):
    """A file in a message."""

    file_id: str
    name: str
    size: int
    url: str
    mime_type: str | None = None


class Shown(Struct, kw_only=True):
    """A message as the phone shows it; `words` is its text or caption."""

    id: int
    sender: str = field(name="from")
    date: int
    edited: int | None
    text: str | None
    caption: str | None
    entities: list[Json]
    photo: Picture | None
    document: Document | None
    contact: Json | None
    pinned_message: int | None
    reply_to: int | None
    keyboard: list[list[Button]]
    effect: str | None
    reaction: list[str]
    silent: bool

    @property
    def words(self) -> str:
        """What it says."""
        return self.text or self.caption or ""

    @property
    def buttons(self) -> list[Button]:
        """All its buttons, in reading order."""
        return [button for row in self.keyboard for button in row]

    @property
    def labels(self) -> list[str]:
        """What its buttons say."""
        return [button.text for button in self.buttons]


class Screen(Struct, kw_only=True):
    """A chat on a phone. `unanswered` are presses whose button still spins."""

    messages: list[Shown]
    toasts: list[Json]
    commands: list[dict[str, str]]
    menu: Json
    bot: Json
    person: Json
    reply_keyboard: Json | None
    pinned: int | None
    typing: str | None
    started: bool
    blocked: bool
    unanswered: list[str]

    @property
    def last(self) -> Shown:
        """The newest message."""
        return self.messages[-1]

    @property
    def from_bot(self) -> list[Shown]:
        """What the bot has sent and not deleted."""
        return [message for message in self.messages if message.sender == "bot"]


class Person:
    """Somebody with a phone, in the chat with one bot. `screen` shows the chat as it was after the last act."""

    def __init__(self, sandbox: "SandboxServer", person: Json, bot: str) -> None:
        self.sandbox, self.bot = sandbox, bot
        self.id: int = person["id"]
        self.phone: str = person["phone"]
        self.first_name: str = person["first_name"]
        self.seen: Screen | None = None

    def at(self, bot: str) -> "Person":
        """The same person in the chat with another bot."""
        return Person(self.sandbox, {"id": self.id, "phone": self.phone, "first_name": self.first_name}, bot)

    # Looking.

    async def screen(self) -> Screen:
        """Look at the phone."""
        answer = await self.sandbox.get(self._path)
        self.seen = msgspec.convert(answer, Screen)
        return self.seen

    @property
    def messages(self) -> list[Shown]:
        """The messages on the phone after the last act."""
        assert self.seen is not None, "nothing was done on this phone yet"
        return self.seen.messages

    @property
    def last(self) -> Shown:
        """The newest message after the last act."""
        return self.messages[-1]

    async def picture(self, message: Shown | None = None) -> bytes:
        """The bytes of the picture or file in a message; in the newest one that has any, if none is given."""
        with_file = [each for each in self.messages if each.photo or each.document]
        held = (message or with_file[-1]).photo or (message or with_file[-1]).document
        assert held is not None, "the message has no picture"
        return (await self.sandbox.client.get(held.url)).content

    # Acting.

    async def start(self, payload: str = "") -> Screen:
        """Press START, or open the bot's link with a payload."""
        return await self._act("start", {"payload": payload})

    async def say(self, text: str) -> Screen:
        """Type a text or a command."""
        return await self._act("say", {"text": text})

    async def press(self, label_or_data: str) -> str | None:
        """Press the button whose label contains a text, or whose data is it, in the newest message that has one.

        Gives the text of the toast or alert that came, if any.
        """
        message_id, row, column = self._button(await self.screen(), label_or_data)
        return await self._pressed({"message_id": message_id, "row": row, "column": column})

    async def press_data(self, message_id: int, data: str) -> str | None:
        """Press with a changed app: any data, as if under this message."""
        return await self._pressed({"message_id": message_id, "data": data})

    async def press_reply(self, label: str) -> Screen:
        """Press a button of the keyboard that is shown in place of the letters."""
        return await self._act("press_reply", {"text": label})

    async def share_contact(
        self, *, phone: str | None = None, user_id: int | None = MINE, first_name: str | None = None
    ) -> Screen:
        """Share a contact: one's own, or somebody else's by user id; None is for somebody who is not on Telegram."""
        contact = {"phone": phone, "first_name": first_name} | ({} if user_id is MINE else {"user_id": user_id})
        return await self._act("contact", contact)

    async def send_photo(self, picture: bytes, *, caption: str = "") -> Screen:
        """Send a picture as a photo, which makes it smaller and a JPEG."""
        return await self._upload("photo", ("photo.jpg", picture, "image/jpeg"), caption)

    async def send_document(
        self, content: bytes, *, name: str = "card.png", mime_type: str = "image/png", caption: str = ""
    ) -> Screen:
        """Send a file as it is."""
        return await self._upload("document", (name, content, mime_type), caption)

    async def open(self, link: str) -> Screen:
        """Open a link to a bot, as the camera of the phone does."""
        opened = await self.sandbox.post("control/open", {"person_id": self.id, "link": link})
        return await self._after(opened["bot"])

    async def scan(self, other: "Person") -> list[str]:
        """Point the camera at the other phone and open the link it shows; gives what the codes there say."""
        opened = await self.sandbox.post(f"{self._path}/scan", {"of": other.id})
        await self._after(opened["bot"])
        found: list[str] = opened["found"]
        return found

    async def block(self) -> Screen:
        """Block the bot."""
        return await self._act("block", {})

    async def unblock(self) -> Screen:
        """Let the bot write again."""
        return await self._act("unblock", {})

    async def delete(self, message_id: int) -> Screen:
        """Delete a message on both sides."""
        return await self._act("delete", {"message_id": message_id})

    @property
    def _path(self) -> str:
        return f"control/chats/{self.id}/{self.bot}"

    async def _act(self, act: str, body: Json) -> Screen:
        await self.sandbox.post(f"{self._path}/{act}", body)
        return await self._after(self.bot)

    async def _upload(self, act: str, file: tuple[str, bytes, str], caption: str) -> Screen:
        answer = await self.sandbox.client.post(f"{self._path}/{act}", files={"file": file}, data={"caption": caption})
        read(answer)
        return await self._after(self.bot)

    async def _pressed(self, press: Json) -> str | None:
        pressed = await self.sandbox.post(f"{self._path}/press", press)
        screen = await self._after(self.bot)
        toasts = [toast["text"] for toast in screen.toasts if toast["query_id"] == pressed["query_id"]]
        return toasts[-1] if toasts else None

    async def _after(self, bot: str) -> Screen:
        await self.sandbox.settle(bot)
        return await self.screen()

    @staticmethod
    def _button(screen: Screen, wanted: str) -> tuple[int, int, int]:
        places = [
            (message.id, row, column)
            for message in screen.messages
            for row, buttons in enumerate(message.keyboard)
            for column, button in reversed(list(enumerate(buttons)))
            if wanted in button.text or wanted == button.data
        ]
        labels = [message.labels for message in screen.messages if message.keyboard]
        assert places, f"no button says {wanted!r}; there are {labels}"
        newest = max(places)[0]
        return min(place for place in places if place[0] == newest)


class SandboxServer:
    """A sandbox that runs. `idle` is awaited after each act, if set; nobody waits for bots unless `attended`."""

    def __init__(self, url: str, client: httpx.AsyncClient, world: World) -> None:
        self.url, self.client, self.world = url, client, world
        self.idle: Callable[[], Awaitable[None]] | None = None
        self.attended = True
        self.forgiven: Forgiven = 0, []

    async def add_bot(self, *, token: str | None = None, username: str | None = None, name: str | None = None) -> Json:
        """A bot; gives id, token, username and name."""
        known: Json = await self.post("control/bots", {"token": token, "username": username, "name": name})
        return known

    def client_of(self, bot: Json) -> Bot:
        """A client of the Bot API, for a test that plays a bot itself."""
        requests = [HTTPXRequest(httpx_kwargs={"verify": False}) for _ in range(2)]  # certificates take long to load
        return Bot(
            bot["token"],
            base_url=f"{self.url}/bot",
            base_file_url=f"{self.url}/file/bot",
            request=requests[0],
            get_updates_request=requests[1],
        )

    async def add_person(self, first_name: str, *, bot: str, **more: str) -> Person:
        """Somebody with a phone, looking at the chat with a bot; more: last_name, username, language_code, phone."""
        return Person(self, await self.post("control/people", {"first_name": first_name, **more}), bot)

    async def settle(self, bot: str) -> None:
        """Wait until a bot has taken all its updates and has nothing under way."""
        if not self.attended:
            return
        state = await self.get("control/settled", bot=bot, wait=PATIENCE_SECONDS)
        assert state["settled"], f"{bot} has left {state['waiting']} updates unconfirmed"
        if self.idle is not None:
            await asyncio.wait_for(self.idle(), PATIENCE_SECONDS)

    async def polled(self, bot: str) -> None:
        """Wait until a bot waits for updates by a long poll, and there are none."""
        state = await self.get("control/polling", bot=bot, wait=PATIENCE_SECONDS)
        assert state["polling"], f"{bot} does not ask for updates"

    async def order_fault(self, bot: str, kind: str, **more: Any) -> None:  # noqa: ANN401  # fields of `Fault`
        """Let the bot's next calls go wrong."""
        await self.post("control/faults", {"bot": bot, "kind": kind, **more})

    async def redeliver(self, bot: str, update_id: int | None = None) -> int:
        """Send the last update, or a named one, once more under a new id, and wait until it is handled."""
        sent = await self.post("control/redeliver", {"bot": bot, "update_id": update_id})
        await self.settle(bot)
        again: int = sent["update_id"]
        return again

    async def pass_time(self, seconds: float) -> None:
        """Set the sandbox's clock forward."""
        await self.post("control/clock", {"seconds": seconds})

    async def calls(self, bot: str = "", *, since: int = 0, method: str | None = None) -> list[Json]:
        """The calls of a bot, or of all; of one method, or of all."""
        known: list[Json] = await self.get("control/calls", bot=bot, since=since)
        return [call for call in known if method in {None, call["method"]}]

    async def forgive(self) -> None:
        """Whatever was called until now was wrong on purpose: the fixture does not check it."""
        known = await self.calls()
        self.forgiven = known[-1]["n"] if known else 0, await self.unknown()

    async def check(self) -> None:
        """Fail unless all calls that are not forgiven are as Telegram describes them, and known to the sandbox."""
        since, unknown = self.forgiven
        asked = [each for each in await self.unknown() if each not in unknown]
        assert not asked, f"the sandbox does not know {asked}"
        check_calls(await self.calls(since=since))

    async def unknown(self) -> list[Json]:
        """Methods and parameters that were asked for and are not known."""
        known: list[Json] = await self.get("control/unknown")
        return known

    async def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401  # JSON is anything
        """Ask the control API."""
        return read(await self.client.get(path, params=query))

    async def post(self, path: str, body: Json) -> Any:  # noqa: ANN401  # JSON is anything
        """Have the control API do something."""
        return read(await self.client.post(path, json=body))


def read(answer: httpx.Response) -> Any:  # noqa: ANN401  # JSON is anything
    """The answer; one that is no 2xx is an AssertionError."""
    assert answer.is_success, f"{answer.status_code}: {answer.text}"
    return answer.json()


class Uvicorn(uvicorn.Server):
    """Uvicorn in the loop of a test: it leaves signals alone, and stops at once."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to pytest."""
        yield

    async def stop(self) -> None:
        """Stop listening. What still waits for an answer has a second; the sandbox has ended long polls before."""
        for listener in self.servers:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if tasks := set(self.server_state.tasks):
            _, late = await asyncio.wait(tasks, timeout=1)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


@asynccontextmanager
async def open_sandbox() -> AsyncIterator[SandboxServer]:
    """An empty sandbox on a free port of this machine."""
    world = World()
    app = create_sandbox(world)
    config = uvicorn.Config(app, lifespan="off", http="httptools", ws="none", log_config=None, access_log=False)
    config.load()
    server = Uvicorn(config)
    server.lifespan = config.lifespan_class(config)
    # Said to be TCP, a socket answers at once; asyncio sees to that only if it is told.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        await server.startup(sockets=[listener])
        async with httpx.AsyncClient(base_url=url, timeout=2 * PATIENCE_SECONDS) as client:
            yield SandboxServer(url, client, world)
        await world.stop()
        await server.stop()
