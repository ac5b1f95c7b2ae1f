"""The demo's Telegram: a sandbox with the café's bot, a customer at the door, and its owner at the counter.

Only `loyalty demo` mounts it, at /sandbox.
"""

from typing import cast
from urllib.parse import urlencode

from loyalty_cli.mounted_app import Application, Message, Receive, Send
from telegram_sandbox import create_sandbox
from telegram_sandbox.phones import start
from telegram_sandbox.world import World

BOT, TOKEN_OF = "moon_and_muffin_bot", "7000000001:the-sandbox-knows-this-token-only-00"
CUSTOMER, OWNER = "Lena", "Rosa"
MAIN_PAGE, PAGES = "card", ("card", "scan", "shop")


class DemoTelegram:
    """The sandbox as an application. Opened without naming phones, it shows the two of the café.

    `pages` is where the pages of the bot are served.
    """

    def __init__(self, shop: str, *, slug: str, invitation: str, pages: str) -> None:
        sandbox = create_sandbox()
        self._sandbox = cast("Application", sandbox)  # Litestar types ASGI more narrowly
        world: World = sandbox.state.world
        bot = world.add_bot(token=TOKEN_OF, username=BOT, name=shop)
        bot.apps = {name: f"{pages}/app/{bot.id}/{name}" for name in PAGES}
        bot.apps[""] = bot.apps[MAIN_PAGE]
        customer, owner = world.add_person(CUSTOMER), world.add_person(OWNER)
        start(world, world.chat(bot, owner), invitation)
        self.token = bot.token
        self.query = urlencode(
            {
                "left": customer.id,
                "right": owner.id,
                "bot": bot.username,
                "left-link": f"https://t.me/{bot.username}?start=j_{slug}",
            }
        )

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve a request."""
        bare = scope["path"].rstrip("/") == scope.get("root_path", "").rstrip("/") and not scope.get("query_string")
        if bare:
            await _redirect(f"{scope['root_path']}/?{self.query}", send)
        else:
            await self._sandbox(scope, receive, send)


async def _redirect(where: str, send: Send) -> None:
    headers = [(b"location", where.encode()), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 307, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
