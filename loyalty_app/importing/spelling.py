"""Spelling: whether words that were read in an encoding look like words of a language.

Wrong letters give themselves away: signs inside words, letters in one word that no language has together, words without
vowels, final letters in the middle. Only words beyond ASCII are looked at. There are no dictionaries here.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from itertools import pairwise

OF_LATIN = {
    "pl": "ąćęłńóśźż",
    "cs sk": "áäčďéěíĺľňóôŕřšťúůýž",
    "hu": "áéíóöőúüű",
    "ro": "ăâîşţșțö",
    "hr sl bs sr mk": "čćđšž",
    "sq": "çë",
    "tr az": "çğıiöşüâîûə",
    "lt": "ąčęėįšųūž",
    "lv": "āčēģīķļņšūž",
    "et": "äöõüšž",
    "vi": "àáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
    "is fo": "áæéíóöøúýþð",
    "de": "äöüßé",
    "fr": "àâæçéèêëîïôœûüÿ",
    "es": "áéíñóúü",
    "ca": "àçéèíïòóúü",
    "pt": "áâçéêíóôúü",
    "it": "é",
    "nl": "ëïöüéèá",
    "sv fi": "åäöéü",
    "da no nb nn": "æøåéöäôó",
    "ga cy gd": "áéíóúàèìòùâêîôûŵŷ",
}
"""Letters beyond a to z in languages written in Latin letters."""
LETTERS = {language: set(letters) for languages, letters in OF_LATIN.items() for language in languages.split()}
RARE = {"is", "fo", "vi", "et", "sq", "ca", "ga", "cy", "gd"}
"""Languages expected only in their own countries. Why: þ, ð and ý elsewhere are ş, ğ and ı misread."""
IN_PLACE = re.compile("õe|ão|ãe|ãs?$|[àèìòù]$")
"""Portuguese and Italian letters, where these languages have them."""
WORD = re.compile(r"[^\s,;|\t\"()\[\]{}<>/&+#*=:!?]+")
QUOTES = "’‘'`´.-·‑"
DASHES = "“”„«»…–—"
AT_THE_END = QUOTES + "ªº°®™©"
ALONE = re.compile(r"(?<![^\W\d_])[€£§½¼¾²³µ¢¥±×](?![^\W\d_])")
"""Signs beside figures; beside letters they are misread letters."""
VOWELS = {"CYRILLIC": set("аеёиоуыэюяіїєў"), "GREEK": set("αεηιουω")}
THAI = re.compile("[เแโใไ]?[ก-ฮ](?:.*[^เแโใไ])?")
SILENT = str.maketrans("", "", "ьъ")
FEWEST_VOWELS, MOST_VOWELS = 0.2, 0.8
FINAL = {"HEBREW": "ךםןףץ", "ARABIC": "ةى", "GREEK": "ς"}
"""Letters that stand at the end of a word alone."""


def misspelled(text: str, looks_right: Callable[[str], bool]) -> float:
    """The share of the words beyond ASCII that do not look right; 0 if there is no such word."""
    words = [word for word in WORD.findall(ALONE.sub("", text)) if not word.isascii()]
    return sum(not looks_right(word) for word in words) / len(words) if words else 0.0


def has_letters(text: str) -> bool:
    """Whether a text has letters beyond ASCII, and not signs alone."""
    return any(letter.isalpha() for letter in text if not letter.isascii())


def latin(languages: Iterable[str]) -> Callable[[str], bool]:
    """Whether a word could be written in one of the languages."""
    alphabets = [LETTERS[language] for language in languages if language in LETTERS]

    def looks_right(word: str) -> bool:
        folded = _plain(unicodedata.normalize("NFC", word.replace("İ", "i").lower()))
        own = {letter for letter in IN_PLACE.sub("", folded) if not letter.isascii() and letter not in QUOTES}
        return _in_order(word) and _has_plain_letters(folded) and any(own <= letters for letters in alphabets)

    return looks_right


def _has_plain_letters(word: str) -> bool:
    """No Latin word has accents on all its letters; a letter that stands alone is an initial."""
    letters = [letter for letter in word if letter.isalpha()]
    return len(letters) <= 1 or any(letter.isascii() for letter in letters)


def _plain(word: str) -> str:
    return word.lstrip(QUOTES + DASHES).rstrip(AT_THE_END + DASHES)


def _in_order(word: str) -> bool:
    """Capitals come first, or all letters are: misread letters mix them."""
    letters = [letter for letter in word if letter.isalpha()]
    lower = [letter for letter in letters if letter.islower() and letter not in "ßªº"]
    return not lower or not any(
        before.islower() and after.isupper() and not after.isascii() for before, after in pairwise(letters)
    )


def of_script(script: str) -> Callable[[str], bool]:
    """Whether a word could be written in an alphabet: CYRILLIC, GREEK, HEBREW, ARABIC or THAI."""

    def looks_right(word: str) -> bool:
        plain = _plain(word)
        letters = [letter for letter in plain if unicodedata.category(letter)[0] in "LM"]
        signs = {letter for letter in plain if letter not in letters and not letter.isascii()}
        theirs = all(unicodedata.name(letter, "").startswith(script) for letter in letters)
        return theirs and signs <= set(QUOTES) and _in_order(word) and _has_its_shape("".join(letters), script)

    return looks_right


def _has_its_shape(letters: str, script: str) -> bool:
    if not letters:
        return True
    final = FINAL.get(script, "")
    if not letters[0].isalpha() or (final and any(letter in final for letter in letters[:-1])):
        return False
    if script == "THAI" and not THAI.fullmatch(letters):
        return False
    if script == "GREEK" and letters[-1] == "σ":
        return False
    sounding = letters.lower().translate(SILENT)
    if script not in VOWELS or len(sounding) < 3:  # noqa: PLR2004  # initials and short words may have any shape
        return True
    apart = unicodedata.normalize("NFD", sounding) if script == "GREEK" else sounding
    share = sum(letter in VOWELS[script] for letter in apart) / len(sounding)
    return FEWEST_VOWELS <= share <= MOST_VOWELS


def east_asian(encoding: str, common: tuple[int, int]) -> Callable[[str], bool]:
    """Whether a word has the letters that people use: their first bytes in an encoding lie in a range."""
    first, last = common

    def looks_right(word: str) -> bool:
        letters = [letter for letter in word if letter.isalpha() or not letter.isascii()]
        return all(_is_common(letter, encoding, first, last) for letter in letters)

    return looks_right


def _is_common(letter: str, encoding: str, first: int, last: int) -> bool:
    if unicodedata.name(letter, "").startswith(("HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA", "FULLWIDTH")):
        return encoding in {"cp932", "euc-jp"} or not letter.isalpha()
    return not letter.isascii() and first <= (letter.encode(encoding, "ignore") or b"\0")[0] <= last
