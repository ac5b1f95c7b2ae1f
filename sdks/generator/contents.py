"""Everything that the templates are given: resources, models, error codes, events."""

import msgspec

from sdks.generator.methods import VERBS, Method, methods_of
from sdks.generator.shapes import Json, Model, Schemas, Shape, enums, text_of


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """The methods about one thing."""

    name: str
    text: str
    methods: tuple[Method, ...]


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """An error code or an event: its name, what it means, and what an event carries."""

    name: str
    text: str
    data: Shape | None = None


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What an SDK is made of."""

    resources: tuple[Resource, ...]
    models: tuple[Model, ...]
    enums: dict[str, Shape]
    codes: tuple[Named, ...]
    events: tuple[Named, ...]


def contents_of(document: Json) -> Contents:
    """Read a document."""
    schemas, methods, events = Schemas(document), methods_of(document), _events(document)
    shapes = [method.answer for method in methods] + [event.data for event in events if event.data]
    models = schemas.reachable({shape.name for shape in shapes if shape.kind == "model"})
    asked = (field for method in methods for field in (*method.query, *method.body))
    names = dict.fromkeys(method.resource for method in methods)
    return Contents(
        resources=tuple(_resource(name, methods) for name in names),
        models=tuple(models),
        enums=enums(models, asked),
        codes=_codes(document),
        events=events,
    )


def _resource(name: str, methods: list[Method]) -> Resource:
    mine = tuple(method for method in methods if method.resource == name)
    return Resource(name=name, text=f"Operations on {name}.", methods=mine)


def _codes(document: Json) -> tuple[Named, ...]:
    operations = [one for item in document["paths"].values() for verb, one in item.items() if verb in VERBS]
    answers = [answer for one in operations for answer in one["responses"].values()]
    found: dict[str, str] = {}
    for answer in answers:
        problem = answer.get("content", {}).get("application/problem+json", {})
        found |= {code: str(shown.get("summary", code)) for code, shown in problem.get("examples", {}).items()}
    return tuple(Named(name=code, text=f"{text.rstrip('.')}.") for code, text in sorted(found.items()))


def _events(document: Json) -> tuple[Named, ...]:
    schemas = Schemas(document)

    def data(item: Json) -> Shape:
        body = schemas.resolved(item["post"]["requestBody"]["content"]["application/json"]["schema"])
        return schemas.shape(body["properties"]["data"])

    return tuple(
        Named(name=name, text=text_of(item["post"]) or name, data=data(item))
        for name, item in document.get("webhooks", {}).items()
    )
