"""What bots of the sandbox say about themselves: commands, names, descriptions, the menu button."""

from typing import Any

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    MenuButtonCommands,
    MenuButtonWebApp,
    WebAppInfo,
)
from telegram.error import BadRequest

from testkit.people import Person
from testkit.sandbox import SandboxServer


def commands(*names: str) -> list[BotCommand]:
    return [BotCommand(name, f"Does {name}") for name in names]


async def seen_by(ana: Person) -> list[str]:
    return [command["command"] for command in (await ana.screen()).commands]


async def test_people_see_the_commands_nearest_to_them(bot: Bot, ana: Person) -> None:
    assert await seen_by(ana) == []
    await bot.set_my_commands(commands("all"))
    assert await seen_by(ana) == ["all"]
    await bot.set_my_commands(commands("todos"), language_code="es")
    await bot.set_my_commands(commands("alle"), language_code="de")
    assert await seen_by(ana) == ["todos"]
    await bot.set_my_commands(commands("private"), scope=BotCommandScopeAllPrivateChats())
    assert await seen_by(ana) == ["private"]
    await bot.set_my_commands(commands("staff", "card"), scope=BotCommandScopeChat(ana.id))
    assert await seen_by(ana) == ["staff", "card"]
    await bot.delete_my_commands(scope=BotCommandScopeChat(ana.id))
    assert await seen_by(ana) == ["private"]


async def test_commands_are_read_back_for_exactly_their_scope_and_language(bot: Bot, ana: Person) -> None:
    await bot.set_my_commands(commands("one"), scope=BotCommandScopeChat(ana.id), language_code="es")

    assert await bot.get_my_commands(BotCommandScopeChat(ana.id), "es") == tuple(commands("one"))
    assert await bot.get_my_commands(BotCommandScopeChat(ana.id)) == ()
    assert await bot.get_my_commands() == ()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"commands": [{"command": "Big", "description": "x"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "x" * 33, "description": "x"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "x", "description": ""}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": [{"command": "x", "description": "x"}] * 101}, "BOT_COMMANDS_TOO_MUCH"),
        ({"commands": [], "language_code": "spanish"}, "invalid language code specified"),
        ({"commands": [], "scope": {"type": "moon"}}, "can't parse BotCommandScope"),
        ({"commands": [], "scope": {"type": "chat", "chat_id": 1}}, "chat not found"),
    ],
)
async def test_wrong_commands_are_refused(sandbox: SandboxServer, bot: Bot, given: dict[str, Any], reason: str) -> None:
    answer = await sandbox.client.post(f"/bot{bot.token}/setMyCommands", json=given)

    assert reason in answer.json()["description"]


async def test_texts_are_kept_by_language(bot: Bot, ana: Person) -> None:
    assert (await bot.get_my_name()).name == "Stamps"
    await bot.set_my_name("Sellos", language_code="es")
    await bot.set_my_description("Stamp cards")
    await bot.set_my_short_description("Cards", language_code="de")

    assert (await bot.get_my_name("es")).name == "Sellos"
    assert (await bot.get_my_description("es")).description == "Stamp cards"
    assert (await bot.get_my_short_description()).short_description == ""
    assert (await bot.get_my_short_description("de")).short_description == "Cards"
    shown = (await ana.screen()).bot
    assert (shown["name"], shown["description"]) == ("Sellos", "Stamp cards")


async def test_texts_have_limits(bot: Bot) -> None:
    await bot.set_my_short_description("x" * 120)
    with pytest.raises(BadRequest):
        await bot.set_my_short_description("x" * 121)
    with pytest.raises(BadRequest):
        await bot.set_my_name("x" * 65)
    with pytest.raises(BadRequest):
        await bot.set_my_description("x" * 513)


async def test_the_menu_button_is_set_for_one_or_for_all(bot: Bot, ana: Person) -> None:
    scanner = MenuButtonWebApp("Scan", WebAppInfo("https://a.example/scan"))
    await bot.set_chat_menu_button(menu_button=scanner)
    assert (await ana.screen()).menu["text"] == "Scan"
    await bot.set_chat_menu_button(ana.id, MenuButtonCommands())
    assert (await ana.screen()).menu == {"type": "commands"}

    assert await bot.get_chat_menu_button(ana.id) == MenuButtonCommands()
    assert await bot.get_chat_menu_button() == scanner
