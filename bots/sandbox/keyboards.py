"""What may stand under a message: keyboards, and the rules of their buttons."""

from typing import Any
from urllib.parse import urlsplit

from bots.sandbox.entities import units
from bots.sandbox.refusals import bad_request

Json = dict[str, Any]

MOST_BUTTONS = 100
LONGEST_DATA_BYTES = 64
LONGEST_COPY_TEXT = 256
LOOKS = {"text", "style", "icon_custom_emoji_id"}
KINDS = {
    *("url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat"),
    *("switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay"),
}
SHAPES = {"inline_keyboard", "keyboard", "remove_keyboard", "force_reply"}


def checked(markup: Json | None, *, inline_only: bool = False) -> Json | None:
    """A reply_markup as it is kept; an inline keyboard without buttons is none. Raises Refused."""
    if not markup:
        return None
    if "inline_keyboard" in markup:
        rows = [[inline_button(button) for button in row] for row in markup["inline_keyboard"] if row]
        limit(rows)
        return {"inline_keyboard": rows} if rows else None
    if inline_only:
        raise bad_request("inline keyboard expected")
    if not SHAPES & markup.keys():
        raise bad_request("object expected as reply markup")
    return reply_keyboard(markup) if "keyboard" in markup else markup


def limit(rows: list[list[Json]]) -> None:
    """No more buttons than Telegram takes."""
    if sum(map(len, rows)) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")


def reply_keyboard(markup: Json) -> Json:
    """A keyboard of replies; a button that is only a text becomes an object."""
    rows = [[{"text": each} if isinstance(each, str) else each for each in row] for row in markup["keyboard"]]
    limit(rows)
    if not all(button.get("text") for row in rows for button in row):
        raise bad_request('can\'t parse keyboard button: Field "text" must not be empty')
    return markup | {"keyboard": rows}


def inline_button(button: Json) -> Json:
    """A button under a message: a text, and one thing that it does. Raises Refused."""
    does = KINDS & button.keys()
    if not button.get("text"):
        raise unreadable("Text buttons are unallowed in the inline keyboard" if does else "Button must have a text")
    if len(does) != 1:
        raise unreadable("Text buttons are unallowed in the inline keyboard")
    if strange := button.keys() - KINDS - LOOKS:
        raise unreadable(f"the sandbox does not know {sorted(strange)}")
    check_deed(button)
    return button


def check_deed(button: Json) -> None:
    """The rules of what a button does."""
    data = button.get("callback_data")
    if data is not None and not 1 <= len(str(data).encode()) <= LONGEST_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button and not is_link(button["url"]):
        raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    if "web_app" in button and urlsplit(button["web_app"].get("url", "")).scheme != "https":
        raise bad_request("inline keyboard button Web App URL is invalid: Only HTTPS links are allowed")
    if "copy_text" in button and not 1 <= units(button["copy_text"].get("text", "")) <= LONGEST_COPY_TEXT:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")


def is_link(url: str) -> bool:
    """Whether a button may lead there."""
    parts = urlsplit(url)
    return parts.scheme == "tg" or (parts.scheme in {"http", "https"} and "." in (parts.hostname or ""))


def unreadable(reason: str) -> Exception:
    """The refusal of a button."""
    return bad_request(f"can't parse inline keyboard button: {reason}")
