"""The poster: a sheet for the counter, sent as a file to print, whose code hands out cards; and its link."""

from bots.buttons import Rows, copy, keyboard
from bots.owners.screens import back
from bots.turn import Turn
from bots.words import Html, Words
from loyalty_app.pictures.card import BROWN
from loyalty_app.pictures.poster import PosterPicture, render_poster
from loyalty_app.pictures.render_thread import drawn
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.links import join_link
from loyalty_app.shops.programs import read_program
from loyalty_app.shops.staff import Position
from loyalty_core.programs import Program


async def press_poster(turn: Turn, position: Position) -> None:
    """Send the poster, with the button back to the shop."""
    await send_poster(turn, position, [back(turn.words, position)])


async def link_of(turn: Turn, business: Business) -> str:
    """The link that gives customers a card; empty if no bot serves the shop."""
    return await turn.read(lambda connection: join_link(connection, business)) or ""


async def send_poster(turn: Turn, position: Position, rows: Rows | None = None) -> None:
    """Send the poster as a file, in the person's language."""
    words, business, link = turn.words, position.business, await link_of(turn, position.business)
    program = await turn.read(lambda connection: read_program(connection, business.id))
    picture = await drawn(render_poster, _picture(words, business, program, link=link))
    await turn.sent(
        turn.bot.send_document,
        document=picture,
        filename=f"{business.slug}.png",
        caption=_caption(words, link),
        reply_markup=keyboard([[copy(words.label("📋 Copy the link"), link)], *rows] if rows else None),
    )


def _picture(words: Words, business: Business, program: Program, *, link: str) -> PosterPicture:
    return PosterPicture(
        shop_name=business.name,
        headline=words.plain("Your stamp card, on your phone"),
        steps=(
            words.plain("Scan the code with your camera"),
            words.plain("Press START: your card is there"),
            words.plain("Show your card each time you pay"),
        ),
        reward_description=words.plain_count(
            "{n} stamp: {reward}",
            "{n} stamps: {reward}",
            program.terms.stamps_required,
            reward=program.terms.reward_description,
        ),
        link=link,
        colour=business.card_color or BROWN,
        language=words.code,
    )


def _caption(words: Words, link: str) -> Html:
    return words.say(
        "🖨 Your poster, A5, ready to print. Whoever scans it, or opens this link, has a card:\n{link}", link=link
    )
