"""People with phones: a person in a chat with a bot, who types, presses, scans and looks. `sandbox` adds them.

    ana = await sandbox.add_person("Ana", bot="stamp_bot", language_code="es")
    await ana.start("j_bean")            # each act waits until the bot has handled it
    toast = await ana.press("My card")
    assert "Bean" in ana.last.text

Nothing sleeps here: the sandbox waits, and so does the bot's `idle`.
"""

from itertools import count
from typing import Any

import msgspec

from testkit.sandbox_control import SandboxControl, read
from testkit.screens import Json, Screen, Shown

MINE: Any = object()
ALBUMS = count(1)


class Person:
    """A person with a phone, in the chat with one bot. `seen` is the chat as it was after the last act."""

    def __init__(self, sandbox: SandboxControl, person: Json, bot: str) -> None:
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
        """The bytes of the picture or file in a message; without one given, in the newest message that has any."""
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
        """Press a button by a part of its label, or by its data, in the newest message that has such a button.

        Returns the text of the toast or alert that came, or None.
        """
        message_id, row, column = self._button(await self.screen(), label_or_data)
        return await self._pressed({"message_id": message_id, "row": row, "column": column})

    async def press_data(self, message_id: int, data: str) -> str | None:
        """Press as a manipulated app could: any data, as if under this message."""
        return await self._pressed({"message_id": message_id, "data": data})

    async def press_reply(self, label: str) -> Screen:
        """Press a button of the reply keyboard."""
        return await self._act("press_reply", {"text": label})

    async def share_contact(
        self, *, phone: str | None = None, user_id: int | None = MINE, first_name: str | None = None
    ) -> Screen:
        """Share a contact: one's own, or another person's by user id; None means somebody who is not on Telegram."""
        contact = {"phone": phone, "first_name": first_name} | ({} if user_id is MINE else {"user_id": user_id})
        return await self._act("contact", contact)

    async def send_photo(self, picture: bytes, *, caption: str = "") -> Screen:
        """Send a picture as a photo, which makes it smaller and a JPEG."""
        return await self._upload("photo", ("photo.jpg", picture, "image/jpeg"), caption)

    async def send_album(self, *pictures: bytes) -> Screen:
        """Send several pictures at once."""
        album = str(next(ALBUMS))
        for picture in pictures:
            await self._upload("photo", ("photo.jpg", picture, "image/jpeg"), album=album)
        return await self.screen()

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
        """Point the camera at the other phone and open its link. Returns the texts of all codes in the picture."""
        opened = await self.sandbox.post(f"{self._path}/scan", {"of": other.id})
        await self._after(opened["bot"])
        found: list[str] = opened["found"]
        return found

    async def init_data(self, *, source: str = "button", start_param: str = "", age: int = 0) -> str:
        """What Telegram tells a page of the bot that this person opens, as if so many seconds ago."""
        how = {"source": source, "start_param": start_param, "age": age}
        made: str = (await self.sandbox.post(f"{self._path}/init_data", how))["init_data"]
        return made

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

    async def _upload(self, act: str, file: tuple[str, bytes, str], caption: str = "", *, album: str = "") -> Screen:
        words = {"caption": caption, "album": album}
        answer = await self.sandbox.client.post(f"{self._path}/{act}", files={"file": file}, data=words)
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
