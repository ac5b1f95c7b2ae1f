"""Redaction: keeps secrets and personal data out of log lines, ours and those of libraries.

Secrets and addresses are recognised by their form: API keys, webhook secrets, invitations, tokens of bots, passwords in
URLs, e-mail addresses, phone numbers. Names have no form: so everything in quotation marks is removed from messages of
exceptions, and everything a database says about rows. Tracebacks name places in the program, and no values.
"""

import re
import traceback
from collections.abc import Iterator

HIDDEN = "…"

SECRETS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), instead)
    for pattern, instead in (
        (r"(\d{5,})(?::|%3A)[A-Z0-9_-]{30,}", r"\1:…"),  # the token of a bot
        (r"(ll_[0-9A-Z]{8})[0-9A-Z]{12,}", r"\1…"),  # an API key, whose beginning may be shown
        (r"whsec_[\w+/=%-]+", "whsec_…"),
        (r"i_[0-9A-Z]{22}(?![0-9A-Z])", "i_…"),  # an invitation
        (r"((?::|%3A)//)[^/\s:'\"]*(?::|%3A)(?!\d+[/?])[^\s'\"]*(?:@|%40)", r"\1…@"),  # name and password in a URL,
        (r"((?::|%3A)//)[^/\s'\"]+(?:@|%40)", r"\1…@"),  # to the last @
        (r"\b((?:ssl)?password)(?:=|%3D)[^\s&'\"]+", r"\1=…"),  # the same in a query
        (r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+", "…@…"),
        (r"(?:\+|%2B)\d(?:[\s().-]{0,2}\d){6,14}", "+…"),
        (r"(DETAIL: ).*", r"\1…"),  # what PostgreSQL tells of a row
    )
)
QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")


def redacted(text: str) -> str:
    """The text without secrets, e-mail addresses and phone numbers."""
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return text


def without_values(text: str) -> str:
    """The same, and without anything in quotation marks: there messages of exceptions have their values."""
    return QUOTED.sub(f"'{HIDDEN}'", redacted(text))


def redacted_traceback(error: BaseException) -> str:
    """An exception with its causes as Python prints it, the oldest first, but without values."""
    return "\n".join(_told(error)).rstrip("\n")


def _told(error: BaseException) -> Iterator[str]:
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        yield from _told(earlier)
        yield "\nThen:\n"
    yield "".join(["Traceback (most recent call last):\n", *traceback.format_tb(error.__traceback__)]).rstrip("\n")
    yield f"{type(error).__module__}.{type(error).__qualname__}: {without_values(str(error))}".removeprefix("builtins.")
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _told(part)
