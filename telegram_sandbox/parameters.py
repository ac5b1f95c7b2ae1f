"""Parameters of a call, from its query, JSON, form or multipart body. What each method takes is in `calls`."""

from functools import cache
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from msgspec import Struct, field

from telegram_sandbox.files import Upload
from telegram_sandbox.refusals import bad_request

Asked = TypeVar("Asked", bound=Struct)
AnyRequest = Request[Any, Any, Any]
TEXTS = (str, str | None)


class Sent(Struct):
    """The parameters and files of a request."""

    fields: dict[str, Any] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def logged(self) -> dict[str, Any]:
        """The same for the log, without the bytes of files."""
        files = {name: {"file": upload.name, "size": len(upload.content)} for name, upload in self.uploads.items()}
        return self.fields | files


async def read_sent(request: AnyRequest) -> Sent:
    """Everything that a request sends, in any of the forms."""
    sent = Sent(dict(request.query_params))
    kind = request.content_type[0]
    if kind == "application/json":
        sent.fields |= await read_json(request)
    elif kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        await read_form(request, sent)
    return sent


async def read_json(request: AnyRequest) -> dict[str, Any]:
    """The object in a JSON body."""
    try:
        fields = msgspec.json.decode(await request.body() or b"{}", type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise bad_request("can't parse JSON object") from error
    return {name: value for name, value in fields.items() if value is not None}


async def read_form(request: AnyRequest, sent: Sent) -> None:
    """The fields and files of a form."""
    form = await request.form()
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
            await value.close()
            sent.uploads[name] = Upload(name=value.filename, mime_type=value.content_type, content=content)
        else:
            sent.fields[name] = value


@cache
def written_as_json(wanted: type[Struct]) -> frozenset[str]:
    """The parameters that are JSON when they come as text."""
    return frozenset(each.name for each in msgspec.structs.fields(wanted) if each.type not in TEXTS)


def unknown_parameters(wanted: type[Struct], sent: Sent) -> list[str]:
    """Names that the method does not take. Files may have any name, for attach://."""
    return sorted(set(sent.fields) - set(wanted.__struct_fields__))


def understood(wanted: type[Asked], sent: Sent) -> Asked:
    """The parameters in the struct of a method. Raises Refused."""
    fields = {
        name: value if name not in written_as_json(wanted) else decoded(value) for name, value in sent.fields.items()
    }
    attached = {name: f"attach://{name}" for name in sent.uploads if name in wanted.__struct_fields__}
    try:
        return msgspec.convert(fields | attached, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise bad_request(f"can't parse parameters: {error}") from error


def decoded(value: object) -> object:
    """A value decoded from JSON if it is JSON in a text, else unchanged."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return value
