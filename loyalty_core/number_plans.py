"""Number plans: which phone numbers are one telephone, though they are written differently. The table and its look-ups.

The rules, in words:
- Some countries have lengthened their numbers, and people and lists still have the short ones.
- Some numbers are reached in two ways, as Argentine mobile phones with a 9 and without it.
- One form is kept, the one that is right today. A number that was kept in another form is found by all forms.

Each row names who says so. A row is here only if one form follows from the other by its digits alone. Missing for that
reason are the fixed lines of Manila, whose new digit depends on the company, and those of Cameroon that begin with 3.
Brazilian numbers that begin with 7 stay as they are: there are radio phones with eight digits among them.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple, TypeAlias


class NumberPlan(NamedTuple):
    """One way in which numbers differ: digits with their country code. Patterns match whole numbers.

    `old` becomes `kept`; a number like `new` was or is also written in each form of `others`.
    """

    source: str
    old: str
    kept: str
    new: str
    others: tuple[str, ...]


ARGENTINA = "ENACOM: mobile phones have a 9 from abroad and a 15 at home; the ten digits are nobody else's"
MEXICO = "IFT, numbering plan of 3 August 2019: ten digits, without 1, 01, 044 and 045"
BRAZIL = "ANATEL, resolution 553: a ninth digit before mobile numbers, everywhere since 6 November 2016"
IVORY_COAST = "ARTCI, 31 January 2021: ten digits; the second digit says which company, the third on fixed lines"
BENIN = "ARCEP Bénin, 30 November 2024: 01 before all numbers"
GABON = "ARCEP Gabon, 15 November 2019: 6, 7 or 1 in the second place"
CAMEROON = "ART, 21 November 2014: 6 before mobile numbers, 2 before fixed lines"
COLOMBIA = "CRC, resolution 5826, 1 September 2021: 60 before fixed lines"
VIETNAM = "MIC, decision 798/QD-BTTTT, 15 September 2018: mobile numbers of eleven digits became ten"
PALESTINE = "Palestinian mobile phones are reached with 970 and with 972"
FRANCE = "ARCEP: numbers overseas are written as at home, and have a country code of their own from abroad"
SAN_MARINO = "San Marino is reached with 378 and, by way of Italy, with 39"

_VIETNAMESE = {
    "120": "70",
    "121": "79",
    "122": "77",
    "126": "76",
    "128": "78",
    "123": "83",
    "124": "84",
    "125": "85",
    "127": "81",
    "129": "82",
    "162": "32",
    "163": "33",
    "164": "34",
    "165": "35",
    "166": "36",
    "167": "37",
    "168": "38",
    "169": "39",
    "186": "56",
    "188": "58",
    "199": "59",
}
_OVERSEAS = {"262": "262|263|269|639|692|693", "590": "590|690|691", "594": "594|694", "596": "596|696|697"}

PLANS: tuple[NumberPlan, ...] = (
    NumberPlan(ARGENTINA, r"54([123]\d{9})", r"549\1", r"549([123]\d{9})", (r"54\1",)),
    NumberPlan(MEXICO, r"52(?:1|01|044|045)([2-9]\d{9})", r"52\1", r"52([2-9]\d{9})", (r"521\1",)),
    NumberPlan(BRAZIL, r"55([1-9]\d)([689]\d{7})", r"55\g<1>9\2", r"55([1-9]\d)9([689]\d{7})", (r"55\1\2",)),
    NumberPlan(IVORY_COAST, r"225([04-8][0-3]\d{6})", r"22501\1", r"22501([04-8][0-3]\d{6})", (r"225\1",)),
    NumberPlan(IVORY_COAST, r"225([04-9][4-6]\d{6})", r"22505\1", r"22505([04-9][4-6]\d{6})", (r"225\1",)),
    NumberPlan(IVORY_COAST, r"225([04-9][7-9]\d{6})", r"22507\1", r"22507([04-9][7-9]\d{6})", (r"225\1",)),
    NumberPlan(IVORY_COAST, r"225(2\d8\d{5})", r"22521\1", r"22521(2\d8\d{5})", (r"225\1",)),
    NumberPlan(IVORY_COAST, r"225([23]\d0\d{5})", r"22525\1", r"22525([23]\d0\d{5})", (r"225\1",)),
    NumberPlan(
        IVORY_COAST, r"225((?:2\d[1-79]|3\d[1-9])\d{5})", r"22527\1", r"22527((?:2\d[1-79]|3\d[1-9])\d{5})", (r"225\1",)
    ),
    NumberPlan(BENIN, r"229([2-9]\d{7})", r"22901\1", r"22901([2-9]\d{7})", (r"229\1",)),
    NumberPlan(GABON, r"2410?([256]\d{6})", r"2416\1", r"2416([256]\d{6})", (r"2410\1", r"241\1")),
    NumberPlan(GABON, r"2410?([47]\d{6})", r"2417\1", r"2417([47]\d{6})", (r"2410\1", r"241\1")),
    NumberPlan(GABON, r"2410?(1\d{6})", r"2411\1", r"2411(1\d{6})", (r"2410\1", r"241\1")),
    NumberPlan(CAMEROON, r"237([79]\d{7})", r"2376\1", r"2376([79]\d{7})", (r"237\1",)),
    NumberPlan(CAMEROON, r"237(2\d{7})", r"2372\1", r"2372(2\d{7})", (r"237\1",)),
    NumberPlan(COLOMBIA, r"57([124-8]\d{7})", r"5760\1", r"5760([124-8]\d{7})", (r"57\1",)),
    NumberPlan(PALESTINE, r"972(5[69]\d{7})", r"970\1", r"970(5[69]\d{7})", (r"972\1",)),
    NumberPlan(SAN_MARINO, r"390549(\d{6})", r"3780549\1", r"3780549(\d{6})", (r"390549\1",)),
    *(
        NumberPlan(VIETNAM, rf"84{old}(\d{{7}})", rf"84{new}\1", rf"84{new}(\d{{7}})", (rf"84{old}\1",))
        for old, new in _VIETNAMESE.items()
    ),
    *(
        NumberPlan(FRANCE, rf"33((?:{parts})\d{{6}})", rf"{code}\1", rf"{code}((?:{parts})\d{{6}})", (r"33\1",))
        for code, parts in _OVERSEAS.items()
    ),
)

_CODES = ("54", "52", "55", "225", "229", "241", "237", "57", "972", "970", "84", "33", "39", "378", *_OVERSEAS)


Patterns: TypeAlias = Mapping[str, tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]]


def _by_country(patterns: dict[str, tuple[str, ...]]) -> Patterns:
    """Patterns of whole numbers with what becomes of them, by country code."""
    return {
        code: tuple((re.compile(own), forms) for own, forms in patterns.items() if own.startswith(code))
        for code in _CODES
    }


@cache
def _kept() -> Patterns:
    """What becomes of numbers in an old form. Made for the first of them: few are in one."""
    return _by_country({plan.old: (plan.kept,) for plan in PLANS})


@cache
def _others() -> Patterns:
    """The other forms of numbers, made for the first that is looked for."""
    return _by_country({plan.new: plan.others for plan in PLANS})


_CHANGED = {
    code: re.compile("|".join(plan.old for plan in PLANS if plan.old.startswith(code)) or "(?!)") for code in _CODES
}
"""By country, whether a number is kept in another form. Why: a stamp asks too, and most numbers stay as they are."""


def one_number(number: str) -> str:
    """The form in which the telephone of a number is kept; numbers are E.164, as +14155552671."""
    changed = _CHANGED.get(number[1:3]) or _CHANGED.get(number[1:4])
    if changed is None or changed.fullmatch(number, 1) is None:
        return number
    plans = _kept().get(number[1:3]) or _kept().get(number[1:4], ())
    found = ((pattern.fullmatch(number, 1), kept) for pattern, (kept,) in plans)
    return next((f"+{match.expand(kept)}" for match, kept in found if match), number)


def forms_of(number: str) -> tuple[str, ...]:
    """All forms in which the telephone of a number may have been kept, that of `one_number` first."""
    kept = one_number(number)
    plans = _others().get(kept[1:3]) or _others().get(kept[1:4], ())
    forms = (f"+{found.expand(one)}" for new, others in plans if (found := new.fullmatch(kept, 1)) for one in others)
    return tuple(dict.fromkeys((kept, *forms)))
