"""What words make of sentences, values, numbers and times, in each of the six languages."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from gettext import GNUTranslations
from io import BytesIO
from zoneinfo import ZoneInfo

import msgspec
import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bots.words import LANGUAGES, N_, Html, Words, words_for

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2025, 3, 3, 10, 40, tzinfo=BERLIN)
FSI, PDI, RLM = "\u2068", "\u2069", "\u200f"
EN, AR = words_for("en"), words_for("ar")


def in_all(say: Callable[[Words], str]) -> list[str]:
    """The same in all languages, with the narrow spaces of some as plain ones."""
    return [say(words_for(code)).replace("\xa0", " ").replace("\u202f", " ") for code in LANGUAGES]


# Which language.


@pytest.mark.parametrize(
    ("code", "spoken"),
    [
        *(("de", "de"), ("de-AT", "de"), ("DE_at", "de"), ("es-419", "es"), ("hi-Latn", "hi"), ("ar-EG", "ar")),
        *(("pt-br", "en"), ("zh-hans", "en"), ("den", "en"), ("", "en"), (None, "en"), ("../ru", "en")),
    ],
)
def test_a_code_gets_its_language_or_english(code: str | None, spoken: str) -> None:
    assert words_for(code).code == spoken


def test_a_language_is_read_once() -> None:
    assert words_for("de") is words_for("de-CH")


def test_languages_name_themselves() -> None:
    assert in_all(lambda words: words.name) == ["English", "हिन्दी", "Español", "Русский", "العربية", "Deutsch"]


def test_only_arabic_is_written_from_right_to_left() -> None:
    assert [code for code in LANGUAGES if words_for(code).rtl] == ["ar"]


# Sentences.


def with_catalogue(code: str, text: str) -> Words:
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(text.encode()), locale=code))
    compiled.seek(0)
    return msgspec.structs.replace(words_for(code), catalogue=GNUTranslations(compiled))


RUSSIAN = with_catalogue(
    "ru",
    r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\n"

msgid "Hello {name}"
msgstr "Здравствуйте, {name}"

msgid "{n} stamp"
msgid_plural "{n} stamps"
msgstr[0] "{n} штамп"
msgstr[1] "{n} штампа"
msgstr[2] "{n} штампов"
""",
)


def test_a_sentence_is_said_in_the_language_of_its_reader() -> None:
    assert RUSSIAN.say("Hello {name}", name="Ana") == "Здравствуйте, Ana"
    assert RUSSIAN.label("Hello {name}", name="Ana") == "Здравствуйте, Ana"


def test_a_sentence_without_translation_is_said_in_english() -> None:
    assert RUSSIAN.say("Nobody has translated {what}", what="this") == "Nobody has translated this"


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 штампов"), (1, "1 штамп"), (2, "2 штампа"), (11, "11 штампов"), (1021, "1\xa0021 штамп")],
)
def test_a_plural_is_that_of_its_number(number: int, said: str) -> None:
    assert RUSSIAN.count("{n} stamp", "{n} stamps", number) == said
    assert RUSSIAN.plain_count("{n} stamp", "{n} stamps", number) == said


def test_a_marked_sentence_is_said_later() -> None:
    assert RUSSIAN.plain(N_("Hello {name}"), name="Ana") == "Здравствуйте, Ana"


def test_values_are_escaped_in_html_and_nowhere_else() -> None:
    assert EN.say("Hello {name}", name='<b>"A&B"') == "Hello &lt;b&gt;&quot;A&amp;B&quot;"
    assert EN.count("{n} of {name}", "{n} of {name}", 2, name="<i>") == "2 of &lt;i&gt;"
    assert EN.plain("Hello {name}", name="<b>A&B") == "Hello <b>A&B"
    assert EN.label("Hello {name}", name="<b>A&B") == "Hello <b>A&B"
    assert EN.plain_count("{n} of {name}", "{n} of {name}", 2, name="<i>") == "2 of <i>"


def test_html_is_put_into_html_as_it_is() -> None:
    part = EN.say("<b>{name}</b>", name="A & B")

    assert isinstance(part, Html)
    assert EN.say("From {part}", part=part) == "From <b>A &amp; B</b>"


def test_what_a_person_typed_is_no_sentence() -> None:
    assert EN.say("Hello {name}", name="{name} {0} %s") == "Hello {name} {0} %s"


def test_whole_numbers_are_written_as_the_language_does() -> None:
    assert words_for("de").say("{n} of {m}", n=1200, m=10_000) == "1.200 of 10.000"


# Direction.


def test_a_value_in_arabic_is_isolated() -> None:
    assert AR.plain("مرحبا {name}!", name="Ana (Bar)") == f"مرحبا {FSI}Ana (Bar){PDI}!"


def test_a_plain_number_needs_no_isolation() -> None:
    assert AR.plain("{n} ختم", n=7) == "7 ختم"
    assert EN.plain("{n} stamps of {name}", n=7, name="Ana") == "7 stamps of Ana"


@pytest.mark.parametrize("name", ["عمر", "Café عمر", "דנה"])
def test_an_arabic_or_hebrew_name_is_isolated_in_every_language(name: str) -> None:
    assert EN.plain("{name}: {n} stamps", name=name, n=3) == f"{FSI}{name}{PDI}: 3 stamps"


def test_a_code_to_be_copied_and_a_link_stay_clean() -> None:
    sentence = 'رمزك <code>{code}</code>، <a href="{link}">{shop}</a>'
    said = AR.say(sentence, code="CUS1", link="https://t.me/x?start=c_1&a=b", shop="Bar")

    assert f"{FSI}<code>CUS1</code>{PDI}" in said
    assert f'<a href="https://t.me/x?start=c_1&amp;a=b">{FSI}Bar{PDI}</a>' in said


@pytest.mark.parametrize(
    ("name", "tamed"),
    [
        ("Ana\u202egnp", "Anagnp"),
        ("Ana\u2067\u2069\u2069", "Ana"),
        ("Ana\u2066", "Ana"),
        ("\u2069Ana\u2068", "Ana"),
        ("Ana\u2067x\u2069", "Ana\u2067x\u2069"),
    ],
)
def test_a_name_cannot_turn_what_stands_around_it(name: str, tamed: str) -> None:
    assert EN.plain("{name}", name=name) == tamed


# Numbers and times.


def test_numbers_have_latin_digits_in_all_languages() -> None:
    """Babel's own choice for Hindi and Arabic; cards and codes have them, too."""
    assert in_all(lambda words: words.number(12345.5)) == [
        *("12,345.5", "12,345.5", "12.345,5", "12 345,5", "12,345.5", "12.345,5")
    ]


def test_times_have_latin_digits_in_all_languages() -> None:
    for code in LANGUAGES:
        words = words_for(code)
        said = (
            words.moment(MONDAY, MONDAY - timedelta(days=400)) + words.span(timedelta(minutes=6)) + words.percent(0.5)
        )
        assert all(letter in "0123456789" for letter in said if letter.isdigit()), said


def test_shares_are_whole_percents() -> None:
    assert in_all(lambda words: words.percent(0.256).strip("\u200e\u200f")) == [
        *("26%", "26%", "26 %", "26 %", "26%", "26 %")
    ]


def test_today_a_moment_is_a_time() -> None:
    assert in_all(lambda words: words.moment(MONDAY, MONDAY + timedelta(hours=3))) == [
        *("10:40", "10:40 am", "10:40", "10:40", "10:40 ص", "10:40")
    ]


def test_on_another_day_a_moment_has_its_day() -> None:
    assert in_all(lambda words: words.moment(MONDAY, MONDAY + timedelta(days=1))) == [
        "Mon 3 Mar, 10:40",
        "सोम, 3 मार्च, 10:40 am",
        "lun, 3 mar, 10:40",
        "пн, 3 мар., 10:40",
        "الاثنين، 3 مارس، 10:40 ص",
        "Mo., 3. März, 10:40",
    ]


def test_in_another_year_a_moment_has_its_year() -> None:
    assert EN.moment(MONDAY, MONDAY + timedelta(days=365)) == "Mon, 3 Mar 2025, 10:40"


def test_today_is_that_of_the_shop() -> None:
    just_past_midnight = datetime(2025, 3, 4, 0, 10, tzinfo=BERLIN)

    assert EN.moment(just_past_midnight, datetime(2025, 3, 3, 23, 30, tzinfo=UTC)) == "00:10"
    assert EN.moment(just_past_midnight, datetime(2025, 3, 3, 22, 30, tzinfo=UTC)) == "Tue 4 Mar, 00:10"


def test_a_day_has_its_year() -> None:
    assert in_all(lambda words: words.date(MONDAY)) == [
        *("3 Mar 2025", "3 मार्च 2025", "3 mar 2025", "3 мар. 2025 г.", "3 مارس 2025", "3. März 2025")
    ]


def test_spans_are_in_the_plural_of_the_language() -> None:
    assert in_all(lambda words: words.span(timedelta(minutes=6))) == [
        *("6 minutes", "6 मिनट", "6 minutos", "6 минут", "6 دقائق", "6 Minuten")
    ]


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=20), "20 seconds"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=10), "10 days"),
    ],
)
def test_a_span_is_exact_where_people_would_count(length: timedelta, said: str) -> None:
    assert EN.span(length) == said


def test_how_long_ago_is_bent_as_the_language_does() -> None:
    assert in_all(lambda words: words.ago(timedelta(days=2))) == [
        *("2 days ago", "2 दिन पहले", "hace 2 días", "2 дня назад", "قبل يومين", "vor 2 Tagen")
    ]
    assert EN.ago(timedelta(0)) == "1 second ago"


def test_several_names_are_one_text() -> None:
    assert [words_for(code).join(["A", "B", "C"]) for code in ("en", "es", "ru", "de")] == [
        *("A, B and C", "A, B y C", "A, B и C", "A, B und C")
    ]
    assert AR.join(["A", "عمر"]) == f"{FSI}A{PDI} و{FSI}عمر{PDI}"
    assert EN.join(["A"]) == "A"
    assert EN.join([]) == ""
    assert EN.say("With {names}", names=EN.join(["A&B", "C"])) == "With A&amp;B and C"


def test_a_name_alone_stands_on_the_side_from_which_its_reader_reads() -> None:
    assert AR.say("<b>{shop}</b>", shop="Bean") == f"{RLM}<b>{FSI}Bean{PDI}</b>"
    assert AR.say("🎁 {reward}", reward="قهوة") == f"{RLM}🎁 {FSI}قهوة{PDI}"
    assert words_for("en").say("🎁 {reward}", reward="قهوة") == f"🎁 {FSI}قهوة{PDI}"
