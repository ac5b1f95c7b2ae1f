"""Sending pictures and files, and getting them back. How they are stored is in `files`."""

import asyncio
from typing import Any

from msgspec import Struct

from telegram_sandbox.calls.call import Call
from telegram_sandbox.calls.messages import Sending, sent
from telegram_sandbox.calls.texts import caption_content
from telegram_sandbox.files import File, NotAPicture, Upload, as_document, as_photo_size, keep_document, keep_photo
from telegram_sandbox.people import Json
from telegram_sandbox.refusals import bad_request

LARGEST_PHOTO, LARGEST_UPLOAD, LARGEST_DOWNLOAD = (megabytes * 1024 * 1024 for megabytes in (10, 50, 20))
ATTACHED = "attach://"


class Captioned(Sending, kw_only=True):
    """What pictures and files have in common."""

    caption: str | None = None
    parse_mode: str | None = None
    caption_entities: list[Json] | None = None


class SendPhoto(Captioned, kw_only=True):
    """Parameters of sendPhoto."""

    photo: str = ""
    show_caption_above_media: bool = False
    has_spoiler: bool = False


class SendDocument(Captioned, kw_only=True):
    """Parameters of sendDocument."""

    document: str = ""
    thumbnail: str | None = None
    disable_content_type_detection: bool = False


class GetFile(Struct):
    """Parameters of getFile."""

    file_id: str = ""


async def send_photo(call: Call, asked: SendPhoto) -> Json:
    """Send a picture with a caption."""
    chat = call.open_chat(asked.chat_id)
    caption = caption_content(asked.caption, asked.parse_mode, asked.caption_entities)
    content = await photo_content(call, asked.photo) | caption | photo_looks(asked)
    return sent(call, chat, asked, content)


def photo_looks(asked: Any) -> Json:  # noqa: ANN401  # a message of its own, or the media of an edit
    """The fields for how a picture is shown."""
    above = {"show_caption_above_media": True} if asked.show_caption_above_media else {}
    return above | ({"has_media_spoiler": True} if asked.has_spoiler else {})


async def send_document(call: Call, asked: SendDocument) -> Json:
    """Send a file with a caption."""
    chat = call.open_chat(asked.chat_id)
    caption = caption_content(asked.caption, asked.parse_mode, asked.caption_entities)
    return sent(call, chat, asked, document_content(call, asked.document) | caption)


async def photo_content(call: Call, value: str) -> Json:
    """The sizes of a picture that was attached, or is known by its file id. Raises Refused."""
    if not value:
        raise bad_request("there is no photo in the request")
    upload = attached(call, value, LARGEST_PHOTO)
    sizes = await processed(call, upload) if upload else call.world.photos.get(known(call, value).unique_id)
    if not sizes:
        raise bad_request("type of file mismatch")
    return {"photo": [as_photo_size(size, call.bot.token) for size in sizes]}


async def processed(call: Call, upload: Upload) -> list[File]:
    """Store an uploaded picture in Telegram's sizes. Raises Refused."""
    try:
        sizes = await asyncio.to_thread(keep_photo, upload.content)
    except NotAPicture:
        raise bad_request("IMAGE_PROCESS_FAILED") from None
    call.world.keep_photo(sizes, call.bot)
    return sizes


def document_content(call: Call, value: str) -> Json:
    """A file that was attached, or is known by its file id. Raises Refused."""
    if not value:
        raise bad_request("there is no document in the request")
    upload = attached(call, value, LARGEST_UPLOAD)
    file = keep_document(upload) if upload else known(call, value)
    if file.width:
        raise bad_request("type of file mismatch")
    call.world.keep([file], call.bot)
    return {"document": as_document(file, call.bot.token)}


def attached(call: Call, value: str, largest: int) -> Upload | None:
    """The file that a value attaches; None if it is a file id. Raises Refused."""
    if not value.startswith(ATTACHED):
        return None
    upload = call.uploads.get(value.removeprefix(ATTACHED))
    if upload is None or not upload.content:
        raise bad_request("file must be non-empty")
    if len(upload.content) > largest:
        raise bad_request("file is too big")
    return upload


def known(call: Call, file_id: str) -> File:
    """The file with that id, if this bot knows it. Raises Refused, also for URLs, which the sandbox does not fetch."""
    if file_id.startswith(("http://", "https://")):
        raise bad_request("the sandbox does not fetch files by URL")
    if file_id not in call.bot.files:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return call.bot.files[file_id]


def get_file(call: Call, asked: GetFile) -> Json:
    """The path from which a file can be downloaded."""
    file = call.bot.files.get(asked.file_id)
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(file.content) > LARGEST_DOWNLOAD:
        raise bad_request("file is too big")
    return {
        "file_id": asked.file_id,
        "file_unique_id": file.unique_id,
        "file_size": len(file.content),
        "file_path": file.path,
    }
