"""Texts and captions as bots send them: parsed, measured, refused if empty or too long."""

import msgspec

from telegram_sandbox.entities import Entity, parse, trimmed, units, with_found
from telegram_sandbox.people import Json
from telegram_sandbox.refusals import bad_request

LONGEST_TEXT, LONGEST_CAPTION = 4096, 1024


def text_content(text: str, mode: str | None, entities: list[Json] | None) -> Json:
    """The content of a text message. Raises Refused."""
    plain, found = formatted(text, mode, entities)
    if not plain:
        raise bad_request("message text is empty")
    if units(plain) > LONGEST_TEXT:
        raise bad_request("message is too long")
    return {"text": plain} | ({"entities": found} if found else {})


def caption_content(caption: str | None, mode: str | None, entities: list[Json] | None) -> Json:
    """The caption of a picture or document, if any. Raises Refused."""
    plain, found = formatted(caption or "", mode, entities)
    if units(plain) > LONGEST_CAPTION:
        raise bad_request("message caption is too long")
    return ({"caption": plain} if plain else {}) | ({"caption_entities": found} if found else {})


def formatted(text: str, mode: str | None, entities: list[Json] | None) -> tuple[str, list[Json]]:
    """A text and its entities, given as entities or in a parse mode."""
    plain, found = trimmed(text, as_told(entities)) if entities else parse(text, mode)
    return plain, with_found(plain, found)


def as_told(entities: list[Json]) -> list[Json]:
    """The entities that a bot sends. Raises Refused."""
    try:
        told: list[Json] = msgspec.to_builtins(msgspec.convert(entities, list[Entity]))
    except msgspec.ValidationError as error:
        raise bad_request(f"can't parse MessageEntity: {error}") from error
    return told
