"""What all models share: the fields of an answer as attributes, those that this version does not know included."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

M = TypeVar("M", bound="Model")
SECRET = frozenset({"secret", "api_key", "token"})


class Model:
    """An object of an answer. Values are not checked; an unknown field or value is passed on as it came."""

    _models: ClassVar["Models"] = {}
    """The fields that hold other models, or lists of them."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    @classmethod
    def of(cls: type[M], data: Mapping[str, Any]) -> M:
        """An object of an answer, of this class or one that fits better."""
        return cls(data)

    def __getattr__(self, name: str) -> Any:
        field = name.removesuffix("_")  # `from_`, where the name is a word of Python
        if name.startswith("_") or field not in self._data:
            raise AttributeError(f"{type(self).__name__} has no {name!r}; it has {', '.join(self._data)}")
        value = self._data[field]
        return shaped(self._models[field](), value) if field in self._models else value

    def to_dict(self) -> dict[str, Any]:
        """All fields as they came."""
        return dict(self._data)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._data]

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Model) and other._data == self._data

    def __hash__(self) -> int:
        return hash((type(self), str(self._data.get("id"))))

    def __repr__(self) -> str:
        shown = (f"{name}={'…' if name in SECRET else repr(value)}" for name, value in self._data.items())
        return f"{type(self).__name__}({', '.join(shown)})"


Models = dict[str, Callable[[], type[Model]]]
"""Names of fields, and what gives the model of each: models may hold each other."""


def shaped(model: type[M], value: Any) -> Any:
    """A value of JSON as a model, or a list of models; what is neither stays as it is."""
    if isinstance(value, dict):
        return model.of(value)
    if isinstance(value, list):
        return [shaped(model, one) for one in value]
    return value
