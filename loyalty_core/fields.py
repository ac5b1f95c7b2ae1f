"""Fields: limits of what people may send, each with the words for what would be right; and the types of ids.

At run time all ids are plain whole numbers. Their types keep the id of a shop and that of a customer apart.

The same types limit the core's orders, the API's bodies and its reference. Checks that need more than limits (phone
numbers, e-mail addresses) are outside the core.
"""

import unicodedata
from datetime import date, datetime
from typing import Annotated, NewType

from msgspec import Meta

MOST_STAMPS = 10
NAME_LENGTH = 200
LARGEST_ID = 2**63 - 1
PRINTABLE = r"^[^\x00-\x1f\x7f]+(?![\s\S])"

Id = Annotated[int, Meta(ge=1, le=LARGEST_ID, description="a positive whole number of at most 64 bits")]
Stamps = Annotated[int, Meta(ge=1, le=MOST_STAMPS, description="a whole number from 1 to 10")]
StampsToUndo = Annotated[int, Meta(ge=1, le=1_000, description="a whole number from 1 on, at most as many as are left")]
Name = Annotated[
    str,
    Meta(min_length=1, max_length=NAME_LENGTH, description="a text of 1 to 200 characters, without control characters"),
]
PhoneText = Annotated[
    str, Meta(min_length=1, max_length=40, description="a phone number, best with its country code, as +14155552671")
]
EmailText = Annotated[str, Meta(min_length=3, max_length=254, description="an e-mail address, as ana@example.com")]
Birthday = Annotated[date, Meta(description="a day of the calendar from 1900 on, not in the future, as 1990-05-17")]
OrderRef = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        description="a text of 1 to 100 characters, without control characters",
    ),
]
OccurredAt = Annotated[
    datetime,
    Meta(tz=True, description="a time with its zone, at most 7 days ago, as 2026-03-01T09:30:00Z"),
]
Reason = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=PRINTABLE,
        description="a text of 1 to 200 characters, without control characters",
    ),
]

StampsRequired = Annotated[int, Meta(ge=1, le=100, description="a whole number from 1 to 100")]
OpeningStamps = Annotated[
    int, Meta(ge=0, le=99, description="a whole number from 0 to one below the goal: the stamps of a head start")
]
RewardText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=PRINTABLE,
        description="a text of 1 to 200 characters, without control characters",
    ),
]
Cooldown = Annotated[int, Meta(ge=0, le=31_536_000, description="whole seconds from 0 to 31536000 (a year)")]
DailyCap = Annotated[int, Meta(ge=1, le=1_000, description="a whole number from 1 to 1000, or null for no cap")]
ValidDays = Annotated[int, Meta(ge=1, le=3_650, description="whole days from 1 to 3650, or null for ever")]
RewardCost = Annotated[
    int,
    Meta(
        ge=0,
        le=100_000_000,
        description="a whole number of the currency's smallest unit, as 250 for 2.50, or null if it is not known",
    ),
]
Currency = Annotated[
    str, Meta(pattern=r"^[A-Z]{3}(?![\s\S])", description="the three letters of a currency (ISO 4217), as EUR")
]


_IN_USE = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL "
    "HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD "
    "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG "
    "QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD "
    "TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG "
)
CURRENCIES = frozenset(_IN_USE.split())
"""The codes (ISO 4217) of the currencies in which people pay today, by Unicode CLDR 47."""

UNSEEN = frozenset("\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5\ufffc\U0001d159")
"""Letters and signs that show nothing, though Unicode calls them letters or signs: fillers, a blank of Braille."""
SEEN = frozenset("LNPSC")
NO_LETTERS = frozenset({"Cc", "Cf", "Cs"})


def can_be_seen(text: str) -> bool:
    """Whether a text shows anything. Spaces, marks without a letter, and what has no width or no ink show nothing."""
    return any(_shows(letter) for letter in text)


def _shows(letter: str) -> bool:
    category = unicodedata.category(letter)
    ignorable = 0xFFF0 <= ord(letter) <= 0xFFF8 or 0xE0000 <= ord(letter) <= 0xE0FFF or ord(letter) & 0xFFFE == 0xFFFE  # noqa: PLR2004  # never letters
    return category[0] in SEEN and category not in NO_LETTERS and letter not in UNSEEN and not ignorable


BusinessId = NewType("BusinessId", int)
CustomerId = NewType("CustomerId", int)
TransactionId = NewType("TransactionId", int)
"""The number of an entry of the ledger."""
BotId = NewType("BotId", int)
"""Telegram's number of a bot, with which its token begins."""
UserId = NewType("UserId", int)
"""Telegram's number of a person."""
ChatId = NewType("ChatId", int)
"""Telegram's number of a chat; the private chat of a person has theirs."""
