"""Schemas of the OpenAPI document: the structs of the wire, under the names that an SDK gives them.

msgspec makes the schemas. What generators of clients trip over is put right here: defaults that make optional fields
required, patterns that only some engines know, numbers above what JavaScript can count, times without a format.
"""

import re
from collections.abc import Iterable, Iterator
from inspect import cleandoc
from typing import Any

import msgspec
from msgspec import inspect

from loyalty_core.events import EVENT_TYPES
from loyalty_core.fields import LARGEST_ID

Json = dict[str, Any]

REF = "#/components/schemas/{name}"
NAMES = {
    "AttemptView": "DeliveryAttempt",
    "CustomerEventData": "CustomerCreatedData",
    "CustomerList": "NewImport",
    "Deleted": "DeletedWebhook",
    "Erased": "DeletedCustomer",
    "ImportQueued": "QueuedImport",
    "ListedCustomer": "ImportedCustomer",
    "NewWebhookView": "WebhookWithSecret",
    "NoBody": "EmptyBody",
    "OfProfile": "CustomerUpdatedData",
    "OfReward": "RewardEarnedData",
    "OfTest": "WebhookTestData",
    "ProfileChange": "CustomerUpdate",
    "ProgramChange": "ProgramUpdate",
    "Queued": "QueuedDeliveries",
    "RedeemOrder": "RedeemRequest",
    "ReplayOrder": "ReplayRequest",
    "StampOrder": "StampRequest",
    "Summary": "Analytics",
    "VoidOrder": "VoidRequest",
    "WebhookOrder": "NewWebhook",
    "WebhookPatch": "WebhookUpdate",
}
"""Names of ours → names of the reference. Others lose the ending View."""

END_OF_TEXT = r"(?![\s\S])"
"""The end of a text, as Python's engine needs it. Engines without look-ahead know $."""
IDS = re.compile(r"(\w+_)?id|voids|voided_by")
EVENT_NAMES: Json = {"type": "string", "enum": list(EVENT_TYPES)}
CODE: Json = {"pattern": "^CUS[0-9A-HJKMNP-TV-Z]{10}$", "examples": ["CUS12AB34CD56"]}
ADDRESS: Json = {"format": "uri"}
ID_OR_TEXT: Json = {"type": ["integer", "string"]}
SPECIAL: dict[tuple[str, str], Json] = {
    ("CustomerView", "qr_code"): CODE,
    ("CustomerDetails", "qr_code"): CODE,
    ("Erased", "qr_code"): CODE,
    ("WebhookView", "url"): ADDRESS,
    ("NewWebhookView", "url"): ADDRESS,
    ("WebhookOrder", "url"): ADDRESS,
    ("WebhookPatch", "url"): ADDRESS,
    ("LedgerQuery", "customer_id"): ID_OR_TEXT,
}
"""What else is true of a field, by struct and name."""


def wire_name(name: str) -> str:
    """The name of a struct in the reference."""
    return NAMES.get(name, name.removesuffix("View"))


def ref(name: str) -> Json:
    """A reference to a schema, by the name of its struct."""
    return {"$ref": REF.format(name=wire_name(name))}


def component_schemas(answers: Iterable[type], bodies: Iterable[type]) -> Json:
    """The schemas of all structs that are sent or taken, with those inside them, by their names in the reference."""
    asked = set(bodies)
    roots = sorted({*answers, *asked}, key=lambda kind: kind.__name__)
    _, schemas = msgspec.json.schema_components(roots, ref_template=REF)
    structs = {struct.cls.__name__: struct for struct in _structs(roots)}
    taken = {struct.cls.__name__ for struct in _structs(sorted(asked, key=lambda kind: kind.__name__))}
    for name, schema in schemas.items():
        if name in structs:
            _complete(schema, structs[name], sent=name not in taken)
        schema["description"] = cleandoc(schema.get("description", ""))
    return {wire_name(name): _renamed(schema) for name, schema in sorted(schemas.items())}


def query_schemas(query: type[msgspec.Struct]) -> Json:
    """The schemas of the parameters of a query. None of them is ever null: clients leave out what they do not want."""
    schema = msgspec.json.schema_components([query], ref_template=REF)[1][query.__name__]
    [struct] = [struct for struct in _structs([query]) if struct.cls is query]
    fields = {field.encode_name: field.type for field in struct.fields}
    return {
        name: _renamed(_not_null(_field(name, one, fields[name]))) | SPECIAL.get((query.__name__, name), {})
        for name, one in schema["properties"].items()
    }


def _structs(types: list[type]) -> Iterator[inspect.StructType]:
    """All structs in some types, each once."""
    waiting: list[inspect.Type] = list(inspect.multi_type_info(types))
    seen: set[type] = set()
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, inspect.StructType) and kind.cls not in seen:
            seen.add(kind.cls)
            yield kind
            waiting += [field.type for field in kind.fields]
        waiting += _inside(kind)


def _inside(kind: inspect.Type) -> list[inspect.Type]:
    match kind:
        case inspect.Metadata(type=inner) | inspect.VarTupleType(item_type=inner) | inspect.ListType(item_type=inner):
            return [inner]
        case inspect.UnionType(types=types):
            return list(types)
        case _:
            return []


def _complete(schema: Json, struct: inspect.StructType, *, sent: bool) -> None:
    """Complete the schema of a struct, whether the server sends it or takes it."""
    fields = {field.encode_name: field for field in struct.fields}
    for name, one in schema.get("properties", {}).items():
        if name in fields:
            _describe_default(_field(name, one, fields[name].type))
            _forms(one)[0].update(SPECIAL.get((struct.cls.__name__, name), {}))
    if sent:
        schema["required"] = [tag for tag in (struct.tag_field,) if tag] + [
            name for name, field in fields.items() if _is_always_sent(field, struct)
        ]
    if not schema.get("required"):
        schema.pop("required", None)


def _is_always_sent(field: inspect.Field, struct: inspect.StructType) -> bool:
    if field.required:
        return True
    unset = {one.name for one in msgspec.structs.fields(struct.cls) if one.default is msgspec.UNSET}
    return field.name not in unset and not struct.cls.__struct_config__.omit_defaults


def _describe_default(field: Json) -> None:
    """A default in words. Why: generators take a field with a default for one that is always there."""
    default = field.pop("default", None)
    if isinstance(default, int | str) and default != "":
        said = field.get("description", "")
        field["description"] = f"{said}{'; ' if said else ''}{default} if it is left out"


def _field(name: str, schema: Json, kind: inspect.Type) -> Json:
    """The schema of a field, completed in each of its forms."""
    for form in _forms(schema):
        _complete_form(name, form, kind)
    return schema


def _forms(schema: Json) -> list[Json]:
    """The alternatives of a schema; itself if there is one."""
    forms: list[Json] = schema.get("anyOf", [schema])
    return forms


def _complete_form(name: str, form: Json, kind: inspect.Type) -> None:
    if form.get("type") == "integer" and IDS.fullmatch(name):
        form["format"] = "int64"
    if form.get("maximum") == LARGEST_ID:
        form.pop("maximum")
        form["format"] = "int64"
    if form.get("type") == "string" and "format" not in form and _is_a_time(kind):
        form["format"] = "date-time"
    if "pattern" in form:
        form["pattern"] = form["pattern"].replace(END_OF_TEXT, "$")
    if name == "events":
        form["items"] = EVENT_NAMES
        form["uniqueItems"] = True


def _is_a_time(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.DateTimeType) or any(map(_is_a_time, _inside(kind)))


def _not_null(schema: Json) -> Json:
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    return kinds[0] if kinds else {name: value for name, value in schema.items() if value is not None}


def _renamed(schema: Any) -> Any:  # noqa: ANN401  # any JSON
    """The same schema with the names of the reference."""
    if isinstance(schema, dict):
        named = {name: _renamed(value) for name, value in schema.items()}
        if "$ref" in named:
            named["$ref"] = REF.format(name=wire_name(named["$ref"].rpartition("/")[2]))
        if isinstance(named.get("title"), str):
            named["title"] = wire_name(named["title"])
        return named
    return [_renamed(one) for one in schema] if isinstance(schema, list) else schema
