"""Customers: profiles, the state of a card, and the codes that find it.

The rules, in words:
- A code is CUS and ten letters or digits that people do not confuse (no I, L, O, U), random and never used twice.
- A typed code may differ in case, have spaces or dashes of any kind, lack CUS, have O for 0, and I or L for 1. Marks
  that cannot be seen do not count, nor does punctuation around it.
- A scanner may put the name of the kind of code in front, as ]Q1.
- A rotating code is a card's code and eight letters more, its seal; what a seal is worth is in `rotating_codes`.
- A name has 1 to 200 characters of any script, without control characters. Some of them can be seen.
- A customer has one code and, for each program of the shop, at most one card, made by its first entry.
- An erased customer has no name, phone, e-mail or birthday, and no search finds them.

Phone numbers and e-mail addresses are checked outside the core, where the libraries for them are.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec
from msgspec import UNSET, UnsetType

from loyalty_core.errors import InvalidRequest
from loyalty_core.fields import NAME_LENGTH, Birthday, BusinessId, CustomerId, EmailText, Name, PhoneText, can_be_seen

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LETTERS = 10
CODE_RANDOM_BYTES = 7
SEAL_LETTERS = 8
EARLIEST_BIRTHDAY = date(1900, 1, 1)

NEVER_IN_NAMES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_FORGIVEN = str.maketrans({"O": "0", "I": "1", "L": "1"})
_LEFT_OUT = frozenset({"Zs", "Pd", "Cf", "Mn", "Me"})
_AROUND = "'\"`.,;:!?*#()[]{}<> \t\r\n\x1c\x1d\x1e\x1f\u00ab\u00bb\u2018\u2019\u201a\u201c\u201d\u201e\u2022\u3002"
_KIND_OF_CODE = re.compile(r"\][A-Za-z][0-9A-Za-z]")
"""The symbology identifier of AIM, which scanners may send before what they have read."""
_CODE = re.compile(rf"(?:CUS)?([{ALPHABET}]{{{CODE_LETTERS}}})([{ALPHABET}]{{{SEAL_LETTERS}}})?")


class Card(msgspec.Struct, frozen=True):
    """The state of a card: exactly what the fold of its ledger without the voided entries gives.

    `goal` and `program_version` are the promise made to the running card, both 0 while the card is empty. `steps_since`
    is the version in which the steps that it is promised begin, 0 if it is promised none. `day_stamps` counts the
    stamps that were asked for on `day`, the last local day with a visit.
    """

    current_stamps: int = 0
    goal: int = 0
    program_version: int = 0
    total_stamps: int = 0
    total_visits: int = 0
    rewards_earned: int = 0
    rewards_available: int = 0
    last_visit_at: datetime | None = None
    last_visit_by: str | None = None
    day: date | None = None
    day_stamps: int = 0
    steps_since: int = 0


class ProgramCard(msgspec.Struct, frozen=True):
    """A card, and the program that it is of; None is the program with which the shop began."""

    program_id: int | None
    card: Card


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A holder of a card. `version` rises with each change of profile or cards, `entries` with each of the ledgers.

    `card` is the card that is at hand, of the program `program_id`; `others` are the cards of other programs. One who
    is `merged_into` another is closed like an erased one: their code and id lead to the other. `opted_out_at` is since
    when they want no more messages to many; None if they never said so. `birthday_set_at` is when the birthday was told
    or changed; None without one, or if an older release wrote it.
    """

    id: CustomerId
    business_id: BusinessId
    qr_code: str
    name: str
    phone: str | None
    email: str | None
    birthday: date | None
    created_at: datetime
    updated_at: datetime
    version: int
    entries: int = 0
    card: Card
    erased_at: datetime | None = None
    merged_into: CustomerId | None = None
    birthday_set_at: datetime | None = None
    opted_out_at: datetime | None = None
    program_id: int | None = None
    others: tuple[ProgramCard, ...] = ()

    @property
    def cards(self) -> tuple[ProgramCard, ...]:
        """All cards, the one at hand first."""
        return (ProgramCard(self.program_id, self.card), *self.others)

    def card_of(self, program_id: int | None) -> Card | None:
        """The card of a program; None if there is none yet."""
        if program_id == self.program_id:
            return self.card
        for one in self.others:
            if one.program_id == program_id:
                return one.card
        return None

    def with_cards(self, cards: "Mapping[int | None, Card]") -> "Customer":
        """The same customer with these cards, by program, instead of what was there of those programs."""
        customer = self
        for program_id, card in cards.items():
            customer = msgspec.structs.replace(customer.turned_to(program_id), card=card)
        return customer.turned_to(None)

    def with_cards_alone(self, cards: "Mapping[int | None, Card]") -> "Customer":
        """The same customer with these cards and no other; that of the shop's beginning is there in any case."""
        return msgspec.structs.replace(self, program_id=None, card=Card(), others=()).with_cards(cards)

    def turned_to(self, program_id: int | None) -> "Customer":
        """The same customer with the card of that program at hand, an empty one if there is none yet."""
        if program_id == self.program_id:
            return self
        card = self.card_of(program_id) or Card()
        others = tuple(one for one in self.cards if one.program_id != program_id)
        return msgspec.structs.replace(self, program_id=program_id, card=card, others=others)


def last_visit_of(cards: Sequence[Card]) -> tuple[date, bool] | None:
    """The day on which somebody with these cards was last here, and whether it was not the first; None if never."""
    latest, visits = None, 0
    for card in cards:
        visits += card.total_visits
        if card.day is not None and (latest is None or card.day > latest):
            latest = card.day
    return None if latest is None else (latest, visits > 1)


class ShownCode(msgspec.Struct, frozen=True):
    """A code as somebody showed it: the code of the card, and the seal if it is a rotating one.

    `read_before` says that the code was found good when it was read, and is only used now.
    """

    card: str
    seal: str | None = None
    read_before: bool = False

    @property
    def whole(self) -> str:
        """The whole code, in its exact form."""
        return self.card + (self.seal or "")


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people tell about themselves when they join; `opted_out`, if they had said so in another book."""

    name: Name
    phone: PhoneText | None = None
    email: EmailText | None = None
    birthday: Birthday | None = None
    opted_out: bool | UnsetType = UNSET


class ProfileChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change in a profile; a field that is not set stays as it is."""

    name: Name | UnsetType = UNSET
    phone: PhoneText | UnsetType | None = UNSET
    email: EmailText | UnsetType | None = UNSET
    birthday: Birthday | UnsetType | None = UNSET
    opted_out: bool | UnsetType = UNSET


def new_code(random: bytes) -> str:
    """Make a customer's code from seven random bytes, of which 50 bits are used."""
    number = int.from_bytes(random[:CODE_RANDOM_BYTES], "big")
    return "CUS" + "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(CODE_LETTERS))


def parse_code(text: str) -> str | None:
    """Read a typed or scanned code forgivingly: the code of the card, of a rotating code too. None if it is no code."""
    shown = read_code(text)
    return shown.card if shown else None


def read_code(text: str) -> ShownCode | None:
    """The same, with the seal of a rotating code."""
    match = _CODE.fullmatch(text) or _CODE.fullmatch(_letters_of(without_scanner(text)).upper().translate(_FORGIVEN))
    return ShownCode(f"CUS{match[1]}", match[2]) if match else None


def without_scanner(text: str) -> str:
    """A scanned text without what the scanner put in front, in plain letters."""
    plain = unicodedata.normalize("NFKC", text).strip(_AROUND.replace("]", ""))
    kind = _KIND_OF_CODE.match(plain)
    return plain[kind.end() :] if kind else plain


def _letters_of(text: str) -> str:
    kept = (letter for letter in text if unicodedata.category(letter) not in _LEFT_OUT and letter != "\u2212")
    return "".join(kept).strip(_AROUND)


def clean_name(text: str) -> str:
    """Normalise a name (NFC, trimmed), of a person or of anything else. Raises InvalidRequest."""
    name = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(name) <= NAME_LENGTH or any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in name):
        raise InvalidRequest.field("name", "must be a text of 1 to 200 characters, without control characters")
    check_seen("name", name)
    return name


def name_from(text: str) -> str | None:
    """A name that somebody uses elsewhere, without what the rules refuse; None if nothing of it can be seen."""
    spaced = "".join(" " if unicodedata.category(letter) in NEVER_IN_NAMES else letter for letter in text)
    try:
        return clean_name(" ".join(spaced.split())[:NAME_LENGTH])
    except InvalidRequest:
        return None


def clean_order_ref(text: str) -> str:
    """Normalise the number of an order, so that one that looks the same is the same: NFC, without what cannot be seen.

    Spaces and ends of lines around it are left out. Raises InvalidRequest if nothing is left, or control characters.
    """
    if text.isascii() and text.isprintable() and text == text.strip():
        return text  # nearly always
    seen = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    reference = unicodedata.normalize("NFC", seen).strip()
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in reference):
        raise InvalidRequest.field("order_ref", "must be a text of 1 to 100 characters, without control characters")
    check_seen("order_ref", reference)
    return reference


def check_seen(field: str, text: str) -> None:
    """Raise InvalidRequest if a text is of characters that cannot be seen."""
    if not can_be_seen(text):
        raise InvalidRequest.field(field, "must have characters that can be seen")


def check_birthday(birthday: date | None, today: date) -> None:
    """Raise InvalidRequest if a birthday is in the future or before 1900."""
    if birthday is not None and birthday > today:
        raise InvalidRequest.field("birthday", f"must not be in the future, and {birthday} is")
    if birthday is not None and birthday < EARLIEST_BIRTHDAY:
        raise InvalidRequest.field("birthday", f"must be {EARLIEST_BIRTHDAY} or later")


def check_joined(joined_at: datetime | None, now: datetime) -> None:
    """Raise InvalidRequest if a day of joining is in the future or before 1900."""
    if joined_at is None:
        return
    day = joined_at.astimezone(now.tzinfo).date()
    if day > now.date():
        raise InvalidRequest.field("joined_at", "must be today or earlier, as 2024-11-30")
    if day < EARLIEST_BIRTHDAY:
        raise InvalidRequest.field("joined_at", f"must be {EARLIEST_BIRTHDAY} or later")


def fold_case(text: str) -> str:
    """A text without regard to case or width of letters, by which a list's people are told apart."""
    return unicodedata.normalize("NFKC", text).casefold()
