"""Shapes: what a schema of the OpenAPI is for a client, the same for all languages."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

Json = dict[str, Any]
REF = "#/components/schemas/"
PLAIN = {"integer": "int", "number": "float", "string": "str", "boolean": "bool"}


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A type: `int`, `str`, `bool`, `float`, `any`, `event`, or `model` or `enum` with a name; a list, or null.

    `customer` is an id or a code, `time` a text that may be sent as a time of the language.
    """

    kind: str
    name: str = ""
    values: tuple[str, ...] = ()
    many: bool = False
    nullable: bool = False


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a model, of a body or of a query."""

    name: str
    shape: Shape
    required: bool
    text: str


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """An object of answers."""

    name: str
    text: str
    fields: tuple[Field, ...]

    @property
    def nested(self) -> tuple[Field, ...]:
        """The fields that hold other models."""
        return tuple(field for field in self.fields if field.shape.kind == "model")


class Schemas:
    """The schemas of a document, by name."""

    def __init__(self, document: Json) -> None:
        self._all: Json = document["components"]["schemas"]

    def resolved(self, schema: Json) -> Json:
        """A schema itself, where only its name is given."""
        reference = schema.get("$ref")
        found: Json = self._all[reference.removeprefix(REF)] if reference else schema
        return found

    def shape(self, schema: Json) -> Shape:
        """What a schema is."""
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices and schema.get("discriminator", {}).get("propertyName") == "type":
            return Shape(kind="event", name="Event")
        if schema.get("type") == ["integer", "string"]:
            return Shape(kind="customer")
        if isinstance(kinds := schema.get("type"), list):
            choices = [{**schema, "type": kind} for kind in kinds]
        if choices:
            return self._of_choices(choices)
        return self._named(schema["$ref"].removeprefix(REF)) if "$ref" in schema else self._of_type(schema)

    def _of_type(self, schema: Json) -> Shape:
        if schema.get("type") == "array":
            return msgspec.structs.replace(self.shape(schema["items"]), many=True)
        if "enum" in schema:
            return Shape(kind="enum", values=tuple(map(str, schema["enum"])))
        if schema.get("format") == "date-time":
            return Shape(kind="time")
        return Shape(kind=PLAIN.get(str(schema.get("type")), "any"))

    def _of_choices(self, choices: list[Json]) -> Shape:
        real = [choice for choice in choices if choice.get("type") != "null"]
        nullable = len(real) < len(choices)
        if len(real) != 1:
            return Shape(kind="any", nullable=nullable)
        return msgspec.structs.replace(self.shape(real[0]), nullable=nullable)

    def _named(self, name: str) -> Shape:
        schema = self._all[name]
        if "enum" in schema:
            return Shape(kind="enum", name=name, values=tuple(map(str, schema["enum"])))
        return Shape(kind="model", name=name) if schema.get("type") == "object" else self.shape(schema)

    def fields(self, schema: Json) -> tuple[Field, ...]:
        """The fields of an object, those that must be there first."""
        schema = self.resolved(schema)
        required = set(schema.get("required", ()))
        found = [
            Field(name=name, shape=self.shape(one), required=name in required, text=text_of(one))
            for name, one in schema.get("properties", {}).items()
        ]
        return tuple(sorted(found, key=lambda field: not field.required))

    def model(self, name: str) -> Model:
        """An object by its name."""
        schema = self._all[name]
        return Model(name=name, text=text_of(schema), fields=self.fields(schema))

    def reachable(self, names: set[str]) -> list[Model]:
        """The models with these names, and all that they hold, by name."""
        found: dict[str, Model] = {}
        waiting = sorted(names)
        while waiting:
            if (name := waiting.pop()) not in found:
                found[name] = self.model(name)
                waiting += [field.shape.name for field in found[name].nested]
        return [found[name] for name in sorted(found)]


def text_of(schema: Json) -> str:
    """The description of a schema in one paragraph."""
    real = [schema, *schema.get("anyOf", ())]
    text = next((str(one["description"]) for one in real if one.get("description")), "")
    return re.sub(r"\s+", " ", text).strip()


def enums(models: list[Model], fields: Iterator[Field]) -> dict[str, Shape]:
    """The named enums that models and fields hold."""
    everything = [field for model in models for field in model.fields] + list(fields)
    named = {field.shape.name: field.shape for field in everything if field.shape.kind == "enum" and field.shape.name}
    return dict(sorted(named.items()))
