"""What the sandbox knows of Mini Apps without a browser: signed start data, links, addresses, cameras."""

import base64
import hashlib
import hmac
import json
from contextlib import nullcontext
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, MenuButtonWebApp, WebAppInfo
from telegram import ReplyKeyboardMarkup as ReplyKeyboard
from telegram.error import BadRequest

from testkit.people import Person
from testkit.sandbox import SandboxServer
from tests.bots.echo import card

APP = "https://pages.example/card"
LINK = "https://t.me/stamp_bot?start=c_7"


def lines(fields: dict[str, str], *left_out: str) -> str:
    return "\n".join(f"{name}={value}" for name, value in sorted(fields.items()) if name not in left_out)


def hash_of(fields: dict[str, str], token: str) -> str:
    """The hash as Telegram describes it, worked out without the sandbox."""
    secret = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    return hmac.new(secret, lines(fields, "hash").encode(), hashlib.sha256).hexdigest()


async def key_of(sandbox: SandboxServer) -> Ed25519PublicKey:
    known = await sandbox.get("control/signing_key")
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(known["ed25519"]))


def fields_of(init_data: str) -> dict[str, str]:
    return dict(parse_qsl(init_data, strict_parsing=True))


async def test_start_data_is_signed_with_the_token_of_the_bot_and_with_the_key_of_telegram(
    sandbox: SandboxServer, bot: Bot, ana: Person
) -> None:
    fields = fields_of(await ana.init_data())
    assert fields["hash"] == hash_of(fields, bot.token)
    signature = base64.urlsafe_b64decode(fields["signature"] + "==")
    signed = f"{bot.id}:WebAppData\n{lines(fields, 'hash', 'signature')}".encode()
    (await key_of(sandbox)).verify(signature, signed)
    with pytest.raises(InvalidSignature):
        (await key_of(sandbox)).verify(signature, signed + b"!")
    user = json.loads(fields["user"])
    assert user == {
        "id": ana.id,
        "first_name": "Ana",
        "last_name": "Ruiz",
        "language_code": "es",
        "allows_write_to_pm": True,
    }


async def test_start_data_says_when_and_how_the_page_was_opened(sandbox: SandboxServer, ana: Person) -> None:
    await sandbox.pass_time(1_000)
    now, old = fields_of(await ana.init_data()), fields_of(await ana.init_data(age=3_700))
    assert 3_700 <= int(now["auth_date"]) - int(old["auth_date"]) <= 3_760
    assert now["query_id"] != old["query_id"]
    by_link = fields_of(await ana.init_data(source="link", start_param="card"))
    assert (by_link["start_param"], by_link["chat_type"]) == ("card", "sender")
    assert by_link["chat_instance"] == (fields_of(await ana.init_data(source="link")))["chat_instance"]
    assert not by_link.keys() & {"query_id"}
    assert await ana.init_data(source="keyboard") == ""


async def test_links_lead_to_the_pages_of_a_bot(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    assert not (await bot.get_me()).has_main_web_app
    for name, url in (("", APP), ("scan", f"{APP}?from=link")):
        await sandbox.post(f"control/bots/{bot.username}/apps", {"name": name, "url": url})
    assert (await bot.get_me()).has_main_web_app

    async def opened(link: str) -> Any:  # noqa: ANN401 - JSON is anything
        return (await sandbox.post("control/open", {"person_id": ana.id, "link": link}))["app"]

    main = {"bot": bot.username, "url": APP, "start_param": ""}
    assert await opened("https://t.me/stamp_bot?startapp") == main
    assert await opened("t.me/Stamp_Bot?startapp=a-1") == {
        **main,
        "url": f"{APP}?tgWebAppStartParam=a-1",
        "start_param": "a-1",
    }
    named = await opened("https://t.me/stamp_bot/scan?startapp=s")
    assert named["url"] == f"{APP}?from=link&tgWebAppStartParam=s"
    assert (await ana.screen()).messages[-1].text == "/start"


@pytest.mark.parametrize("link", ["https://t.me/stamp_bot?startapp=x", "https://t.me/stamp_bot/card"])
async def test_a_link_to_a_page_that_a_bot_has_not_leads_nowhere(
    sandbox: SandboxServer, bot: Bot, ana: Person, link: str
) -> None:
    answer = await sandbox.client.post("control/open", json={"person_id": ana.id, "link": link})
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        f"{bot.username} has no Mini App {'card' if 'card' in link else ''!r}.",
    )


async def test_a_link_carries_no_more_to_a_page_than_telegram_lets_it(
    sandbox: SandboxServer, bot: Bot, ana: Person
) -> None:
    await sandbox.post(f"control/bots/{bot.username}/apps", {"url": APP})
    for carried, status in (("x" * 512, 200), ("x" * 513, 409), ("a.b", 409)):
        link = f"https://t.me/stamp_bot?startapp={carried}"
        answer = await sandbox.client.post("control/open", json={"person_id": ana.id, "link": link})
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        (APP, True),
        ("http://127.0.0.1:8000/app", True),
        ("http://pages.example/card", False),
        ("ftp://x.example", False),
    ],
)
async def test_pages_are_opened_over_https_or_from_this_machine(
    sandbox: SandboxServer, bot: Bot, ana: Person, url: str, *, taken: bool
) -> None:
    page = WebAppInfo(url)
    inline = InlineKeyboardMarkup([[InlineKeyboardButton("Open", web_app=page)]])
    reply = ReplyKeyboard([[KeyboardButton("Open", web_app=page)]])
    expected = nullcontext() if taken else pytest.raises(BadRequest, match=r"(?i)only https links are allowed")
    with expected:
        await bot.set_chat_menu_button(ana.id, MenuButtonWebApp("Open", page))
    for keyboard in (inline, reply):
        with expected:
            await bot.send_message(ana.id, "x", reply_markup=keyboard)
    answer = await sandbox.client.post(f"control/bots/{bot.username}/apps", json={"url": url})
    assert answer.is_success is taken
    await sandbox.forgive()


async def test_a_camera_sees_what_is_held_before_it_and_otherwise_the_other_phone(
    sandbox: SandboxServer, bot: Bot, ana: Person
) -> None:
    ben = await sandbox.add_person("Ben", bot=str(bot.username))
    camera = f"control/people/{ana.id}/camera"

    async def look() -> Any:  # noqa: ANN401 - JSON is anything
        return await sandbox.post(f"control/chats/{ana.id}/{bot.username}/look", {"of": ben.id})

    assert await look() == {"held": 0, "codes": [], "picture": None}
    await ben.start()
    await ben.send_photo(card(LINK))
    theirs = await look()
    assert (theirs["held"], theirs["codes"]) == (0, [LINK])
    first, second = [await sandbox.post(camera, {"text": "ABC"}) for _ in range(2)]
    assert await look() == second == {**first, "held": first["held"] + 1}
    held = await sandbox.client.post(camera, files={"file": ("held.png", card("HELD"), "image/png")})
    assert held.json()["codes"] == ["HELD"]
    assert (await sandbox.client.get(held.json()["picture"])).content == card("HELD")
    nothing = await sandbox.client.post(camera, files={"file": ("held.png", b"no picture", "image/png")})
    assert nothing.status_code == 409
    await sandbox.client.delete(camera)
    assert await look() == theirs
