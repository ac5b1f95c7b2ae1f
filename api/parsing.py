"""Parsing: bodies, queries and paths become structs, and msgspec's complaints become words for people.

Every message says what would be right, in the words of the field's description. The structs are in `api/bodies.py` and
in the core.
"""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.exceptions import ClientException, InternalServerException

from api.messages import RequestLike
from api.problems import STATUS
from api.refusals import BodyTooLarge, MalformedJson, RequestTimedOut, UnsupportedMediaType
from loyalty_app.shops.links import code_in
from loyalty_core.errors import CustomerNotFound, FieldError, InvalidRequest
from loyalty_core.fields import LARGEST_ID

Parsed = TypeVar("Parsed", bound=msgspec.Struct)

LARGEST_EXACT = 2**53
"""Up to here a floating-point number has no whole neighbour that it could be taken for."""
# The longer marks first: UTF-32 begins as UTF-16 does.
OTHER_ENCODINGS = {"UTF-32": (BOM_UTF32_LE, BOM_UTF32_BE), "UTF-16": (BOM_UTF16_LE, BOM_UTF16_BE)}

ID_TEXT = re.compile(r"[0-9]{1,19}")
PLUS_LOST = re.compile(r"^(\d{4}-\d\d-\d\d[Tt][\d:.]+) (\d\d:\d\d)(?![\s\S])")
WHERE = re.compile(r" - at `\$?\.?(?P<path>[^`]*)`$")
UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`")
MISSING = re.compile(r"Object missing required field `(?P<name>.*)`")


async def read_body(request: RequestLike, shape: type[Parsed]) -> Parsed:
    """The body of a request as a struct; no body counts as {}. Raises InvalidRequest, MalformedJson and the like."""
    body = await whole_body(request)
    if body:
        _check_media_type(request.headers.get("content-type"))
    return read_json(body or b"{}", shape)


def read_json(text: bytes | msgspec.Raw, shape: type[Parsed]) -> Parsed:
    """A struct out of its JSON; a byte order mark before it is skipped. Raises InvalidRequest or MalformedJson."""
    try:
        return msgspec.json.decode(text, type=shape)
    except msgspec.ValidationError as error:
        return _read_as_meant(bytes(text), shape, error)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        marked = bytes(text)
        if marked.startswith(BOM_UTF8):
            return read_json(marked.removeprefix(BOM_UTF8), shape)
        raise MalformedJson(_other_encoding(marked)) from error


def _read_as_meant(text: bytes, shape: type[Parsed], error: msgspec.ValidationError) -> Parsed:
    """Read it again with 1.0 and 1e0 as whole numbers: JSON knows no difference, and some languages write them so."""
    try:
        loose = msgspec.json.decode(text)
        return msgspec.json.decode(msgspec.json.encode(_whole(loose)), type=shape)
    except msgspec.ValidationError as still:
        raise explain(still, shape) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise explain(error, shape) from error  # it went no further


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
    """The query of a request as a struct; parameters that it does not know are ignored. Raises InvalidRequest."""
    asked = request.query_params.items()
    parameters = {name: _plus_restored(value) for name, value in asked if name in shape.__struct_fields__}
    try:
        return msgspec.convert(parameters, shape, strict=False)
    except msgspec.ValidationError as error:
        raise explain(error, shape) from error


def _plus_restored(text: str) -> str:
    """Restore the + of a time's zone that was not encoded and arrived as a space."""
    return PLUS_LOST.sub(r"\1+\2", text)


def path_id(request: RequestLike) -> int:
    """The id in a path. Raises InvalidRequest."""
    text: str = request.path_params["id"]
    if not ID_TEXT.fullmatch(text) or not 1 <= int(text) <= LARGEST_ID:
        raise InvalidRequest.field("id", "must be a positive whole number of at most 64 bits")
    return int(text)


def path_code(request: RequestLike) -> str:
    """The customer's code in the path, typed or scanned. Raises CustomerNotFound if it is no code."""
    text: str = request.path_params["qr_code"]
    code = code_in(text.replace("%2F", "/"))
    if code is None:
        raise CustomerNotFound
    return code


def explain(error: msgspec.ValidationError, shape: type[msgspec.Struct]) -> InvalidRequest:
    """Say which field is wrong (JSON pointer) and what would be right."""
    text = str(error)
    where = WHERE.search(text)
    path = where["path"].split(".")[0].split("[")[0] if where else ""
    complaint = text[: where.start()] if where else text
    if "[" in (where["path"] if where else ""):
        return InvalidRequest(FieldError(_pointer(path), f"must be {expectations(shape)[path]}"))
    if unknown := UNKNOWN.fullmatch(complaint):
        known = ", ".join(expectations(shape)) or "none"
        return InvalidRequest(FieldError(_pointer(unknown["name"]), f"is not a field here; the fields are {known}"))
    if missing := MISSING.fullmatch(complaint):
        name = missing["name"]
        return InvalidRequest(FieldError(_pointer(name), f"is required: {expectations(shape)[name]}"))
    if not path:
        return InvalidRequest(FieldError("", "must be a JSON object"))
    return InvalidRequest(FieldError(_pointer(path), f"must be {expectations(shape)[path]}"))


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


@lru_cache
def expectations(shape: type[msgspec.Struct]) -> dict[str, str]:
    """What each field of a struct takes, in words."""
    info = msgspec.inspect.type_info(shape)
    fields = info.fields if isinstance(info, msgspec.inspect.StructType) else ()
    return {field.encode_name: _expectation(field.type) for field in fields}


def _expectation(kind: msgspec.inspect.Type) -> str:
    match kind:
        case msgspec.inspect.UnionType(types=types):
            words = [_expectation(member) for member in types if not isinstance(member, msgspec.inspect.NoneType)]
            nullable = len(words) < len(types) and not any("null" in word for word in words)
            return " or ".join(words) + (", or null" if nullable else "")
        case msgspec.inspect.Metadata(extra_json_schema={"description": words}):
            return str(words)
        case msgspec.inspect.EnumType(cls=cls):
            return "one of " + ", ".join(member.value for member in cls)
        case msgspec.inspect.BoolType():
            return "true or false"
        case _:
            return "a text"
