"""Methods: the operations of the OpenAPI as clients call them. An operation is named `resource.method`.

Two operations of which one takes a QR code, `X` and `X_by_code`, are one method `X` that takes an id or a code.
`customers.get_by_code` stays beside `get`, because people know its name.
"""

import re
from typing import Any

import msgspec

from api.reference.sdk_samples import BY_CODE, method_of
from sdks.generator.shapes import Field, Json, Schemas, Shape

ITERATED = {"page", "cursor"}
"""What a listing sends itself."""
VERBS = ("get", "post", "put", "patch", "delete")


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """One method of a client.

    answer        what comes back; a list that is `paged`, or bytes if it is `binary`
    path          as in the OpenAPI; `code_path` is another one, for a customer who is named by their code
    subject       what the path names: customer, transaction, webhook; `takes_code` if a code will do
    """

    resource: str
    name: str
    verb: str
    path: str
    code_path: str = ""
    subject: str = ""
    takes_code: bool = False
    by_code_only: bool = False
    query: tuple[Field, ...] = ()
    body: tuple[Field, ...] = ()
    answer: Shape
    paged: bool = False
    binary: bool = False
    summary: str = ""

    @property
    def filters(self) -> tuple[Field, ...]:
        """What is asked for in the query, except what a listing sends itself."""
        return tuple(field for field in self.query if not (self.paged and field.name in ITERATED))

    @property
    def asked(self) -> list[Field]:
        """What a call is given beside its subject, the required first."""
        return sorted([*self.filters, *self.body], key=lambda field: not field.required)

    @property
    def subject_name(self) -> str:
        """How the subject is called: `customer` where a code will do, else `customer_id`."""
        return self.subject if self.takes_code else f"{self.subject}_id"

    @property
    def writes(self) -> bool:
        """Whether a call carries an idempotency key."""
        return self.verb != "GET"

    @property
    def sends(self) -> bool:
        """Whether a call has a body."""
        return self.verb in {"POST", "PUT", "PATCH"}


def methods_of(document: Json) -> list[Method]:
    """All methods, in the order of the reference."""
    schemas = Schemas(document)
    found = {
        operation["operationId"]: _method(schemas, path, verb, operation)
        for path, item in document["paths"].items()
        for verb, operation in item.items()
        if verb in VERBS and "." in operation.get("operationId", "")
    }
    return [_with_code(found, name) for name in found if method_of(name) == name]


def _with_code(found: dict[str, Method], name: str) -> Method:
    sister = found.get(name + BY_CODE)
    return msgspec.structs.replace(found[name], code_path=sister.path) if sister else found[name]


def _method(schemas: Schemas, path: str, verb: str, operation: Json) -> Method:
    resource, name = operation["operationId"].split(".")
    content = _success(operation)
    binary = not any("json" in kind for kind in content)
    answer, paged = (Shape(kind="bytes"), False) if binary else _answer(schemas, content)
    return Method(
        resource=resource,
        name=name,
        verb=verb.upper(),
        path=path,
        subject=path.split("/")[1].removesuffix("s") if "{" in path else "",
        takes_code=_takes_text(operation),
        by_code_only="{qr_code}" in path,
        query=_query(schemas, operation),
        body=_body(schemas, operation),
        answer=answer,
        paged=paged,
        binary=binary,
        summary=str(operation.get("summary", "")),
    )


def _takes_text(operation: Json) -> bool:
    """Whether what the path names may be a text."""
    kinds = [one["schema"]["type"] for one in operation.get("parameters", ()) if one.get("in") == "path"]
    return any("string" in kind for kind in kinds)


def _success(operation: Json) -> dict[str, Any]:
    [answer] = [answer for status, answer in operation["responses"].items() if re.fullmatch("2..", str(status))]
    found: dict[str, Any] = answer["content"]
    return found


def _answer(schemas: Schemas, content: dict[str, Any]) -> tuple[Shape, bool]:
    [schema] = [one["schema"] for kind, one in content.items() if "json" in kind]
    envelope = schemas.resolved(schema)["properties"]
    return schemas.shape(envelope["data"]), "pagination" in envelope


def _query(schemas: Schemas, operation: Json) -> tuple[Field, ...]:
    asked = [one for one in operation.get("parameters", ()) if one.get("in") == "query"]
    return tuple(
        Field(
            name=one["name"],
            shape=schemas.shape(one["schema"]),
            required=bool(one.get("required")),
            text=str(one.get("description") or one["schema"].get("description", "")),
        )
        for one in asked
    )


def _body(schemas: Schemas, operation: Json) -> tuple[Field, ...]:
    content = operation.get("requestBody", {}).get("content", {})
    return schemas.fields(content["application/json"]["schema"]) if content else ()
