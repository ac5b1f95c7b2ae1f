"""Extract messages: collects what the bot says from its source, and updates the catalogues. For developers.

`make words` runs this module; the bot itself does not import it. A sentence is a literal argument of `words` (see
`bots/words.py`) or is marked with `N_`. A comment above it that begins with "Translators:" goes into the catalogue.
"""

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import msgspec
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from bots.words import DOMAIN, LANGUAGES
from loyalty_app.customers import gift_texts, refusal_sentences
from loyalty_app.shops import look_texts

HERE = Path(__file__).parent
OF_REFUSALS, OF_LOOKS = Path(refusal_sentences.__file__), Path(look_texts.__file__)
OF_GIFTS = Path(gift_texts.__file__)
SOURCE = "en"

# Which plural form belongs to which number. The order is Unicode's: zero, one, two, few, many, other.
PLURALS = {
    "hi": "nplurals=2; plural=(n > 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "ru": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);",
    "de": "nplurals=2; plural=(n != 1);",
}

NONE = Catalog()
SINGULAR, PLURAL, MARK = {"say", "plain", "label"}, {"count", "plain_count"}, "N_"
# Functions that show a text unchanged: their text has to come from words.
SHOWING = {"say", "screen", "toast", "button", "link", "copy"}
_NO_WORDS = re.compile(r"<[^>]*>|\{\w*\}")
_WORDS = re.compile(r"(^|[._])words$|words_for\(.*\)$")


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence of the source: the method that says it, its values (None: they cannot be seen), and its place."""

    way: str
    one: str
    many: str | None
    values: frozenset[str] | None
    where: str
    note: str


def collect(folder: Path = HERE) -> list[Sentence]:
    """All sentences of a package, in the order of its source. Raises ValueError for one that nobody could translate."""
    return [
        sentence
        for path in [*sorted(folder.rglob("*.py")), OF_REFUSALS, OF_LOOKS, OF_GIFTS]
        for sentence in sentences_in(path.read_text(encoding="utf-8"), path.name)
    ]


def sentences_in(source: str, name: str) -> Iterator[Sentence]:
    """The sentences of one module."""
    lines = source.splitlines()
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.args]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        way, by_words = _way(call)
        texts = [_texts(argument, f"{name}:{call.lineno}") if by_words else [] for argument in call.args[:2]]
        if not by_words and way in SHOWING and any(map(has_words, _literals(call.args[0]))):
            message = f"{name}:{call.lineno}: {ast.unparse(call.args[0])} is shown and is in no catalogue"
            raise ValueError(message)
        for number, one in enumerate(texts[0]):
            yield Sentence(
                way=way,
                one=one,
                many=texts[1][number] if way in PLURAL else None,
                values=_values(call, way),
                where=f"{name}:{call.lineno}",
                note=_note(lines, call.lineno),
            )


def _way(call: ast.Call) -> tuple[str, bool]:
    """The name of the called function, and whether it says or marks sentences."""
    function = call.func
    if isinstance(function, ast.Attribute):
        by_words = _WORDS.search(ast.unparse(function.value)) is not None
        return function.attr, by_words and function.attr in SINGULAR | PLURAL
    name = function.id if isinstance(function, ast.Name) else ""
    return name, name == MARK


def _texts(argument: ast.expr, where: str) -> list[str]:
    if isinstance(argument, ast.IfExp):
        return [*_texts(argument.body, where), *_texts(argument.orelse, where)]
    if isinstance(argument, ast.JoinedStr | ast.BinOp):
        message = f"{where}: {ast.unparse(argument)} is put together, so nobody can translate it"
        raise ValueError(message)  # noqa: TRY004  # the source is wrong, not an argument
    return _literals(argument)


def _literals(argument: ast.expr) -> list[str]:
    return [argument.value] if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else []


def has_words(text: str) -> bool:
    """Whether there is anything to translate: "<b>{shop}</b>" is the same in all languages."""
    return any(letter.isalpha() for letter in _NO_WORDS.sub("", text))


def _values(call: ast.Call, way: str) -> frozenset[str] | None:
    names = [keyword.arg for keyword in call.keywords]
    if way == MARK or None in names:
        return None
    return frozenset([*filter(None, names), *(["n"] if way in PLURAL else [])])


def _note(lines: list[str], line: int) -> str:
    above = lines[line - 2].strip() if line > 1 else ""
    return above.removeprefix("# ") if above.startswith("# Translators:") else ""


def to_translate(sentences: list[Sentence]) -> dict[str, Sentence]:
    """Each sentence that has words, once, by its English text. If one use has a plural, the entry has it."""
    unique: dict[str, Sentence] = {}
    for sentence in sentences:
        if not has_words(sentence.one):
            continue
        known = unique.get(sentence.one)
        if known is None or (known.many is None and sentence.many is not None):
            unique[sentence.one] = sentence
    return unique


def path_of(code: str) -> Path:
    """The file of a language's catalogue; that of English is the template with the sentences to translate."""
    return HERE / "locales" / (f"{DOMAIN}.pot" if code == SOURCE else f"{code}/LC_MESSAGES/{DOMAIN}.po")


def translated(code: str) -> Catalog:
    """Read the catalogue of a language."""
    return read_po(BytesIO(path_of(code).read_bytes()), locale=code)


def in_step(code: str, sentences: dict[str, Sentence], path: Path | None = None, others: Catalog = NONE) -> bytes:
    """The catalogue of a language for these sentences: translations are kept, sentences no longer said are left out.

    What the catalogue at `path` lacks is taken from `others`, if it is there.
    """
    path, plurals = path or path_of(code), PLURALS.get(code)
    kept = read_po(BytesIO(path.read_bytes()), locale=code) if plurals and path.exists() else Catalog()
    header = [f"Language: {code}" if plurals else "Language: ", "Content-Type: text/plain; charset=utf-8"]
    fresh = Catalog(locale=code if plurals else None)
    for one, sentence in sentences.items():
        fresh[one] = _kept(sentence, kept.get(one) or others.get(one), fresh.num_plurals)
    return _written(fresh, [*header, f"Plural-Forms: {plurals}"] if plurals else header)


def _kept(sentence: Sentence, known: Message | None, forms: int) -> Message:
    """A sentence with its existing translation, if both have a plural or neither has."""
    key: str | tuple[str, str] = (sentence.one, sentence.many) if sentence.many else sentence.one
    empty: str | tuple[str, ...] = ("",) * forms if sentence.many else ""
    fits = known is not None and isinstance(known.string, str) == isinstance(empty, str)
    message = Message(
        key, known.string if known and fits else empty, auto_comments=[sentence.note] if sentence.note else ()
    )
    if known is not None:
        message.flags |= known.flags & {"fuzzy"}
        message.user_comments = known.user_comments
    return message


def _written(catalogue: Catalog, header: list[str]) -> bytes:
    file = BytesIO()
    file.write("".join(['msgid ""\nmsgstr ""\n', *(f'"{line}\\n"\n' for line in header), "\n"]).encode())
    write_po(file, catalogue, width=110, no_location=True, omit_header=True)
    return file.getvalue().rstrip() + b"\n"


def main() -> None:
    """Write all catalogues, and print what is still to be translated."""
    sentences = to_translate(collect())
    for code in LANGUAGES:
        path = path_of(code)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(in_step(code, sentences))
    print(f"{len(sentences)} sentences")  # noqa: T201  # a command says what it did
    for code in PLURALS:
        said = [message.string for message in translated(code) if message.id]
        missing = sum(not all(text) if isinstance(text, tuple) else not text for text in said)
        print(f"{code}: {missing} to be translated")  # noqa: T201  # as above


if __name__ == "__main__":
    main()
