"""Rotating codes: the code of a card with a seal that changes every 30 seconds, so that a picture of it is soon no use.

The rules, in words:
- A rotating code is the code of the card and a seal of eight letters, all of the alphabet of codes. Two letters of the
  seal tell the step, which is the number of half minutes since 1970; six are an HMAC of card and step under a key of
  the shop (30 bits of RFC 2104 with SHA-256; steps and their window as in RFC 6238).
- The server's clock counts. A code is good during its step, the one before and the one after. For a stamp that a till
  gave while it was offline, the time that the till names counts, with two minutes more to either side for its clock.
- A code is used once for a stamp and once for a reward. An undo does not give it back. A code that was used for a
  stamp stays good for handing out a reward for five minutes more: so the reward of that stamp is handed out at once.
- What the shop does not ask a rotating code for, any code of the card does: then an old one is as good as a printed
  one, and only a good one is noted.
- A request that finds the card by name, phone number or id shows no code, and needs none.

Where keys come from, and how uses are kept, is not known here.
"""

import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from loyalty_core.customers import ALPHABET, SEAL_LETTERS, ShownCode
from loyalty_core.errors import CodeExpired, CodeUsed, RotatingCodeRequired
from loyalty_core.ledger import EntryType
from loyalty_core.programs import CardCodes

STEP_SECONDS = 30
STEP_LETTERS = 2
AROUND, LATE_AROUND = 1, 5
"""How many steps a code may be off: by the server's clock, and by that of a till that tells the time."""
AFTER_STAMP = timedelta(minutes=5)
STEPS_TOLD: int = len(ALPHABET) ** STEP_LETTERS
"""So many steps the letters tell apart: eight and a half hours."""

ASKED_FOR: dict[CardCodes, frozenset[EntryType]] = {
    CardCodes.FIXED: frozenset(),
    CardCodes.ROTATING_REDEEM: frozenset({EntryType.REDEEM}),
    CardCodes.ROTATING_ALL: frozenset({EntryType.STAMP, EntryType.REDEEM}),
}
"""What a shop asks a rotating code for."""


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """A seal that was looked at: the whole code, and the step that it is of; None if no key of the shop made it."""

    code: str
    step: int | None
    read_before: bool = False


class Showing(msgspec.Struct, frozen=True, kw_only=True):
    """How a card was shown: with a code or found without (`by_code`), and with which seal, if there was one.

    `at` is when; `around` how many steps the clock may be off; `uses` says when the code was used for what before.
    """

    at: datetime
    by_code: bool = True
    seal: Seal | None = None
    around: int = AROUND
    uses: Mapping[EntryType, datetime] = {}


def step_at(moment: datetime) -> int:
    """The step of a moment."""
    return int(moment.timestamp()) // STEP_SECONDS


def begin_of(step: int) -> datetime:
    """When a step begins, in UTC."""
    return datetime.fromtimestamp(step * STEP_SECONDS, UTC)


def seal_of(card: str, step: int, key: bytes) -> str:
    """The seal of a card's code at a step, under a key of the shop."""
    mark = int.from_bytes(hmac.digest(key, f"{card}.{step}".encode(), "sha256")[:8], "big")
    return _letters(step, STEP_LETTERS) + _letters(mark, SEAL_LETTERS - STEP_LETTERS)


def _letters(number: int, count: int) -> str:
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(count))


def look_at_seal(shown: ShownCode, keys: Iterable[bytes], now: datetime) -> Seal | None:
    """What the seal of a code is worth, with all keys that the shop may have now; None if the code has no seal.

    Every key is tried, in constant time: how long it takes tells nothing about a wrong seal.
    """
    if shown.seal is None:
        return None
    step = _told_step(shown.seal, step_at(now))
    right = [hmac.compare_digest(seal_of(shown.card, step, key), shown.seal) for key in keys]
    return Seal(code=shown.card + shown.seal, step=step if any(right) else None, read_before=shown.read_before)


def _told_step(seal: str, near: int) -> int:
    """The step that the first letters of a seal tell: the one nearest to `near`."""
    told = sum(ALPHABET.index(letter) << (5 * place) for place, letter in enumerate(seal[:STEP_LETTERS]))
    return near + (told - near + STEPS_TOLD // 2) % STEPS_TOLD - STEPS_TOLD // 2


def check_code(policy: CardCodes, act: EntryType, showing: Showing) -> bool:
    """Whether a use of the code is to be noted, for an act of type `stamp` or `redeem`.

    Raises RotatingCodeRequired, CodeUsed or CodeExpired if the shop asks a rotating code for that.
    """
    asked, seal = act in ASKED_FOR[policy], showing.seal
    if policy is CardCodes.FIXED or not showing.by_code:
        return False
    if seal is None:
        if asked:
            raise RotatingCodeRequired
        return False
    good, used = is_good(showing) or _follows_a_stamp(act, showing), act in showing.uses
    if asked and used:
        raise CodeUsed
    if asked and not good:
        raise CodeExpired
    return good and not used


def is_good(showing: Showing) -> bool:
    """Whether the seal is genuine and was read in time, used or not."""
    seal = showing.seal
    if seal is None or seal.step is None:
        return False
    return seal.read_before or abs(seal.step - step_at(showing.at)) <= showing.around


def _follows_a_stamp(act: EntryType, showing: Showing) -> bool:
    stamped_at = showing.uses.get(EntryType.STAMP)
    if act is not EntryType.REDEEM or stamped_at is None:
        return False
    return timedelta() <= showing.at - stamped_at <= AFTER_STAMP
