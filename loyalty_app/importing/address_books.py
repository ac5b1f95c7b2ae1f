"""Address books: the columns in which Google, Outlook and Apple name phone numbers and e-mail addresses.

They have a column for each number of a person: by count (Phone 1 - Value) or by place (Home Phone). The first number
that can be read counts; one that a label calls mobile comes first. Faxes and pagers reach nobody and are not read.
"""

import re
import unicodedata
from collections.abc import Sequence


def plain_heading(text: str) -> str:
    """A heading for comparison: letters, marks and digits only, without case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if unicodedata.category(letter)[0] in "LMN")


HOME, WORK, OTHER = 20, 30, 40
FURTHER = {
    HOME: (
        "home phone, phone home, home telephone, primary phone, main phone, telefon privat, privattelefon, "
        "telefonnummer privat, haupttelefon, telefon haupt, teléfono particular, teléfono casa, teléfono de casa, "
        "teléfono principal, домашний телефон, телефон домашний, основной телефон, घर का फ़ोन, هاتف المنزل, "
        "الهاتف المنزلي, téléphone domicile, telefono casa, telefono abitazione, telefone residencial, telefon domowy, "
        "ev telefonu"
    ),
    WORK: (
        "business phone, work phone, phone work, office phone, company main phone, telefon geschäftlich, "
        "telefon firma, geschäftstelefon, telefonnummer geschäftlich, teléfono del trabajo, teléfono trabajo, "
        "teléfono de la oficina, "
        "рабочий телефон, телефон рабочий, कार्यालय का फ़ोन, هاتف العمل, téléphone bureau, telefono ufficio, "
        "telefone comercial, telefon służbowy, iş telefonu"
    ),
    OTHER: (
        "other phone, phone other, car phone, weiteres telefon, anderes telefon, otro teléfono, другой телефон, "
        "هاتف آخر"
    ),
}
RANKS = {plain_heading(word): rank for rank, words in FURTHER.items() for word in words.split(", ")}
NUMBERED = re.compile(r"(?P<word>[^\W\d]+)(?P<number>[1-9])(?P<rest>[^\W\d]*)")
VALUES = {"", "value", "address", "adresse", "wert", "valor", "значение", "адрес", "dirección", "direccion", "adresa"}
LABELS = {"type", "label"}
MOBILE = re.compile(
    "mobil|cell|handy|móvil|celular|мобил|сотов|iphone|whatsapp|मोबाइल|جوال|موبايل|portable|cep", re.IGNORECASE
)
NEVER_READ = re.compile("fax|pager|факс|पेजर|फ़ैक्स|فاكس|telex|isdn|tty|radio|callback", re.IGNORECASE)
JOINED = " ::: "
"""What Google puts between several values in one cell."""


def further_column(heading: str, known: dict[str, str]) -> tuple[str, int] | None:
    """The field and rank of a column that is not the first of its kind, beside the `known` ones; None if it is none."""
    plain = plain_heading(heading)
    if plain in RANKS:
        return "phone", RANKS[plain]
    found = NUMBERED.fullmatch(plain)
    if found is None or found["rest"] not in VALUES:
        return None
    number, word = int(found["number"]), found["word"]
    if word in RANKS:
        return "phone", RANKS[word] + number
    field = known.get(word) or known.get(word + found["rest"])
    return (field, number) if field in {"phone", "email"} else None


def label_columns(row: Sequence[str]) -> dict[int, int]:
    """Columns of phone numbers, and the columns that say what kind each number is."""
    plain = [plain_heading(cell) for cell in row]
    parts = {place: found for place, cell in enumerate(plain) if (found := NUMBERED.fullmatch(cell))}
    labels = {(one["word"], one["number"]): place for place, one in parts.items() if one["rest"] in LABELS}
    return {
        place: labels[one["word"], one["number"]]
        for place, one in parts.items()
        if one["rest"] in VALUES and (one["word"], one["number"]) in labels
    }


def values_of(cells: Sequence[str], places: Sequence[int], labels: dict[int, int]) -> list[str]:
    """All values of a field in the order in which they are tried: mobile ones first."""

    def is_mobile(place: int) -> bool:
        label = labels.get(place)
        return label is not None and label < len(cells) and MOBILE.search(cells[label]) is not None

    ordered = sorted(places, key=lambda place: not is_mobile(place))
    found = (part.strip() for place in ordered if place < len(cells) for part in cells[place].split(JOINED.strip()))
    return [part for part in found if part]
