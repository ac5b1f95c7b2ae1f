"""Forms of the desk: what a browser sends, read as texts, and what is wrong with it, in sentences.

A form carries a key that was made with its page. What it asks for is done once, however often it is sent. Refusals are
said as in the chat (`customers/refusal_sentences.py`), except those that mean something else to a form.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException

from api.faults import faults_of
from api.messages import AppRequest
from api.pages.desk.frame import DeskVisit, SectionPage
from api.problems import STATUS
from api.refusals import BodyTooLarge
from loyalty_app.customers.refusal_sentences import is_held
from loyalty_app.customers.refusal_sentences import sentence_of as chat_sentence
from loyalty_app.observability.metrics import count_refusal
from loyalty_app.words import N_, Words
from loyalty_core import errors
from loyalty_core.errors import CustomerExists, FieldError, InvalidRequest, LoyaltyError

KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")

FIELD_SENTENCES: dict[str, str] = {
    "name": N_("Please write a name of at most 200 letters."),
    "phone": N_("Please write a whole phone number, best with its country code."),
    "email": N_("Please write an e-mail address, as ana@example.com."),
    "birthday": N_("Please write a day that is not in the future, from 1900 on."),
    "stamps": N_("Please choose a number of stamps from 1 to 10."),
    "branch_id": N_("Please choose one of the branches."),
    "program_id": N_("Please choose one of the programs."),
    "stamps_required": N_("Please write a whole number from 1 to 100."),
    "reward_description": N_("Please write a text of at most 200 letters."),
    "surplus": N_("Please choose one of the two."),
    "card_codes": N_("Please choose one of the three."),
    "cooldown_seconds": N_("Please write a whole number of minutes, at most a year; 0 is no waiting."),
    "daily_stamp_cap": N_("Please write a whole number from 1 to 1000, or leave it empty for no limit."),
    "reward_valid_days": N_("Please write a whole number of days from 1 to 3650, or leave it empty for ever."),
    "title": N_("Please write a title of at most 200 letters."),
    "steps": N_("Please give each step a whole number of stamps from 1 to 100, and a reward of at most 200 letters."),
    "opening_stamps": N_("Please write a whole number; 0 is no head start."),
    "bonus_hours": N_("Please give each row at least one day and two times, as 14:00; it counts twice or three times."),
    "reward_cost": N_("Please write an amount, as 2.50, or leave it empty."),
    "currency": N_("Please write the three letters of a currency, as EUR."),
    "most_visits": N_("Please write a whole number from 1 to 1000."),
    "most_undos": N_("Please write a whole number from 1 to 1000."),
    "reason": N_("Please write a reason of at most 200 letters, or none."),
    "role": N_("Please choose one of the roles."),
    "staff": N_("There is no such person on the staff."),
    "scopes": N_("Please tick at least one thing."),
    "key_id": N_("There is no such key in this shop."),
    "url": N_("Please write a public address that begins with https, as https://example.com/hook."),
    "events": N_("Please tick at least one event."),
    "delivery_id": N_("That cannot be sent again: it still waits, or it is older than 30 days."),
    "card_color": N_("Please choose one of the colours, or a colour of your own."),
    "stamp_sign": N_("Please write one emoji or one letter."),
    "stamp_picture": N_("Please choose a picture (PNG, JPEG or WebP) of at most 5 MB and 12 million pixels."),
    "logo": N_("Please choose a picture (PNG, JPEG or WebP) of at most 5 MB and 12 million pixels."),
    "opening_hours": N_("Please write at most 300 letters in 7 lines."),
    "address": N_("Please write at most 200 letters in 7 lines."),
    "key": N_("This form was not sent as a whole. Please try again."),
}
UNCLEAR = N_("That cannot be right. Please check it.")
TAKEN = N_("Another card of this shop has that phone number.")

SENTENCES: dict[type[LoyaltyError], str] = {
    errors.IdempotencyKeyReused: N_(
        "This form was sent before with something else in it. Please check, and send it again."
    ),
    errors.Busy: N_("The server cannot save this just now. Please send it again in a moment: it is done only once."),
    BodyTooLarge: N_("That is too large to be sent."),
    errors.InvalidRequest: N_("Some fields are not right, so nothing was changed."),
    errors.InviteInvalid: N_("That invitation was used already, or it has ended."),
    errors.WebhookNotFound: N_("There is no such webhook in this shop."),
    errors.WebhookLimitReached: N_("A shop has 20 webhooks at most. Delete one first."),
    errors.InvalidCursor: N_("This part of the list is not there any more. Begin at its start."),
    errors.PageTooDeep: N_("This part of the list is not there any more. Begin at its start."),
}


class SentFile(NamedTuple):
    """A file that somebody has chosen, under the name that it has there."""

    name: str
    content: bytes


class SentForm(msgspec.Struct, frozen=True):
    """A form as it was sent: its fields as texts without spaces around them, and the files that were chosen."""

    fields: dict[str, str]
    files: dict[str, SentFile] = {}

    def text(self, name: str) -> str:
        """A field; empty if it was not sent."""
        return self.fields.get(name, "")

    @property
    def key(self) -> str:
        """The key that was made with the page. Raises InvalidRequest."""
        key = self.text("key")
        if not KEY.fullmatch(key):
            raise InvalidRequest.field("key", "must be the key that came with the page")
        return key

    def number(self, name: str) -> int | str | None:
        """A field as a whole number, in the digits of any script; the text itself if it is none, None if empty."""
        text = self.text(name)
        return int(text) if text.isdecimal() and len(text) <= len(str(2**53)) else text or None


async def read_form(request: AppRequest, *, largest_file: int = 0) -> SentForm:
    """The form in the body of a request. Lines end as they do here; a field for a file that was left empty is none.

    Of a larger file one byte more is read, so that it can be told. How large a body may be is the handler's
    `request_max_body_size`; what a text may be is checked where it is used. Raises BodyTooLarge.
    """
    try:
        sent = await request.form()
    except HTTPException as error:
        if error.status_code == STATUS[BodyTooLarge]:
            raise BodyTooLarge from error
        raise
    texts = {name: value.strip().replace("\r\n", "\n") for name, value in sent.items() if isinstance(value, str)}
    chosen = {name: value for name, value in sent.items() if isinstance(value, UploadFile)}
    files = {name: SentFile(one.filename, await one.read(largest_file + 1)) for name, one in chosen.items()}
    return SentForm(texts, {name: file for name, file in files.items() if file.content})


Shape = type[msgspec.Struct]


def check_fields(values: Mapping[str, object], shape: Shape) -> None:
    """Raise InvalidRequest, naming all wrong fields, unless the values fit the fields of a struct."""
    try:
        msgspec.convert(values, shape)
    except msgspec.ValidationError:
        raise InvalidRequest(*faults_of(dict(values), shape)) from None


def field_faults(words: Words, refusal: LoyaltyError, sentences: Mapping[str, str] = FIELD_SENTENCES) -> dict[str, str]:
    """The sentences for the fields that a refusal names; empty if it names none."""
    if isinstance(refusal, CustomerExists):
        return {"phone": words.plain(TAKEN)}
    if not isinstance(refusal, InvalidRequest):
        return {}
    return {name: words.plain(sentences.get(name, UNCLEAR)) for name in map(_named, refusal.errors) if name}


def _named(fault: FieldError) -> str:
    return fault.pointer.lstrip("/").partition("/")[0]


def sentence_of(words: Words, refusal: LoyaltyError, now: datetime) -> str:
    """A refusal in words; it is also counted. `now` is in the time zone of the shop."""
    count_refusal("pages", refusal.code)
    own = None if is_held(refusal) else SENTENCES.get(type(refusal))
    return words.plain(own) if own else chat_sentence(words, refusal, now)


def refused_page(
    visit: DeskVisit,
    page: SectionPage,
    refusal: LoyaltyError | None,
    *,
    says: str = "",
    sentences: Mapping[str, str] = FIELD_SENTENCES,
) -> SectionPage:
    """A page as it stands after something was refused there; after nothing, as it is.

    `says` if it says more of it, `sentences` if it says something else of fields.
    """
    if refusal is None:
        return page
    return msgspec.structs.replace(
        page,
        wrong=says or sentence_of(visit.words, refusal, visit.now),
        faults=field_faults(visit.words, refusal, sentences),
        status=STATUS[type(refusal)],
    )
