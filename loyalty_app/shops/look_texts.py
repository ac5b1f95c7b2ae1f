"""Texts of a look, for the chat, the desk and the command alike: the names of colours, and the words of a poster."""

from msgspec.structs import replace

from loyalty_app.pictures.card import BROWN
from loyalty_app.pictures.poster import PosterPicture
from loyalty_app.pictures.sheets import PrintSheet
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.looks import ShopLook
from loyalty_app.words import N_, Words
from loyalty_core.programs import Terms

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


def poster_of(
    words: Words, business: Business, look: ShopLook, terms: Terms, *, link: str, page: str | None
) -> PosterPicture:
    """The poster of a shop in a language. `link` opens the chat, `page` is where one joins without it, if anywhere."""
    poster = PosterPicture(
        shop_name=business.name,
        headline=words.plain("Your stamp card with Telegram"),
        steps=(
            words.plain("Scan the code with your camera"),
            words.plain("Press START: your card is there"),
            words.plain("Show your card each time you pay"),
        ),
        reward_description=words.plain_count(
            "{n} stamp: {reward}", "{n} stamps: {reward}", terms.stamps_required, reward=terms.reward_description
        ),
        link=link,
        colour=business.card_color or BROWN,
        language=words.code,
        logo=look.logo,
        address=look.address or "",
        opening_hours=look.opening_hours or "",
    )
    return poster if page is None else _with_page(poster, words, page)


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
