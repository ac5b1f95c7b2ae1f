"""Bidi: the order in which letters of a line are seen, by the Unicode bidirectional algorithm (UAX 9).

It does only what one line of plain text needs: no embeddings and no overrides, which `letters.clean` removes. Even
levels run from the left, odd ones from the right.
"""

import unicodedata
from itertools import groupby

STRONG = {"L": "L", "R": "R", "AL": "R"}
RTL_LANGUAGES = {"ar", "he", "iw", "fa", "ur", "ps", "sd", "ug", "yi", "dv", "ckb"}
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def is_rtl(language: str) -> bool:
    """Whether a language, as `ar` or `ar-EG`, is written from the right."""
    return language.lower().replace("_", "-").split("-")[0] in RTL_LANGUAGES


def base_level(text: str, *, rtl: bool = False) -> int:
    """The level of a whole text: that of its first letter with a direction, else the language's."""
    for letter in text:
        direction = STRONG.get(unicodedata.bidirectional(letter))
        if direction is not None:
            return int(direction == "R")
    return int(rtl)


def levels(text: str, base: int) -> list[int]:
    """The level of each character of a line (rules W1 to W7, N0 to N2, I1, I2 and L1)."""
    given = [unicodedata.bidirectional(letter) or "L" for letter in text]
    around = "R" if base else "L"
    kinds = _neutrals(_brackets(text, _weak(list(given), around), around), around)
    found = [_level(kind, base) for kind in kinds]
    for place in range(len(text) - 1, -1, -1):
        if given[place] not in {"WS", "S", "B", "BN"}:
            break
        found[place] = base
    return found


def visual_order(row: list[int]) -> list[int]:
    """The characters' indexes, in the order seen from left to right (rule L2)."""
    order = list(range(len(row)))
    for level in range(max(row, default=0), 0, -1):
        order = _turned(order, {place for place, own in enumerate(row) if own >= level})
    return order


def _turned(order: list[int], high: set[int]) -> list[int]:
    """Reverse each run of high places."""
    found: list[int] = []
    for is_high, places in groupby(order, high.__contains__):
        part = list(places)
        found += part[::-1] if is_high else part
    return found


def _weak(kinds: list[str], around: str) -> list[str]:
    """Numbers and the signs beside them (W1 to W7)."""
    _marks_and_arabic(kinds, around)
    _separators(kinds)
    strong = around
    for place, kind in enumerate(kinds):
        if kind in {"L", "R"}:
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[place] = "L"
    return kinds


def _marks_and_arabic(kinds: list[str], around: str) -> None:
    before, strong = around, around
    for place, kind in enumerate(kinds):
        now = before if kind in {"NSM", "BN"} else kind
        if now in {"L", "R", "AL"}:
            strong = now
        before = kinds[place] = "AN" if now == "EN" and strong == "AL" else now
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]


def _separators(kinds: list[str]) -> None:
    for place in range(1, len(kinds) - 1):
        before, here, after = kinds[place - 1 : place + 2]
        if before == after and ((here in {"ES", "CS"} and before == "EN") or (here == "CS" and before == "AN")):
            kinds[place] = before
    for is_sign, places in groupby(range(len(kinds)), lambda p: kinds[p] == "ET"):
        run = list(places)
        beside = {kinds[p] for p in (run[0] - 1, run[-1] + 1) if 0 <= p < len(kinds)}
        if is_sign and "EN" in beside:
            kinds[run[0] : run[-1] + 1] = ["EN"] * len(run)
    kinds[:] = ["ON" if kind in {"ES", "CS", "ET"} else kind for kind in kinds]


def _brackets(text: str, kinds: list[str], around: str) -> list[str]:
    """Both brackets take the line's direction if it is inside, else the inner one if that is before them (N0)."""
    for first, last in _pairs(text, kinds):
        inside = {_side(kind) for kind in kinds[first + 1 : last]} - {None}
        if inside:
            before = next((side for kind in reversed(kinds[:first]) if (side := _side(kind))), around)
            side = around if around in inside or before == around else before
            for place in (first, last):
                _settle(text, kinds, place, side)
    return kinds


def _settle(text: str, kinds: list[str], place: int, side: str) -> None:
    """Give a bracket and its marks their direction."""
    kinds[place] = side
    for mark in range(place + 1, len(text)):
        if unicodedata.bidirectional(text[mark]) != "NSM":
            return
        kinds[mark] = side


def _pairs(text: str, kinds: list[str]) -> list[tuple[int, int]]:
    waiting: list[tuple[int, str]] = []
    found: list[tuple[int, int]] = []
    for place, letter in enumerate(text):
        if kinds[place] != "ON":
            continue
        if letter in _PAIRS:
            waiting.append((place, _PAIRS[letter]))
        opened = next((n for n in range(len(waiting) - 1, -1, -1) if waiting[n][1] == letter), None)
        if opened is not None:
            found.append((waiting[opened][0], place))
            del waiting[opened:]
    return sorted(found)


def _side(kind: str) -> str | None:
    return {"L": "L", "R": "R", "EN": "R", "AN": "R"}.get(kind)


def _neutrals(kinds: list[str], around: str) -> list[str]:
    """Spaces and signs take the direction around them if it is one, else the line's (N1, N2)."""
    found = list(kinds)
    for neutral, places in groupby(range(len(kinds)), lambda p: _side(kinds[p]) is None):
        if not neutral:
            continue
        run = list(places)
        before = _side(kinds[run[0] - 1]) if run[0] else around
        after = _side(kinds[run[-1] + 1]) if run[-1] + 1 < len(kinds) else around
        side = before if before == after and before else around
        found[run[0] : run[-1] + 1] = [side] * len(run)
    return found


def _level(kind: str, base: int) -> int:
    if base % 2:
        return base + (kind in {"L", "EN", "AN"})
    return base + {"L": 0, "R": 1, "EN": 2, "AN": 2}[kind]
