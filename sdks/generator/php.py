"""The PHP SDK: how its types, parameters and paths are written; each class has a file of its own."""

from collections.abc import Callable

from jinja2 import Environment

from sdks.generator.contents import Contents
from sdks.generator.methods import Method
from sdks.generator.rendering import camel, environment, lower_camel
from sdks.generator.shapes import Field, Shape

TYPES = {
    "int": "int",
    "float": "float",
    "str": "string",
    "bool": "bool",
    "enum": "string",
    "any": "mixed",
    "bytes": "string",
    "customer": "int|string",
    "time": "string",
}


def php(contents: Contents) -> dict[str, str]:
    """The files of the PHP SDK that are made: path under sdks/ → text."""
    filters: dict[str, Callable[..., object]] = {
        "of_answer": of_answer,
        "class": _class,
        "parameters": parameters,
        "documented": documented,
        "path": path,
        "answer": answer,
    }
    templates = environment("php", filters)
    made = {**_tables(templates, contents), **_classes(templates, contents)}
    return {f"php/src/{name}.php": text for name, text in made.items()}


def _tables(templates: Environment, contents: Contents) -> dict[str, str]:
    return {
        "Operations": templates.get_template("operations.php.j2").render(resources=contents.resources),
        "ErrorCodes": templates.get_template("codes.php.j2").render(codes=contents.codes),
        "EventTypes": templates.get_template("events.php.j2").render(events=contents.events),
    }


def _classes(templates: Environment, contents: Contents) -> dict[str, str]:
    resource, model, error, event = (
        templates.get_template(f"{name}.php.j2") for name in ("resource", "model", "error", "event")
    )
    return {
        **{f"Operations/{camel(one.name)}": resource.render(resource=one) for one in contents.resources},
        **{f"Models/{one.name}": model.render(model=one) for one in contents.models},
        **{f"Errors/{camel(one.name)}": error.render(code=one) for one in contents.codes},
        **{f"Events/{camel(one.name)}": event.render(event=one) for one in contents.events},
    }


def of_answer(shape: Shape) -> str:
    """The type of a field of an answer, for PHPStan."""
    inner = _class(shape, "\\LoyaltyLoop\\") or TYPES[shape.kind]
    listed = f"list<{inner}>" if shape.many else inner
    return f"{listed}|null" if shape.nullable and inner != "mixed" else listed


def _class(shape: Shape, prefix: str = "") -> str:
    """The class of a shape; empty if it has none."""
    return {"model": f"{prefix}Models\\{shape.name}", "event": f"{prefix}Event"}.get(shape.kind, "")


def parameters(method: Method) -> str:
    """The parameters of a method: the subject, then what else is given, best by name."""
    subject = [f"{_subject_type(method)} ${lower_camel(method.subject_name)}"] if method.subject else []
    given = [_parameter(field) for field in method.asked]
    key = ["?string $idempotencyKey = null"] if method.writes else []
    return ", ".join([*subject, *given, *key])


def _subject_type(method: Method) -> str:
    if method.by_code_only:
        return "string"
    return "int|string" if method.takes_code else "int"


def _parameter(field: Field) -> str:
    kind = _native(field.shape)
    if field.required:
        return f"{kind} ${lower_camel(field.name)}"
    optional = kind if kind == "mixed" else f"{kind}|NotGiven"
    return f"{optional} ${lower_camel(field.name)} = NotGiven::Value"


def _native(shape: Shape) -> str:
    inner = "array" if shape.many or shape.kind == "model" else TYPES[shape.kind]
    inner = "string|\\DateTimeInterface" if shape.kind == "time" else inner
    return f"{inner}|null" if shape.nullable and inner != "mixed" else inner


def documented(method: Method) -> list[str]:
    """What the types of PHP cannot say."""
    lists = [field for field in method.asked if _native(field.shape).startswith("array")]
    found = [f"@param {_listed(field)} ${lower_camel(field.name)}" for field in lists]
    return [*found, f"@return {_returned(method)}"]


def _listed(field: Field) -> str:
    inner = "array<string, mixed>" if field.shape.kind == "model" else TYPES[field.shape.kind]
    listed = f"list<{inner}>" if field.shape.many else inner
    nullable = f"{listed}|null" if field.shape.nullable else listed
    return nullable if field.required else f"{nullable}|NotGiven"


def _returned(method: Method) -> str:
    if method.paged:
        return f"Listing<{_class(method.answer)}>"
    inner = _class(method.answer) or TYPES[method.answer.kind]
    return f"list<{inner}>" if method.answer.many else inner


def answer(method: Method) -> str:
    """The type of what a method returns."""
    if method.paged:
        return "Listing"
    if method.answer.many:
        return "array"
    return _class(method.answer) or TYPES[method.answer.kind]


def path(method: Method) -> str:
    """The expression of a call's path."""
    if not method.subject:
        return f'"{method.path}"'
    code = f', "{method.code_path}"' if method.code_path else ""
    return f'Call::path("{method.path}", ${lower_camel(method.subject_name)}{code})'
