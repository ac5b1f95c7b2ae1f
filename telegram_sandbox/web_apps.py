"""Mini Apps: the pages that a phone opens inside Telegram, the links that lead to them, and their signed start data.

Nothing is opened here: the phone does that, in `page/web_view.js`.
"""

import base64
import hashlib
import hmac
import re
import secrets
from typing import Literal
from urllib.parse import SplitResult, parse_qs, quote, urlencode, urlsplit

import msgspec
from msgspec import Struct

from telegram_sandbox.chats import Chat
from telegram_sandbox.people import Bot
from telegram_sandbox.phones import Impossible
from telegram_sandbox.world import World

Source = Literal["button", "link", "keyboard"]
"""What a page is opened by: a button in a message or the menu button, a link, or the reply keyboard."""

Storage = Literal["device", "secure"]
"""Where a page keeps its values on the phone: in the open, or encrypted."""

START_PARAM = re.compile(r"[A-Za-z0-9_-]{0,512}")
QUERY_ID_BYTES = 18


class Launch(Struct, kw_only=True):
    """A page that a link opens: its bot, its address, and what the link carries."""

    bot: str
    url: str
    start_param: str


def launch_of(world: World, link: str) -> Launch | None:
    """The page behind https://t.me/<bot>?startapp=… or https://t.me/<bot>/<app>; None for a link to a chat.

    Raises Impossible if the bot has no such page, or the link carries what Telegram refuses.
    """
    parts = urlsplit(link if "//" in link else f"https://{link}")
    names, carried = parts.path.strip("/").split("/"), parse_qs(parts.query, keep_blank_values=True)
    bot = world.bot_called(names[0])
    if bot is None or (len(names) == 1 and "startapp" not in carried):
        return None
    name, start_param = "/".join(names[1:]), carried.get("startapp", [""])[0]
    if name not in bot.apps:
        raise Impossible(f"{bot.username} has no Mini App {name!r}.")
    if not START_PARAM.fullmatch(start_param):
        raise Impossible(f"A link carries at most 512 letters, digits, _ and -, not {start_param!r}.")
    url = with_start_param(urlsplit(bot.apps[name]), start_param)
    return Launch(bot=bot.username, url=url, start_param=start_param)


def with_start_param(address: SplitResult, start_param: str) -> str:
    """The address of a page that is given what the link carries, as Telegram does it: in the query too."""
    if not start_param:
        return address.geturl()
    added = urlencode({"tgWebAppStartParam": start_param})
    return address._replace(query=f"{address.query}&{added}" if address.query else added).geturl()


def init_data(world: World, chat: Chat, source: Source = "button", *, start_param: str = "", age: int = 0) -> str:
    """The `initData` of a page: a query string that is signed twice, with the bot's token and with Telegram's key.

    `age` is how many seconds ago it was made. A page that the reply keyboard opens gets none.
    https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app
    """
    if source == "keyboard":
        return ""
    fields = {"user": user_of(chat)} | opened_by(chat, source, start_param)
    fields["auth_date"] = str(int(world.now()) - age)
    fields["signature"] = signature(world, chat.bot, fields)
    return urlencode(fields | {"hash": keyed_hash(chat.bot, fields)}, quote_via=quote, safe="")


def user_of(chat: Chat) -> str:
    """The `WebAppUser` as JSON."""
    user = {"last_name": ""} | chat.person.as_user()
    del user["is_bot"]
    writes = {"allows_write_to_pm": True} if chat.started and not chat.blocked else {}
    return msgspec.json.encode(user | writes).decode()


def opened_by(chat: Chat, source: Source, start_param: str) -> dict[str, str]:
    """The fields that say how a page was opened."""
    if source == "button":
        return {"query_id": f"AA{secrets.token_urlsafe(QUERY_ID_BYTES)}"}
    place = {"chat_instance": str(chat.bot.id * 1_000_003 + chat.person.id), "chat_type": "sender"}
    return place | ({"start_param": start_param} if start_param else {})


def signature(world: World, bot: Bot, fields: dict[str, str]) -> str:
    """The Ed25519 signature by Telegram, for those who do not have the bot's token."""
    signed = world.signing_key.sign(f"{bot.id}:WebAppData\n{lines(fields)}".encode())
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


def keyed_hash(bot: Bot, fields: dict[str, str]) -> str:
    """The HMAC with the bot's token."""
    secret = hmac.digest(b"WebAppData", bot.token.encode(), "sha256")
    return hmac.new(secret, lines(fields).encode(), hashlib.sha256).hexdigest()


def lines(fields: dict[str, str]) -> str:
    """The fields in the order and form in which they are signed."""
    return "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))


def public_key(world: World) -> str:
    """The key that checks `signature`, in hexadecimal digits as Telegram publishes its own."""
    return world.signing_key.public_key().public_bytes_raw().hex()


def kept(chat: Chat, storage: Storage) -> dict[str, str]:
    """What the pages of a bot have stored on this person's phone."""
    return chat.storages.setdefault(storage, {})


def store(chat: Chat, storage: Storage, key: str, value: str | None) -> None:
    """Store a value under a key; None removes it."""
    if value is None:
        kept(chat, storage).pop(key, None)
    else:
        kept(chat, storage)[key] = value
