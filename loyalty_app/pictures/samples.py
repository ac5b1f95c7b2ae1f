"""Samples: a card in every script, a poster and a chart, for `make pictures` and for tests. The shops are invented."""

import random
from typing import NamedTuple

from loyalty_app.pictures.card import CardPicture
from loyalty_app.pictures.chart import ChartPicture
from loyalty_app.pictures.poster import PosterPicture

CODE = "CUS12AB34CD56"
LINK = f"https://t.me/loyalty_stamps_bot?start=c_{CODE}"


class CardTexts(NamedTuple):
    """What a card says."""

    shop: str
    customer: str
    reward: str


def card(words: CardTexts, stamps: tuple[int, int], *, colour: str, language: str, rewards: int = 0) -> CardPicture:
    """A card with some of its stamps."""
    return CardPicture(
        shop_name=words.shop,
        customer_name=words.customer,
        current_stamps=stamps[0],
        stamps_required=stamps[1],
        reward_description=words.reward,
        rewards_available=rewards,
        qr_text=LINK,
        qr_code=CODE,
        colour=colour,
        language=language,
    )


LATIN = card(
    CardTexts("Café Ada", "Zoë", "A coffee of your choice"), (7, 10), colour="#6F4E37", language="en", rewards=1
)
CYRILLIC = card(
    CardTexts("Пекарня «У Анны»", "Алёна", "Круассан и кофе в подарок"), (4, 8), colour="#1F5C4D", language="ru"
)
GREEK = card(CardTexts("Καφενείο Αθηνά", "Γιώργος", "Ένας ελληνικός καφές"), (9, 10), colour="#14508C", language="el")
ARABIC = card(
    CardTexts("مقهى الياسمين", "فاطمة", "قهوة من اختيارك مع قطعة حلوى"),
    (3, 6),
    colour="#7A1F3D",
    language="ar",
    rewards=2,
)
HEBREW = card(CardTexts("קפה דיזנגוף", "נועה", "קפה לבחירתך"), (5, 12), colour="#F2C14E", language="he")
DEVANAGARI = card(
    CardTexts("चाय की दुकान", "श्रीकृष्ण", "एक मसाला चाय मुफ़्त"), (10, 10), colour="#B5462F", language="hi", rewards=1
)
THAI = card(CardTexts("ร้านกาแฟน้ำผึ้ง", "กิตติ", "กาแฟฟรีหนึ่งแก้ว"), (13, 20), colour="#2F3E46", language="th")
JAPANESE = card(CardTexts("喫茶さくら", "陽菜", "お好きなコーヒー一杯"), (1, 5), colour="#E8B4BC", language="ja")
KOREAN = card(CardTexts("카페 봄날", "지민", "원하시는 커피 한 잔"), (2, 9), colour="#3D348B", language="ko")
CHINESE = card(CardTexts("茶香小館", "小明", "任選一杯飲品"), (37, 50), colour="#0B6E4F", language="zh-TW", rewards=3)
MIXED = card(
    CardTexts("Café عمر & Söhne 🍰", "אנה-Maria", "Ein Stück Torte 🍰 أو قهوة"), (1, 3), colour="#FFFFFF", language="de"
)
LONG = card(
    CardTexts(
        "The Coffee House and Bakery at the Old Harbour of Saint Petersburg",
        "Maximiliana-Wolfeschlegelsteinhausenbergerdorff" * 4,
        "Any large hot or cold drink of your choice with a slice of cake " * 3,
    ),
    (99, 100),
    colour="#000000",
    language="en",
    rewards=12,
)

CARDS = {
    "latin": LATIN,
    "cyrillic": CYRILLIC,
    "greek": GREEK,
    "arabic": ARABIC,
    "hebrew": HEBREW,
    "devanagari": DEVANAGARI,
    "thai": THAI,
    "japanese": JAPANESE,
    "korean": KOREAN,
    "chinese": CHINESE,
    "mixed": MIXED,
    "long": LONG,
}
POSTER = PosterPicture(
    shop_name="Café Ada",
    headline="Your stamp card with Telegram",
    steps=("Scan the code with your phone", "Tap Start in Telegram", "Show your card and collect stamps"),
    reward_description="10 stamps: a coffee of your choice",
    link="https://t.me/loyalty_stamps_bot?start=j_cafe-ada-1f2e3d",
)
_DICE = random.Random(4)  # noqa: S311  # made-up figures
_VISITS = tuple(_DICE.randint(8, 60) for _ in range(30))
CHART = ChartPicture(
    title="Café Ada, the last 30 days",
    labels=tuple(f"{day} Mar" for day in range(1, 31)),
    bars=_VISITS,
    bars_legend="Visits",
    dots=tuple(visits // 9 for visits in _VISITS),
    dots_legend="Rewards earned",
)
