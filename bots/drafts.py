"""Drafts: what a person is in the middle of typing, kept in the database so that a restart does not interrupt it.

A draft names what is being asked and holds what was answered so far. What comes of it is decided by who asks.
"""

import msgspec


class Draft(msgspec.Struct, frozen=True):
    """What is being asked, as "newshop.reward", and the answers so far.

    `by` is the update after which it was asked. If that comes once more, it is no answer to this question.
    """

    kind: str
    answers: dict[str, str | int | None] = {}
    by: int = 0


def write_draft(draft: Draft) -> bytes:
    """A draft as it is kept."""
    return msgspec.json.encode(draft)


def read_draft(kept: bytes | None) -> Draft | None:
    """A draft that was kept; None if there is none, or an older release wrote it."""
    if kept is None:
        return None
    try:
        return msgspec.json.decode(kept, type=Draft)
    except msgspec.DecodeError:
        return None
