"""A shop in the chat: `loyalty business set-bot | poster`. `serve` and `bot` run the bots themselves."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loyalty_app.settings import Settings, read_settings
from loyalty_cli import options
from loyalty_cli.database import with_database, with_shop
from loyalty_cli.failures import CommandFailed
from loyalty_cli.output import tell
from loyalty_core.errors import InvalidRequest

if TYPE_CHECKING:
    from loyalty_app.chat.bots import BotRecord
    from loyalty_app.db.engine import Database
    from loyalty_app.pictures.poster import PosterPicture

NO_BOT = (
    "No bot serves this shop. Give it one of its own with `loyalty business set-bot`, or set LOYALTY_TELEGRAM_TOKEN "
    "and start `loyalty serve` once."
)


def invitation_advice(link: str | None) -> str:
    """What to do with an invitation that was just printed, as a link or, while the shop has no bot, as a code."""
    if link is not None:
        return (
            "Send the link to that person: to open on the phone with Telegram, or to paste into the chat with the bot."
        )
    return f"{NO_BOT} Then that person pastes the code into the chat with the bot."


@click.command("set-bot")
@options.of_business
@click.option(
    "--token",
    envvar="LOYALTY_BOT_TOKEN",
    show_envvar=True,
    help="The bot's token, as BotFather shows it. Others can see what is typed here: better leave it out and be asked.",
)
@click.option("--remove", is_flag=True, help="Take the shop's own bot away; the shared one serves it then.")
@options.as_json
def set_bot(business_id: int, token: str | None, *, remove: bool, as_json: bool) -> None:
    """Give a shop a bot of its own.

    The token is checked with Telegram and kept encrypted. A running `loyalty serve` or `loyalty bot` follows within
    seconds.
    """
    if remove:
        with_shop(business_id, lambda database: _remove(database, business_id))
        words = f"Business {business_id} has no bot of its own any more."
        tell({"business_id": business_id, "bot_id": None, "username": None}, words, as_json=as_json)
        return
    settings, given = read_settings(), _asked_for(token)
    record = with_shop(business_id, lambda database: _give(database, settings, business_id, token=given))
    answer = {"business_id": business_id, "bot_id": record.bot_id, "username": record.username}
    tell(answer, f"Business {business_id} speaks through @{record.username} now.", as_json=as_json)


def _asked_for(token: str | None) -> str:
    """The given token, or one typed now without being shown."""
    if token is None and not sys.stdin.isatty():
        raise click.UsageError("Missing option '--token' (or LOYALTY_BOT_TOKEN).")
    typed = token if token is not None else click.prompt("Token of the bot", hide_input=True, err=True)
    return str(typed).strip()


async def _remove(database: "Database", business_id: int) -> None:
    from loyalty_app.chat.bots import remove_bot
    from loyalty_app.clock import utc_now
    from loyalty_app.shops.businesses import find_business

    await database.read(lambda connection: find_business(connection, business_id))
    await remove_bot(database, business_id, now=utc_now())


async def _give(database: "Database", settings: Settings, business_id: int, *, token: str) -> "BotRecord":
    from loyalty_app.chat.bot_identity import TelegramAway, bot_id_of, who_is
    from loyalty_app.chat.bots import BotRecord, new_secret, register
    from loyalty_app.clock import utc_now
    from loyalty_app.shops.businesses import require_no_twin
    from loyalty_app.vault.fingerprint import open_checked_vault

    await database.read(lambda connection: require_no_twin(connection, business_id))
    try:
        bot = await who_is(token, settings.telegram_api_url)
    except TelegramAway as error:
        raise CommandFailed(str(error)) from error
    if bot.id == bot_id_of(settings.telegram_token):
        raise InvalidRequest.field("token", "belongs to the shared bot, which serves this shop without that")
    record = BotRecord(bot_id=bot.id, business_id=business_id, username=bot.username, secret=new_secret(), token=token)
    return await register(database, await open_checked_vault(settings, database), record, now=utc_now())


SHEETS = ("a5", "a4", "tent", "stickers")


@click.command()
@options.of_business
@click.argument("file", type=options.FILE)
@click.option("--sheet", type=click.Choice(SHEETS), default="a5", show_default=True, help="What is to be printed.")
@click.option("--logo", type=options.FILE, help="A picture in the place of the shop's name: PNG, JPEG or WebP.")
@options.as_json
def poster(business_id: int, file: Path, *, sheet: str, logo: Path | None, as_json: bool) -> None:
    """Write a poster for the counter to FILE: a PDF if it ends so, else a PNG.

    `tent` is a sheet of A4 to fold, `stickers` are eight on A4. People who scan one have a card of the shop.
    """
    from msgspec.structs import replace

    from loyalty_app.pictures.paper import NotALogo
    from loyalty_app.pictures.sheets import PrintSheet, render_sheet

    picture = with_database(lambda database: _poster(database, business_id))
    if logo is not None:
        picture = replace(picture, logo=logo.read_bytes())
    try:
        drawn = render_sheet(PrintSheet(sheet), picture, png=file.suffix.lower() != ".pdf")
    except NotALogo as error:
        raise InvalidRequest.field("logo", str(error)) from error
    file.write_bytes(drawn)
    answer = {"business_id": business_id, "file": str(file), "sheet": sheet, "link": picture.link}
    tell(answer, f"{file} is ready to print: {sheet}. Its code opens {picture.link}", as_json=as_json)


async def _poster(database: "Database", business_id: int) -> "PosterPicture":
    from gettext import NullTranslations

    from loyalty_app.shops.businesses import require_no_twin
    from loyalty_app.shops.links import join_link, join_page
    from loyalty_app.shops.look_texts import poster_of
    from loyalty_app.shops.looks import read_look
    from loyalty_app.shops.programs import read_program
    from loyalty_app.words import Words, locale_of

    shop = await database.read(lambda connection: require_no_twin(connection, business_id))
    link = await database.read(lambda connection: join_link(connection, shop))
    if link is None:
        raise CommandFailed(NO_BOT)
    program, look = await database.read(lambda c: (read_program(c, business_id), read_look(c, shop)))
    english = Words(code="en", locale=locale_of("en"), catalogue=NullTranslations())
    page = join_page(read_settings().public_url, shop)
    return poster_of(english, shop, look, program, link=link, page=page)
