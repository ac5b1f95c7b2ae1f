"""The poster: a sheet for the counter, sent as a picture, whose code hands out cards; sheets to print; and its link."""

from functools import partial

from msgspec.structs import replace

from bots.buttons import Rows, button, copy, keyboard
from bots.owners.screens import back
from bots.rights import TypedAnswer
from bots.scan import received_picture
from bots.turn import Draft, Turn
from bots.words import Html, Words
from loyalty_app.chat.chats import ChatChange
from loyalty_app.pictures.paper import NotALogo
from loyalty_app.pictures.poster import PosterPicture
from loyalty_app.pictures.render_thread import drawn, printed
from loyalty_app.pictures.sheets import PrintSheet, render_sheet
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.links import join_link, join_page
from loyalty_app.shops.look_texts import HOW_TO_PRINT, poster_of
from loyalty_app.shops.looks import read_look
from loyalty_app.shops.programs import read_program
from loyalty_app.shops.staff import Position

LOGO = "logo"


async def press_poster(turn: Turn, position: Position) -> None:
    """Send the poster, with the button back to the shop."""
    await send_poster(turn, position, [back(turn.words, position)])


async def link_of(turn: Turn, business: Business) -> str:
    """The link that gives customers a card; empty if no bot serves the shop."""
    return await turn.read(lambda connection: join_link(connection, business)) or ""


async def send_poster(turn: Turn, position: Position, rows: Rows | None = None) -> None:
    """Send the poster as a picture, in the person's language, with buttons for sheets to print."""
    words, business, link = turn.words, position.business, await link_of(turn, position.business)
    picture = await drawn(partial(render_sheet, PrintSheet.A5, png=True), await _picture_of(turn, business, link))
    beside = [[copy(words.label("📋 Copy the link"), link)], *rows] if rows else []
    await turn.sent(
        turn.bot.send_document,
        document=picture,
        filename=f"{business.slug}.png",
        caption=_caption(words, link),
        reply_markup=keyboard([*_sheets(words, business), *beside]),
    )


def _sheets(words: Words, business: Business) -> Rows:
    """The buttons that send a PDF."""
    labels = {
        PrintSheet.A5: "🖨 A5",
        PrintSheet.A4: "🖨 A4",
        PrintSheet.TENT: words.label("🖨 Table tent"),
        PrintSheet.STICKERS: words.label("🖨 Stickers"),
    }
    buttons = [button(label, "print", business.id, sheet) for sheet, label in labels.items()]
    return [buttons[:2], buttons[2:], [button(words.label("🖼 With your logo"), "logo", business.id)]]


async def press_sheet(turn: Turn, position: Position) -> None:
    """Send the sheet that was pressed, as a PDF."""
    business, wanted = position.business, turn.press.text(1)
    if wanted not in set(PrintSheet):
        return
    await turn.toast()
    picture = await _picture_of(turn, business, await link_of(turn, business))
    await _send_sheet(turn, business, PrintSheet(wanted), picture)


async def _send_sheet(turn: Turn, business: Business, sheet: PrintSheet, picture: PosterPicture) -> None:
    await turn.sent(
        turn.bot.send_document,
        document=await printed(partial(render_sheet, sheet, picture)),
        filename=f"{business.slug}-{sheet}.pdf",
        caption=turn.words.say(HOW_TO_PRINT[sheet]),
    )


async def ask_logo(turn: Turn, position: Position) -> None:
    """Ask for the picture of a logo."""
    turn.ask(Draft(LOGO, {"business": position.business.id}))
    text = turn.words.say(
        "Send your logo as a picture, best as a file. You get the posters with it in the place of the name."
    )
    await turn.say(text, [back(turn.words, position)])


async def take_logo(turn: Turn, answer: TypedAnswer) -> None:
    """Send all sheets with the logo that was sent. It is not kept."""
    business, logo = answer.position.business, await received_picture(turn)
    picture = replace(await _picture_of(turn, business, await link_of(turn, business)), logo=logo)
    try:
        for sheet in PrintSheet:
            await _send_sheet(turn, business, sheet, picture)
    except NotALogo:
        text = turn.words.say(
            "This picture cannot be used as a logo. Please send a PNG or JPEG of at most 12 million pixels."
        )
        await turn.say(text, [back(turn.words, answer.position)])
        return
    turn.note(ChatChange(draft=None))


async def _picture_of(turn: Turn, business: Business, link: str) -> PosterPicture:
    program, look = await turn.read(lambda c: (read_program(c, business.id), read_look(c, business)))
    page = join_page(turn.runtime.settings.public_url, business)
    return poster_of(turn.words, business, look, program, link=link, page=page)


def _caption(words: Words, link: str) -> Html:
    return words.say(
        "🖨 Your poster, A5, ready to print. Anybody who scans it or opens this link gets a card:\n{link}", link=link
    )
