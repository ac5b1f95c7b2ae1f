"""Dialects: how the languages of the samples write values. What a sample asks for is not known here."""

import json
import re

import msgspec


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How a language writes values: brackets of maps and lists, what follows a key, its words for JSON's literals."""

    map: str
    list: str = "[]"
    arrow: str = ": "
    words: dict[str, str] = {}

    def write(self, value: object, indent: int) -> str:
        """Write a value; a map takes a line for each of its fields, indented by `indent` spaces."""
        match value:
            case dict():
                fields = [f"{self.key(name)}{self.arrow}{self.write(item, indent)},\n" for name, item in value.items()]
                inside = "".join(" " * indent + indented(field, indent) for field in fields)
                return f"{self.map[0]}\n{inside}{self.map[1]}"
            case list():
                return f"{self.list[0]}{', '.join(self.write(item, indent) for item in value)}{self.list[1]}"
            case str():
                return self.text(value)
            case _:
                written = json.dumps(value)
                return self.words.get(written, written)

    def key(self, name: str) -> str:
        """Write the name of a field."""
        return self.text(name)

    def text(self, text: str) -> str:
        """Write a text in quotes."""
        return json.dumps(text, ensure_ascii=False)


class JavaScript(Dialect, frozen=True, kw_only=True):
    """JavaScript, whose fields need no quotes."""

    def key(self, name: str) -> str:
        """Write the name of a field."""
        return name


class Php(Dialect, frozen=True, kw_only=True):
    """PHP, whose double quotes would look for variables."""

    def text(self, text: str) -> str:
        """Write a text in single quotes."""
        quoted = text.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{quoted}'"


PYTHON = Dialect(map="{}", words={"true": "True", "false": "False", "null": "None"})
JAVASCRIPT = JavaScript(map="{}")
PHP = Php(map="[]", arrow=" => ")


def indented(text: str, spaces: int) -> str:
    """A text with all lines but the first indented."""
    return re.sub(r"\n(?=.)", "\n" + " " * spaces, text)
