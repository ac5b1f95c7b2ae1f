"""Keyboards under a message, and the rules of their buttons."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from telegram_sandbox.entities import Json, units
from telegram_sandbox.refusals import Refused, bad_request

MOST_BUTTONS = 100
LONGEST_DATA_BYTES = 64
LONGEST_COPY_TEXT = 256
THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}
SHAPES = {"inline_keyboard", "keyboard", "remove_keyboard", "force_reply"}


class Target(Struct):
    """A `WebAppInfo` or `LoginUrl`."""

    url: str


class Copied(Struct):
    """A `CopyTextButton`."""

    text: str


class Button(Struct, forbid_unknown_fields=True, kw_only=True):
    """An `InlineKeyboardButton`: its text, its look, and the one thing that it does."""

    text: str = ""
    style: str | None = None
    icon_custom_emoji_id: str | None = None
    url: str | None = None
    callback_data: str | None = None
    web_app: Target | None = None
    login_url: Target | None = None
    switch_inline_query: str | None = None
    switch_inline_query_current_chat: str | None = None
    switch_inline_query_chosen_chat: Json | None = None
    copy_text: Copied | None = None
    callback_game: Json | None = None
    pay: bool | None = None

    @property
    def deeds(self) -> int:
        """How many things it does."""
        looks = {"text", "style", "icon_custom_emoji_id"}
        return sum(getattr(self, name) is not None for name in self.__struct_fields__ if name not in looks)


class ReplyButton(Struct, kw_only=True):
    """A `KeyboardButton`, of which only the text and the page are read."""

    text: str
    web_app: Target | None = None


def checked(markup: Json | None, *, inline_only: bool = False) -> Json | None:
    """A reply_markup in stored form; an inline keyboard without buttons is None. Raises Refused."""
    if not markup:
        return None
    if "inline_keyboard" in markup:
        return inline_keyboard(markup["inline_keyboard"])
    if inline_only:
        raise bad_request("inline keyboard expected")
    if not SHAPES & markup.keys():
        raise bad_request("object expected as reply markup")
    return reply_keyboard(markup) if "keyboard" in markup else markup


def inline_keyboard(rows: object) -> Json | None:
    """Rows of buttons under a message, without empty rows. Raises Refused."""
    try:
        buttons = msgspec.convert(rows, list[list[Button]])
    except msgspec.ValidationError as error:
        raise unreadable(str(error)) from error
    for button in (button for row in buttons for button in row):
        check_button(button)
    limit(buttons)
    kept = [row for row in msgspec.convert(rows, list[list[Json]]) if row]
    return {"inline_keyboard": kept} if kept else None


def reply_keyboard(markup: Json) -> Json:
    """A reply keyboard; a button that is only a text becomes an object. Raises Refused."""
    try:
        rows = msgspec.convert(markup["keyboard"], list[list[str | Json]])
        full = [[{"text": each} if isinstance(each, str) else each for each in row] for row in rows]
        buttons = msgspec.convert(full, list[list[ReplyButton]])
    except msgspec.ValidationError as error:
        raise bad_request(f"can't parse keyboard button: {error}") from error
    limit(buttons)
    if not all(button.text for row in buttons for button in row):
        raise bad_request('can\'t parse keyboard button: Field "text" must not be empty')
    if not all(is_app_link(button.web_app.url) for row in buttons for button in row if button.web_app):
        raise bad_request("keyboard button Web App URL is invalid: Only HTTPS links are allowed")
    return markup | {"keyboard": full}


def limit(rows: Sequence[Sequence[object]]) -> None:
    """Raise Refused if there are more buttons than Telegram takes."""
    if sum(map(len, rows)) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")


def check_button(button: Button) -> None:
    """Raise Refused if a button breaks the rules."""
    if not button.text or button.deeds != 1:
        raise unreadable("Text buttons are unallowed in the inline keyboard")
    if button.callback_data is not None and not 1 <= len(button.callback_data.encode()) <= LONGEST_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if button.url is not None and not is_link(button.url):
        raise bad_request(f"inline keyboard button URL '{button.url}' is invalid: Wrong HTTP URL")
    if button.web_app and not is_app_link(button.web_app.url):
        url = button.web_app.url
        raise bad_request(f"inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed")
    if button.copy_text and not 1 <= units(button.copy_text.text) <= LONGEST_COPY_TEXT:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")


def is_link(url: str) -> bool:
    """Whether a button may open that URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "tg" or (parts.scheme in {"http", "https"} and "." in (parts.hostname or ""))


def is_app_link(url: str) -> bool:
    """Whether a button may open that page inside Telegram.

    Only HTTPS will do there. Here pages of this machine will do, too, as HTTP does on Telegram's test servers.
    """
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in THIS_MACHINE)


def unreadable(reason: str) -> Refused:
    """The refusal of a button."""
    return bad_request(f"can't parse inline keyboard button: {reason}")
