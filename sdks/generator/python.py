"""The Python SDK: how its types, arguments and paths are written."""

import subprocess
import sys
import textwrap
from collections.abc import Callable
from keyword import iskeyword

from sdks.generator.contents import Contents
from sdks.generator.methods import Method
from sdks.generator.rendering import environment
from sdks.generator.shapes import Shape

TYPES = {
    "int": "int",
    "float": "float",
    "str": "str",
    "bool": "bool",
    "any": "Any",
    "bytes": "bytes",
    "customer": "int | str",
    "time": "str",
}


def python(contents: Contents) -> dict[str, str]:
    """The files of the Python SDK that are made: path under sdks/ → text."""
    filters: dict[str, Callable[..., object]] = {
        "of_answer": of_answer,
        "named": lambda shape: named(shape, "models."),
        "of_request": of_request,
        "path": path,
        "answer": answer,
        "attribute": lambda name: f"{name}_" if iskeyword(name) else name,
        "docstring": docstring,
        "sentence": sentence,
    }
    templates = environment("python", filters)
    given = {name: getattr(contents, name) for name in contents.__struct_fields__}
    sync = {"is_async": False, "prefix": "", "listing": "Listing"}
    asyncio = {"is_async": True, "prefix": "Async", "listing": "AsyncListing"}
    made = {
        "models.py": templates.get_template("models.py.j2").render(given),
        "_error_codes.py": templates.get_template("_error_codes.py.j2").render(given),
        "_events.py": templates.get_template("_events.py.j2").render(given),
        "_resources.py": templates.get_template("resources.py.j2").render(given, **sync),
        "_async_resources.py": templates.get_template("resources.py.j2").render(given, **asyncio),
    }
    return {f"python/loyaltyloop/{name}": formatted(text) for name, text in made.items()}


def of_answer(shape: Shape, prefix: str = "") -> str:
    """The type of a field of an answer."""
    return _wrapped(shape, named(shape, prefix), "list")


def named(shape: Shape, prefix: str = "") -> str:
    """The type of one value; events have a module of their own."""
    if shape.kind == "event":
        return shape.name
    return f"{prefix}{shape.name}" if shape.name else "str" if shape.kind == "enum" else TYPES[shape.kind]


def of_request(shape: Shape) -> str:
    """The type of an argument."""
    if shape.kind == "model":
        return _wrapped(shape, "Mapping[str, Any]", "Sequence")
    if shape.kind == "time":
        return _wrapped(shape, "str | datetime", "Sequence")
    inner = of_answer(Shape(kind=shape.kind, name=shape.name), "models.")
    return _wrapped(shape, inner, "Sequence")


def _wrapped(shape: Shape, inner: str, many: str) -> str:
    listed = f"{many}[{inner}]" if shape.many else inner
    return f"{listed} | None" if shape.nullable and inner != "Any" else listed


def path(method: Method) -> str:
    """The expression of a call's path."""
    if method.code_path:
        return f'path_of("{method.path}", {method.subject}, "{method.code_path}")'
    if method.subject:
        return f'path_of("{method.path}", {method.subject_name})'
    return f'"{method.path}"'


def answer(method: Method, listing: str) -> str:
    """The type of what a method returns."""
    if method.paged:
        return f"{listing}[{named(method.answer, 'models.')}]"
    return of_answer(method.answer, "models.")


def docstring(method: Method) -> str:
    """What a method does, and what it raises."""
    return f"{sentence(method.summary)} Raises LoyaltyLoopError."


def sentence(text: str, indent: int = 4) -> str:
    """A text with a capital and a full stop, in lines that fit."""
    whole = text[:1].upper() + text[1:].rstrip(".") + "."
    first, *more = textwrap.wrap(whole.replace("\\", "\\\\"), 108)
    return "\n".join([first, *(" " * indent + line for line in more), *([" " * indent] if more else [])])


def formatted(text: str) -> str:
    """A file as the formatter of the project writes it."""
    command = [sys.executable, "-m", "ruff", "format", "--line-length=120", "--target-version=py310", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603  # ours
