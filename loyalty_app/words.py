"""Words: one language, with its sentences, and how it writes numbers, dates and plurals.

The English sentence in the code is the key: `words.say("Hello {name}", name=…)`. Each package that says something has
catalogues of its own: the bots in `bots/words.py`, the pages in `api/pages/page_words.py`. No sentence lives here.

Names, codes and times must not turn the sentence around them: a text that a person typed is isolated (U+2068 … U+2069)
wherever it could change the order of its neighbours, and loses the signs that would reach beyond it.
"""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from gettext import GNUTranslations, NullTranslations
from importlib.resources.abc import Traversable
from io import BytesIO

import msgspec
from babel import Locale
from babel.dates import format_skeleton, format_time, format_timedelta
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

LANGUAGES = ("en", "hi", "es", "ru", "ar", "de")
"""The languages in the order of the menu."""

# International English: 24 hours, the day before the month.
_FORMATS = {"en": "en_GB"}

ISOLATE, LEFT_TO_RIGHT, END = "\u2068", "\u2066", "\u2069"
RIGHT_TO_LEFT = "\u200f"

_OVERRIDES = dict.fromkeys(range(0x202A, 0x202F))
_ISOLATES = dict.fromkeys(range(0x2066, 0x206A))
_OPENS = {"\u2066", "\u2067", "\u2068"}
# The isolation of a code is outside its tag: a tap copies what is inside. A placeholder within a tag is a link's.
_PLACE = re.compile(r"<code>\{(?P<code>\w+)\}</code>|<[^>]*>|\{(?P<name>\w+)\}")
_WHOLE = {timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)}


class Html(str):
    """A text that is HTML already; as a value it is not escaped, nor in a template."""

    __slots__ = ()

    def __html__(self) -> str:  # the name by which templates ask for it
        """The text for a template."""
        return self


def N_(sentence: str, /) -> str:  # noqa: N802  # the name that gettext gives to this mark
    """Mark a sentence that is said later, as one in a table. Returns it unchanged."""
    return sentence


Value = str | int | None
"""A value in a sentence: a text, `Html`, or a whole number, which is written as the language writes it."""


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """One language: its sentences, and how it writes numbers and times.

    Values are put in by name. Whole numbers are written by `number`; a text that could turn the direction of the
    sentence is isolated. Moments carry the time zone in which they are written.
    """

    code: str
    locale: Locale
    catalogue: NullTranslations

    @property
    def name(self) -> str:
        """The language's own name, as "Deutsch"."""
        name = str(self.locale.language_name)
        return name[:1].upper() + name[1:]

    @property
    def rtl(self) -> bool:
        """Whether the language is written from right to left."""
        return self.locale.text_direction == "rtl"

    def say(self, sentence: str, /, **values: Value) -> Html:
        """A sentence of a message: HTML, with its values escaped unless they are `Html`."""
        return self._html(self.catalogue.gettext(sentence), values)

    def plain(self, sentence: str, /, **values: Value) -> str:
        """A sentence without HTML, as in a toast."""
        return self._whole(self.catalogue.gettext(sentence), values)

    def label(self, sentence: str, /, **values: Value) -> str:
        """The label of a button: no HTML, and short."""
        return self.plain(sentence, **values)

    def count(self, one: str, many: str, n: int, /, **values: Value) -> Html:
        """A sentence of a message in the plural form of `n`; `{n}` is the number."""
        return self._html(self.catalogue.ngettext(one, many, n), {"n": n, **values})

    def plain_count(self, one: str, many: str, n: int, /, **values: Value) -> str:
        """The same without HTML."""
        return self._whole(self.catalogue.ngettext(one, many, n), {"n": n, **values})

    def number(self, number: float) -> str:
        """A number, as "12,345.5"."""
        return format_decimal(number, locale=self.locale)

    def plus(self, number: int) -> str:
        """A number of stamps that were added, as "+1"; its sign stays on its left in every language."""
        text = f"+{self.number(number)}"
        return f"{LEFT_TO_RIGHT}{text}{END}" if self.rtl else text

    def minus(self, number: int) -> str:
        """A number of stamps that are taken off again, as "−1"; the same."""
        text = f"\u2212{self.number(number)}"
        return f"{LEFT_TO_RIGHT}{text}{END}" if self.rtl else text

    def percent(self, share: float) -> str:
        """A share from 0 to 1 in whole percent, as "12%"."""
        return format_percent(share, locale=self.locale)

    def money(self, amount: int, currency: str) -> str:
        """An amount in the smallest unit of a currency, as "€2.50"."""
        return format_currency(Decimal(amount).scaleb(-get_currency_precision(currency)), currency, locale=self.locale)

    def date(self, moment: datetime) -> str:
        """A day with its year, as "3 Mar 2025"."""
        return format_skeleton("yMMMd", moment, tzinfo=moment.tzinfo, locale=self.locale)

    def time(self, moment: datetime) -> str:
        """A time of day, as "10:40"."""
        return format_time(moment, "short", tzinfo=moment.tzinfo, locale=self.locale)

    def moment(self, moment: datetime, now: datetime) -> str:
        """A moment as seen at `now`: "10:40" today, else "Mon, 3 Mar, 10:40", with its year if that is another."""
        today = now.astimezone(moment.tzinfo).date()
        if moment.date() == today:
            return self.time(moment)
        skeleton = "MMMEd" if moment.year == today.year else "yMMMEd"
        day = format_skeleton(skeleton, moment, tzinfo=moment.tzinfo, locale=self.locale)
        return str(self.locale.datetime_formats["medium"]).format(self.time(moment), day)

    def weekday(self, day: int) -> str:
        """A day of the week from 1 (Monday) to 7, as "Mon"."""
        return str(self.locale.days["stand-alone"]["abbreviated"][day - 1])

    def span(self, length: timedelta) -> str:
        """A length of time in its best unit, as "6 minutes"; exact up to two of the unit above it."""
        return format_timedelta(length, threshold=_threshold(length), locale=self.locale)

    def ago(self, length: timedelta) -> str:
        """How long ago something was, as "6 minutes ago": at least a second."""
        length = max(length, timedelta(seconds=1))
        return format_timedelta(-length, threshold=_threshold(length), add_direction=True, locale=self.locale)

    def join(self, texts: Iterable[str]) -> str:
        """Several texts as one, as "a, b and c"; it is put into a sentence as a value."""
        return format_list([self._fill("{text}", {"text": text}) for text in texts], locale=self.locale)

    def _fill(self, sentence: str, values: dict[str, Value]) -> str:
        texts = {name: self._text(value) for name, value in values.items()}
        apart = {name for name, text in texts.items() if reorders(text, rtl=self.rtl)}
        return isolate_places(sentence, apart).format_map(texts)

    def _whole(self, sentence: str, values: dict[str, Value]) -> str:
        """A whole sentence. One without letters of its own, as a name alone, gets the language's direction too."""
        filled = self._fill(sentence, values)
        return f"{RIGHT_TO_LEFT}{filled}" if self.rtl and values and is_all_places(sentence) else filled

    def _html(self, sentence: str, values: dict[str, Value]) -> Html:
        return Html(self._whole(sentence, {name: self._escaped(value) for name, value in values.items()}))

    def _escaped(self, value: Value) -> Html:
        return value if isinstance(value, Html) else Html(html.escape(self._text(value)))

    def _text(self, value: Value) -> str:
        if isinstance(value, Html):
            return value
        return self.number(value) if isinstance(value, int) else tame(str(value))


AMOUNT = re.compile(r"(?P<whole>\d{1,9})(?:[.,\u066b](?P<part>\d{1,4}))?")


def amount_of(text: str, currency: str) -> int | None:
    """What was typed as "2.50" or "2,50", in the smallest unit of a currency; None if it is no amount of it."""
    typed = AMOUNT.fullmatch(text.strip())
    if typed is None:
        return None
    amount = Decimal(f"{typed['whole']}.{typed['part'] or 0}").scaleb(get_currency_precision(currency))
    return int(amount) if amount == int(amount) else None


def amount_text(amount: int, currency: str) -> str:
    """An amount in the smallest unit of a currency as it is typed, as "2.50"."""
    return str(Decimal(amount).scaleb(-get_currency_precision(currency)))


def numbered(names: Iterable[str]) -> list[str]:
    """Names to choose from, each different: those that stand more than once are counted, as "Ana (2)"."""
    given = list(names)
    counts, seen = Counter(map(str.casefold, given)), Counter[str]()
    labels = []
    for name in given:
        seen[name.casefold()] += 1
        labels.append(f"{name} ({seen[name.casefold()]})" if counts[name.casefold()] > 1 else name)
    return labels


def language_of(code: str | None) -> str:
    """The language for a code such as "de-AT" or "pt_br"; English if we lack it."""
    language = (code or "").replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else "en"


def locale_of(language: str) -> Locale:
    """How a language writes numbers and times."""
    return Locale.parse(_FORMATS.get(language, language))


def _threshold(length: timedelta) -> int:
    return 1 if length in _WHOLE else 2


def read_catalogue(file: Traversable, code: str) -> NullTranslations:
    """Read the translations of a language from a .po file; where there is none, the English of the code is used.

    Nothing compiled is kept in the project.
    """
    if not file.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as text:
        write_mo(compiled, read_po(text, locale=code))
    compiled.seek(0)
    return GNUTranslations(compiled)


def isolate_places(sentence: str, apart: set[str]) -> str:
    """Isolate the placeholders named in `apart`, as in "{name}", but never inside of a tag."""

    def isolated(place: re.Match[str]) -> str:
        return f"{ISOLATE}{place[0]}{END}" if (place["code"] or place["name"]) in apart else place[0]

    return _PLACE.sub(isolated, sentence)


def is_all_places(sentence: str) -> bool:
    """Whether a sentence has no letter of its own, so that only its placeholders could give it a direction."""
    return not any(unicodedata.bidirectional(letter) in {"L", "R", "AL"} for letter in _PLACE.sub("", sentence))


def tame(text: str) -> str:
    """Remove from a text the signs that turn what follows it; isolations that are closed again may stay."""
    text = text.translate(_OVERRIDES)
    return text if _closes_what_it_opens(text) else text.translate(_ISOLATES)


def reorders(text: str, *, rtl: bool) -> bool:
    """Whether a text could change the order of a sentence that is written in this direction."""
    ways = {unicodedata.bidirectional(letter) for letter in text}
    return bool(ways - {"EN", "AN"}) if rtl else bool(ways & {"R", "AL", "AN"})


def _closes_what_it_opens(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += (letter in _OPENS) - (letter == END)
        if depth < 0:
            return False
    return depth == 0
