"""Links that are scanned or typed: a card's link counts as its code, in every spelling; other links hold no code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_app.shops.links import CARD_PREFIX, INVITE_PREFIX, JOIN_PREFIX, code_in, start_link
from loyalty_core.customers import new_code, parse_code
from testkit.builders import patiently
from tests.core.test_codes import BYTES, spelled

CODE = "CUS0123ABCJKM"


@patiently
@given(st.data(), BYTES)
def test_a_link_is_read_back_in_every_spelling_of_its_code(data: st.DataObject, random: bytes) -> None:
    code = new_code(random)
    spelling = data.draw(spelled(code)).replace(" ", "%20")
    assert code_in(start_link("beanbot", CARD_PREFIX + spelling)) == code


@patiently
@given(st.text())
def test_what_is_no_link_is_read_as_the_core_reads_it(text: str) -> None:
    assert code_in(text) == parse_code(text)


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        " cus-0123-abcjkm ",
        "https://t.me/beanbot?start=c_CUS0123ABCJKM",
        "http://t.me/beanbot?start=c_cus0123abcjkm",
        "t.me/beanbot?start=c_CUS0123ABCJKM",
        "https://t.me/beanbot?start=c_0123ABCJKM",
        "https://t.me/beanbot?lang=en&start=c_CUS0123ABCJKM#top",
        "tg://resolve?domain=beanbot&start=c_CUS0123ABCJKM",
        " https://t.me/beanbot?start=c_CUS%200123%20ABCJKM ",
        "https:\uff0f\uff0ft.me/beanbot?start=c_CUS0123ABCJKM",
        "HTTPS://T.ME/BEANBOT?START=C_CUS0123ABCJKM",
        "]Q1https://t.me/beanbot?start=c_CUS0123ABCJKM",
        "]Q3HTTPS://T.ME/BEANBOT?START=C_CUS0123ABCJKM\r\n",
        "]d2CUS0123ABCJKM\x1d",
        "https%3A%2F%2Ft.me%2Fbeanbot%3Fstart%3Dc_CUS0123ABCJKM",
        "https%253A%252F%252Ft.me%252Fbeanbot%253Fstart%253Dc_CUS0123ABCJKM",
        "<https://t.me/beanbot?start=c_CUS0123ABCJKM>",
        "\u201ehttps://t.me/beanbot?start=c_CUS0123ABCJKM\u201c.",
        "Lena's card: https://t.me/beanbot?start=c_CUS0123ABCJKM",
        "https://t.me/beanbot?start=c_CUS0123ABCJKM Lena's card",
        "https://t.me/beanbot?lang=en&amp;start=c_CUS0123ABCJKM",
        "https://t.me/beanbot?start=c_CUS0123\u2011ABCJKM",
        "\u2066https://t.me/beanbot?start=c_\u200bCUS0123ABCJKM\u2069",
        "\uff28\uff34\uff34\uff30\uff33\uff1a\uff0f\uff0ft.me/beanbot\uff1fstart=c_CUS0123ABCJKM",
        "https://t.me/beanbot?startapp=c_CUS0123ABCJKM",
        "c_CUS0123ABCJKM",
        "C_CUS0123ABCJKM",
    ],
)
def test_a_code_and_a_link_of_a_card_hold_the_code(typed: str) -> None:
    assert code_in(typed) == CODE


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "Lena",
        "https://t.me/beanbot",
        "https://t.me/beanbot?start=",
        "https://t.me/beanbot?start=CUS0123ABCJKM",  # c_ says that it is a card
        f"https://t.me/beanbot?start={JOIN_PREFIX}beanleaf",
        f"https://t.me/beanbot?start={INVITE_PREFIX}0123ABCJKM",
        "https://t.me/beanbot?start=c_",
        "https://t.me/beanbot?code=c_CUS0123ABCJKM",
        "https://t.me/beanbot?start=c_CUS0123ABCJKMN",
        "]Q1",
        "0123/ABCJKM",
    ],
)
def test_what_holds_no_code_is_none(typed: str) -> None:
    assert code_in(typed) is None


def test_the_core_knows_no_links() -> None:
    assert parse_code(start_link("beanbot", CARD_PREFIX + CODE)) is None
