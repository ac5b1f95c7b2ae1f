"""The Node SDK: how its types, parameters and paths are written."""

from collections.abc import Callable

from sdks.generator.contents import Contents
from sdks.generator.methods import Method
from sdks.generator.rendering import environment, lower_camel
from sdks.generator.shapes import Shape

TYPES = {
    "int": "number",
    "float": "number",
    "str": "string",
    "bool": "boolean",
    "enum": "string",
    "any": "unknown",
    "bytes": "Uint8Array",
    "customer": "number | string",
    "time": "string",
}
FILES = ("resources.js", "resources.d.ts", "models.d.ts", "errorCodes.js", "errorCodes.d.ts", "events.d.ts")
KEY = "idempotencyKey"


def node(contents: Contents) -> dict[str, str]:
    """The files of the Node SDK that are made: path under sdks/ → text."""
    filters: dict[str, Callable[..., object]] = {
        "of_answer": of_answer,
        "parameters": parameters,
        "typed_parameters": typed_parameters,
        "queries": queries,
        "given": given,
        "path": path,
        "answer": answer,
    }
    templates = environment("node", filters)
    values = {name: getattr(contents, name) for name in contents.__struct_fields__}
    return {f"node/lib/{name}": templates.get_template(f"{name}.j2").render(values) for name in FILES}


def of_answer(shape: Shape, prefix: str = "") -> str:
    """The type of a field of an answer."""
    inner = shape.name if shape.kind == "event" else f"{prefix}{shape.name}" if shape.name else TYPES[shape.kind]
    listed = f"{inner}[]" if shape.many else inner
    return f"{listed} | null" if shape.nullable and inner != "unknown" else listed


def of_request(shape: Shape) -> str:
    """The type of a parameter; a time may be a Date."""
    if shape.kind == "model":
        return "Record<string, unknown>[]" if shape.many else "Record<string, unknown>"
    if shape.kind == "time":
        return "string | Date | null" if shape.nullable else "string | Date"
    return of_answer(shape, "models.")


def _names(method: Method) -> list[str]:
    return [lower_camel(field.name) for field in method.asked] + ([KEY] if method.writes else [])


def _subject(method: Method) -> list[str]:
    return [lower_camel(method.subject_name)] if method.subject else []


def parameters(method: Method) -> str:
    """The parameters of a method: the subject, then an object of what else is given."""
    names = _names(method)
    open_ended = "" if any(field.required for field in method.asked) else " = {}"
    taken = [f"{{ {', '.join(names)} }}{open_ended}"] if names else []
    return ", ".join([*_subject(method), *taken])


def typed_parameters(method: Method) -> str:
    """The same with types."""
    fields = [
        f"{lower_camel(field.name)}{'' if field.required else '?'}: {of_request(field.shape)}" for field in method.asked
    ]
    inner = f"{{ {'; '.join(fields)} }}" if fields else ""
    kinds = " & ".join([*([inner] if inner else []), *(["Once"] if method.writes else [])])
    optional = "" if any(field.required for field in method.asked) else "?"
    subject = [f"{name}: {_subject_type(method)}" for name in _subject(method)]
    return ", ".join([*subject, *([f"given{optional}: {kinds}"] if kinds else [])])


def _subject_type(method: Method) -> str:
    if method.by_code_only:
        return "string"
    return "number | string" if method.takes_code else "number"


def queries(method: Method, *more: str) -> str:
    """The fields of a query."""
    return ", ".join([*(lower_camel(field.name) for field in method.filters), *more])


def given(method: Method) -> str:
    """What else a call is given: its query, body and key."""
    parts = [f"query: {{ {queries(method)} }}"] if method.filters else []
    if method.sends and method.body:
        parts.append(f"body: {{ {', '.join(lower_camel(field.name) for field in method.body)} }}")
    parts += [KEY] if method.writes else []
    return f", {{ {', '.join(parts)} }}" if parts else ""


def path(method: Method) -> str:
    """The expression of a call's path."""
    if not method.subject:
        return f'"{method.path}"'
    code = f', "{method.code_path}"' if method.code_path else ""
    return f'pathOf("{method.path}", {lower_camel(method.subject_name)}{code})'


def answer(method: Method) -> str:
    """The type of what a method returns."""
    if method.paged:
        return f"Listing<{of_answer(Shape(kind=method.answer.kind, name=method.answer.name), 'models.')}>"
    return f"Promise<{of_answer(method.answer, 'models.')}>"
