"""Texts of a look, for the chat, the desk and the command alike: the names of colours, and the words of a poster."""

from msgspec.structs import replace

from loyalty_app.pictures.card import BROWN
from loyalty_app.pictures.poster import PosterPicture
from loyalty_app.pictures.sheets import PrintSheet
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.looks import ShopLook
from loyalty_app.shops.several_programs import programs_in_use
from loyalty_app.words import N_, Words
from loyalty_core.programs import Program, Terms

COLOURS = (
    (BROWN, N_("🟤 Coffee")),
    ("#2E6B4F", N_("🟢 Forest")),
    ("#1F5F8B", N_("🔵 Ocean")),
    ("#B3263A", N_("🔴 Cherry")),
    ("#6B3FA0", N_("🟣 Plum")),
    ("#D9730D", N_("🟠 Tangerine")),
    ("#E0A526", N_("🟡 Honey")),
    ("#23262E", N_("⚫ Night")),
)

HOW_TO_PRINT = {
    PrintSheet.A4: N_("Print it in its own size, without fitting it to the page."),
    PrintSheet.A5: N_("Print it in its own size, without fitting it to the page."),
    PrintSheet.TENT: N_("Print it on thick paper of A4 and fold it along the dashed line."),
    PrintSheet.STICKERS: N_("Print it on sticky paper of A4. It is eight stickers of 105 × 74 mm."),
}


MOST_ON_POSTER = 4
"""How many programs a poster names; of more it names one less, and says how many there are besides."""


def poster_of(
    words: Words, business: Business, look: ShopLook, program: Program, *, link: str, page: str | None
) -> PosterPicture:
    """The poster of a shop in a language. `link` opens the chat, `page` is where one joins without it, if anywhere.

    `program` is the main one: what the others make stands below what it makes.
    """
    poster = PosterPicture(
        shop_name=business.name,
        headline=words.plain("Your stamp card with Telegram"),
        steps=(
            words.plain("Scan the code with your camera"),
            words.plain("Press START: your card is there"),
            words.plain("Show your card each time you pay"),
        ),
        reward_description="\n".join(promises(words, program, most=MOST_ON_POSTER)),
        link=link,
        colour=business.card_color or BROWN,
        language=words.code,
        logo=look.logo,
        address=look.address or "",
        opening_hours=look.opening_hours or "",
    )
    return poster if page is None else _with_page(poster, words, page)


def promises(words: Words, program: Program, *, most: int) -> list[str]:
    """What each program of a shop makes, with its title if there are several; the main one first.

    Of more than `most` there is one line less, and how many there are besides.
    """
    programs = programs_in_use(program)
    if len(programs) == 1:
        return [_promise(words, programs[0].terms)]
    named = programs if len(programs) <= most else programs[: most - 1]
    lines = [_titled(words, one.title, _promise(words, one.terms)) for one in named]
    left = len(programs) - len(named)
    return [*lines, words.plain_count("and {n} more card", "and {n} more cards", left)] if left else lines


def _promise(words: Words, terms: Terms) -> str:
    return words.plain_count(
        "{n} stamp: {reward}", "{n} stamps: {reward}", terms.stamps_required, reward=terms.reward_description
    )


def _titled(words: Words, title: str | None, text: str) -> str:
    return words.plain("{title}: {text}", title=title, text=text) if title else text


def _with_page(poster: PosterPicture, words: Words, page: str) -> PosterPicture:
    """The poster with a second code, for people without Telegram."""
    return replace(
        poster,
        headline=words.plain("Your stamp card"),
        steps=(
            words.plain("Scan one of the codes with your camera"),
            words.plain("Press START, or enter your name"),
            words.plain("Show your card each time you pay"),
        ),
        page_link=page,
        captions=(words.plain("With Telegram"), words.plain("Without Telegram")),
    )
