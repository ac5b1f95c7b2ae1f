"""The sandbox's world: bots, people, their chats, and the log of calls. All of it is lost with the process.

What happens in the world is in `calls` (bots act) and `control` (people act).
"""

import asyncio
import itertools
import logging
import secrets
import time
from collections import deque
from collections.abc import Iterable, Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct, field

from telegram_sandbox.chats import Chat
from telegram_sandbox.faults import Faults
from telegram_sandbox.files import File
from telegram_sandbox.people import Bot, Json, Person
from telegram_sandbox.updates import Bell

log = logging.getLogger(__name__)

FIRST_BOT_ID = 7_000_000_001
FIRST_PERSON_ID = 100_001
LOGGED_CALLS = 20_000
LOGGED_CHANGES = 1_000


class Change(Struct, kw_only=True):
    """A change that a phone may want to show."""

    n: int
    person_id: int
    bot: str
    kind: str


class Held(Struct, kw_only=True):
    """What a test holds before the camera of a phone, with the texts of its codes. Each holding has a number."""

    n: int
    codes: list[str]
    picture: File | None = None


class World(Struct, kw_only=True):
    """Everything. Files are stored by unique id; `photos` has all sizes by the id of each.

    `held` is what tests hold before the cameras of people. `signing_key` is Telegram's own, for data of Mini Apps.
    `ahead` is how many seconds the clock has been set forward.
    """

    bots: dict[str, Bot] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)
    chats: dict[tuple[int, int], Chat] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    photos: dict[str, list[File]] = field(default_factory=dict)
    held: dict[int, Held] = field(default_factory=dict)
    signing_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    faults: Faults = field(default_factory=Faults)
    calls: deque[Json] = field(default_factory=lambda: deque(maxlen=LOGGED_CALLS))
    unknown: list[Json] = field(default_factory=list)
    changes: deque[Change] = field(default_factory=lambda: deque(maxlen=LOGGED_CHANGES))
    changed: Bell = field(default_factory=Bell)
    ahead: float = 0
    stopped: bool = False
    numbers: dict[str, Iterator[int]] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def now(self) -> float:
        """The time in seconds since 1970."""
        return time.time() + self.ahead

    def number(self, kind: str, first: int = 1) -> int:
        """The next number of a kind."""
        return next(self.numbers.setdefault(kind, itertools.count(first)))

    def add_bot(self, *, token: str | None = None, username: str | None = None, name: str | None = None) -> Bot:
        """Add a bot; missing values are made up. A known token only gets its new names."""
        if token in self.bots:
            bot = self.bots[token]
            bot.username, bot.name = username or bot.username, name or bot.name
            return bot
        claimed = (token or "").split(":")[0]
        bot_id = int(claimed) if claimed.isdigit() else self._new_bot_id()
        token = token or f"{bot_id}:{secrets.token_urlsafe(26)[:35]}"
        bot = Bot(id=bot_id, token=token, username=username or f"sandbox{bot_id}_bot", name=name or "Sandbox")
        self.bots[token] = bot
        return bot

    def _new_bot_id(self) -> int:
        """An id that no bot has; bots with a token of their own have taken some."""
        taken, bot_id = {bot.id for bot in self.bots.values()}, self.number("bot", FIRST_BOT_ID)
        while bot_id in taken:
            bot_id = self.number("bot", FIRST_BOT_ID)
        return bot_id

    def bot_called(self, username: str) -> Bot | None:
        """The bot with a username, in any case."""
        name = username.removeprefix("@").lower()
        return next((bot for bot in self.bots.values() if bot.username.lower() == name), None)

    def add_person(self, first_name: str, **more: str | None) -> Person:
        """Add a person; a missing phone number is made up."""
        person_id = self.number("person", FIRST_PERSON_ID)
        known = {name: value for name, value in more.items() if value}
        person = Person(id=person_id, first_name=first_name, **({"phone": f"+1555{person_id:07}"} | known))
        self.people[person_id] = person
        return person

    def chat(self, bot: Bot, person: Person) -> Chat:
        """The chat of a bot and a person, made on first use."""
        key = bot.id, person.id
        if key not in self.chats:
            self.chats[key] = Chat(bot=bot, person=person)
        return self.chats[key]

    def keep(self, files: Iterable[File], bot: Bot) -> None:
        """Store files, and let a bot use them."""
        for file in files:
            self.files[file.unique_id] = file
            bot.files[file.known_as(bot.token)] = file

    def keep_photo(self, sizes: list[File], bot: Bot) -> None:
        """Store a picture, and let a bot use it; each of its sizes stands for all."""
        self.keep(sizes, bot)
        self.photos |= {size.unique_id: sizes for size in sizes}

    def file_at(self, path: str) -> File | None:
        """The file at a download path; the file's name is its unique id."""
        file = self.files.get(path.rpartition("/")[2].partition(".")[0])
        return file if file and file.path == path else None

    def tell(self, chat: Chat, kind: str) -> None:
        """Record a change in a chat, and let phones look."""
        self.note(chat.person.id, chat.bot.username, kind)

    def note(self, person_id: int, bot: str, kind: str) -> None:
        """Record a change on a person's phone, in all chats if no bot is named, and let phones look."""
        n = self.number("change")
        self.changes.append(Change(n=n, person_id=person_id, bot=bot, kind=kind))
        self.changed.ring()

    def note_unknown(self, what: Json) -> None:
        """Log something that the sandbox does not know, and keep it for /control/unknown."""
        log.error("The sandbox does not know %s", what)
        if what not in self.unknown:
            self.unknown.append(what)

    async def stop(self) -> None:
        """End everything that lasts: deliveries, long polls, events.

        A server that stops need not wait for them then.
        """
        self.stopped = True
        self.changed.ring()
        for bot in self.bots.values():
            bot.queue.bell.ring()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
