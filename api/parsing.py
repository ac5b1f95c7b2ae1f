"""Parsing: bodies, queries and paths become structs. What is wrong with them is said in `api/faults.py`.

The structs are in `api/bodies.py` and in the core.
"""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.exceptions import ClientException, InternalServerException

from api.bodies import ID_OR_CODE
from api.faults import faults_of, faults_of_query
from api.messages import RequestLike
from api.problems import STATUS
from api.refusals import BodyTooLarge, MalformedJson, RequestTimedOut, UnsupportedMediaType
from loyalty_app.counter.orders import CustomerRef
from loyalty_app.shops.links import shown_in
from loyalty_core.customers import ShownCode
from loyalty_core.errors import CustomerNotFound, FieldError, InvalidRequest
from loyalty_core.fields import LARGEST_ID

Parsed = TypeVar("Parsed", bound=msgspec.Struct)

LARGEST_EXACT = 2**53
"""Up to here a floating-point number has no whole neighbour that it could be taken for."""
# The longer marks first: UTF-32 begins as UTF-16 does.
OTHER_ENCODINGS = {"UTF-32": (BOM_UTF32_LE, BOM_UTF32_BE), "UTF-16": (BOM_UTF16_LE, BOM_UTF16_BE)}

ID_TEXT = re.compile(r"[0-9]{1,19}")
CODE_BEGINS = "CUS"
FIRST_MOMENT, LAST_MOMENT = datetime(2, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
"""Nothing is kept of other times. The calendar goes on: there are days before and after these."""
PLUS_LOST = re.compile(r"^(\d{4}-\d\d-\d\d[Tt][\d:.]+) (\d\d:\d\d)(?![\s\S])")


Also = Callable[[dict[str, Any]], list[FieldError]]
"""Says what else is wrong with a JSON object of which some fields are wrong already."""


def _nothing_else(_loose: dict[str, Any]) -> list[FieldError]:
    return []


async def read_body(request: RequestLike, shape: type[Parsed], also: Also = _nothing_else) -> Parsed:
    """The body of a request as a struct; no body counts as {}. Raises InvalidRequest, MalformedJson and the like."""
    body = await whole_body(request)
    if body:
        _check_media_type(request.headers.get("content-type"))
    return read_json(body or b"{}", shape, also)


def read_json(text: bytes | msgspec.Raw, shape: type[Parsed], also: Also = _nothing_else) -> Parsed:
    """A struct out of its JSON; a byte order mark before it is skipped. Raises InvalidRequest or MalformedJson.

    An InvalidRequest names all wrong fields, and those that `also` finds.
    """
    try:
        return msgspec.json.decode(text, type=shape)
    except msgspec.ValidationError as error:
        try:
            return _read_as_meant(bytes(text), shape, also)
        except InvalidRequest as refusal:
            raise refusal from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        marked = bytes(text)
        if marked.startswith(BOM_UTF8):
            return read_json(marked.removeprefix(BOM_UTF8), shape, also)
        raise MalformedJson(_other_encoding(marked)) from error


def _read_as_meant(text: bytes, shape: type[Parsed], also: Also) -> Parsed:
    """Read it again with 1.0 and 1e0 as whole numbers: JSON knows no difference, and some languages write them so."""
    loose: Any = None
    try:
        loose = _whole(msgspec.json.decode(text))
        return msgspec.json.decode(msgspec.json.encode(loose), type=shape)
    except msgspec.ValidationError:
        faults = faults_of(loose, shape)
        told = {fault.pointer for fault in faults}
        more = also(loose) if isinstance(loose, dict) else []
        raise InvalidRequest(*faults, *(fault for fault in more if fault.pointer not in told)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # it went no further
        raise InvalidRequest(FieldError("", "must be a JSON object")) from None


def _whole(value: Any) -> Any:  # noqa: ANN401  # any JSON
    match value:
        case float() if value.is_integer() and abs(value) <= LARGEST_EXACT:
            return int(value)
        case list():
            return [_whole(one) for one in value]
        case dict():
            return {name: _whole(one) for name, one in value.items()}
        case _:
            return value


def _other_encoding(text: bytes) -> str | None:
    """The encoding of a text that is not UTF-8, as far as its first bytes tell (RFC 4627, section 3)."""
    for name, marks in OTHER_ENCODINGS.items():
        if text.startswith(marks):
            return name
    zeros = text[:4].count(0)
    return "UTF-32" if zeros == len(b"\x00\x00\x00") else "UTF-16" if zeros else None


async def whole_body(request: RequestLike) -> bytes:
    """The bytes of a body. Raises RequestTimedOut if the client gave up, or was given up; nobody reads that then.

    Raises MalformedJson if its length is not a number, and BodyTooLarge.
    """
    try:
        return await request.body()
    except InternalServerException as error:  # Litestar's word for a client that is gone
        raise RequestTimedOut from error
    except ClientException as error:
        raise (BodyTooLarge if error.status_code == STATUS[BodyTooLarge] else MalformedJson) from error


def _check_media_type(declared: str | None) -> None:
    media_type = (declared or "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise UnsupportedMediaType


def read_query(request: Request[Any, Any, Any], shape: type[Parsed]) -> Parsed:
    """The query of a request as a struct. Raises InvalidRequest.

    Parameters that it does not know are ignored, and so are empty ones: a form sends them for what was left open.
    A time at an end of the calendar stands for all times, and is brought within reach.
    """
    asked = request.query_params.items()
    parameters = {name: _plus_restored(value) for name, value in asked if name in shape.__struct_fields__}
    given = {name: value for name, value in parameters.items() if value.strip()}
    faults = [*faults_of_query(given, shape), *_customer_faults(given)]
    if faults:
        raise InvalidRequest(*sorted(faults, key=lambda fault: [*given].index(fault.pointer[1:])))
    return _within_reach(msgspec.convert(given, shape, strict=False))


def _within_reach(query: Parsed) -> Parsed:
    """The same query with times of which there is a time in UTC, and some days before and after it."""
    values = ((name, getattr(query, name)) for name in query.__struct_fields__)
    times = {name: min(max(at, FIRST_MOMENT), LAST_MOMENT) for name, at in values if isinstance(at, datetime)}
    return msgspec.structs.replace(query, **times) if times else query


def _customer_faults(given: dict[str, str]) -> list[FieldError]:
    """What is wrong with a query that should name a customer: the struct takes any text."""
    text = given.get("customer_id")
    wrong = text is not None and text != "null" and customer_ref(text) is None
    return [FieldError("/customer_id", f"must be {ID_OR_CODE}")] if wrong else []


def _plus_restored(text: str) -> str:
    """Restore the + of a time's zone that was not encoded and arrived as a space."""
    return PLUS_LOST.sub(r"\1+\2", text)


def path_id(request: RequestLike) -> int:
    """The id in a path. Raises InvalidRequest."""
    text: str = request.path_params["id"]
    if not ID_TEXT.fullmatch(text) or not 1 <= int(text) <= LARGEST_ID:
        raise InvalidRequest.field("id", "must be a positive whole number of at most 64 bits")
    return int(text)


def customer_ref(text: str) -> CustomerRef | None:
    """The customer that a text names, by id or by code, typed or scanned; None if it is neither.

    Digits alone are an id; a code without its CUS is one only if it has a letter.
    """
    shown = customer_shown(text)
    return shown.card if isinstance(shown, ShownCode) else shown


def customer_shown(text: str) -> int | ShownCode | None:
    """The same, with the seal of a rotating code."""
    if ID_TEXT.fullmatch(text) and 1 <= int(text) <= LARGEST_ID:
        return int(text)
    return shown_in(text.replace("%2F", "/")) if any(letter.isalpha() for letter in text) else None


def path_customer(request: RequestLike) -> CustomerRef:
    """The customer in a path, by id or by code. Raises CustomerNotFound if it is meant as a code and is none.

    Raises InvalidRequest for anything else.
    """
    shown = path_customer_shown(request)
    return shown.card if isinstance(shown, ShownCode) else shown


def path_customer_shown(request: RequestLike) -> int | ShownCode:
    """The same, with the seal of a rotating code."""
    text: str = request.path_params["id"]
    shown = customer_shown(text)
    if shown is not None:
        return shown
    if CODE_BEGINS in text.upper():
        raise CustomerNotFound
    raise InvalidRequest.field("id", f"must be {ID_OR_CODE}")


def path_code(request: RequestLike) -> str:
    """The code of the card in the path, typed or scanned. Raises CustomerNotFound if it is no code."""
    return path_shown(request).card


def path_shown(request: RequestLike) -> ShownCode:
    """The same, with the seal of a rotating code."""
    text: str = request.path_params["qr_code"]
    shown = shown_in(text.replace("%2F", "/"))
    if shown is None:
        raise CustomerNotFound
    return shown
