"""Faults: everything that is wrong with a request, each field by its JSON pointer, in words for people.

Every message says what would be right, in the words of the field's description. How requests are read is in
`api/parsing.py`.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import NODEFAULT

from loyalty_core.errors import FieldError

MOST_TOLD = 1_000


def faults_of(value: Any, shape: type[msgspec.Struct]) -> list[FieldError]:  # noqa: ANN401  # any JSON
    """All that is wrong with a JSON value that should be of that shape, at most a thousand faults."""
    found = list(_struct_faults(value, shape, ""))[:MOST_TOLD]
    return found or [FieldError("", "must be a JSON object")]


def faults_of_query(parameters: Mapping[str, str], shape: type[msgspec.Struct]) -> list[FieldError]:
    """All that is wrong with the parameters of a query."""
    kinds = _kinds(shape)
    told: list[FieldError] = []
    for name, text in parameters.items():
        try:
            null = msgspec.convert(text, kinds[name], strict=False) is None  # msgspec reads the word null so
        except msgspec.ValidationError:
            null = True
        if null:
            told.append(FieldError(_pointer(name), f"must be {_asked(shape, name).removesuffix(', or null')}"))
    return told


def _struct_faults(value: Any, shape: type[msgspec.Struct], at: str) -> Iterator[FieldError]:  # noqa: ANN401  # any JSON
    if not isinstance(value, dict):
        yield FieldError(at, "must be a JSON object")
        return
    kinds, known = _kinds(shape), ", ".join(expectations(shape)) or "none"
    for name in value:
        if name not in kinds and shape.__struct_config__.forbid_unknown_fields:
            yield FieldError(at + _pointer(name), f"is not a field here; the fields are {known}")
    for name, kind in kinds.items():
        if name in value:
            yield from _field_faults(value[name], kind, at + _pointer(name), _asked(shape, name))
        elif name in _required(shape):
            yield FieldError(at + _pointer(name), f"is required: {_asked(shape, name)}")


def _field_faults(value: Any, kind: Any, at: str, asked: str) -> Iterator[FieldError]:  # noqa: ANN401  # any JSON, any type
    within = list(_faults_within(value, kind, at))
    if within:
        yield from within
        return
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        yield FieldError(at, f"must be {asked}")


def _faults_within(value: Any, kind: Any, at: str) -> Iterator[FieldError]:  # noqa: ANN401  # any JSON, any type
    """What is wrong inside of an object, or of the objects of a list."""
    item, own = _struct_in_list(kind), _struct(kind)
    if item is not None and isinstance(value, list):
        for place, one in enumerate(value):
            yield from _struct_faults(one, item, f"{at}/{place}")
    elif own is not None and isinstance(value, dict):
        yield from _struct_faults(value, own, at)


def _struct(kind: Any) -> type[msgspec.Struct] | None:  # noqa: ANN401  # any type
    """The struct that a field is, perhaps beside null."""
    if get_origin(kind) in {Union, UnionType}:
        return next((found for one in get_args(kind) if (found := _struct(one))), None)
    return kind if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else None


def _struct_in_list(kind: Any) -> type[msgspec.Struct] | None:  # noqa: ANN401  # any type
    """The struct of which a field has a list, as `Annotated[tuple[Item, ...], …]`."""
    if get_origin(kind) is Annotated:
        return _struct_in_list(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        return next((found for one in get_args(kind) if (found := _struct_in_list(one))), None)
    item = next(iter(get_args(kind)), None) if get_origin(kind) in {tuple, list} else None
    return item if isinstance(item, type) and issubclass(item, msgspec.Struct) else None


@lru_cache
def _kinds(shape: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields of a struct by their names on the wire, with their types."""
    hints = get_type_hints(shape, include_extras=True)
    return {field.encode_name: hints[field.name] for field in msgspec.structs.fields(shape)}


@lru_cache
def _required(shape: type[msgspec.Struct]) -> frozenset[str]:
    fields = msgspec.structs.fields(shape)
    return frozenset(one.encode_name for one in fields if one.default is one.default_factory is NODEFAULT)


def _asked(shape: type[msgspec.Struct], name: str) -> str:
    return expectations(shape)[name]


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
        case msgspec.inspect.StructType():
            return "a JSON object"
        case _:
            return "a text"
