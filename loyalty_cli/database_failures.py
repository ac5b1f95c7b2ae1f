"""Failures of the database in words: what it said, what that means, and what to do."""

from loyalty_app.observability.redaction import redacted
from loyalty_core.errors import BusyReason

WHICH_NODE = "`loyalty doctor` says which. Run the command again once it is back."
VARIABLE = "LOYALTY_DATABASE_URL"
REFUSED = (
    f"The server lets nobody in with {VARIABLE}: {{}}. Correct user and password there; in a password, @ : / ? # are "
    "written as %40 …"
)
UNKNOWN = f"{VARIABLE} names a database that is not there: {{}}. Make it first, or correct the name."
NO_RIGHT = f"The user of {VARIABLE} lacks a right: {{}}. Let that user own the database and all in it."
NO_ROOM = "There is no room left where the database lies: {}. Make room, and run the command again."
NO_SQLITE = f"{VARIABLE} names a file that is no SQLite database: {{}}. Name another one, or restore a backup."
NOT_OPENED = (
    f"The SQLite file that {VARIABLE} names cannot be opened: {{}}. May the user who runs this read and write it, and "
    "its folder?"
)
MEANINGS = {
    "28P01": REFUSED,
    "28000": REFUSED,
    "3D000": UNKNOWN,
    "42501": NO_RIGHT,
    "53100": NO_ROOM,
    "database or disk is full": NO_ROOM,
    "file is not a database": NO_SQLITE,
    "unable to open database file": NOT_OPENED,
}
"""SQLSTATEs and words of SQLite, and the sentence about what was said."""
OTHERWISE = "The database reports an error: {}. `loyalty doctor` looks for the cause."


def database_failure(said: str, error: Exception) -> str:
    """What the database said, what that means, and what to do."""
    from loyalty_app.db.outages import reason_of

    match reason_of(error):
        case BusyReason.LOCKED:
            return (
                f"Another program holds the database and did not let go in time: {said}. Nothing was changed. "
                "Wait for it or end it, then run the command again."
            )
        case BusyReason.READ_ONLY:
            return (
                f"The database takes no changes: {said}. It is a standby, or was set to read-only. "
                f"Nothing was changed. {VARIABLE} must lead to the primary."
            )
        case BusyReason.NODE_AWAY:
            return f"A machine of the cluster does not answer: {said}. {WHICH_NODE}"
        case BusyReason.SETTINGS_HELD:
            return f"This is kept on every machine of the cluster, and one does not answer: {said}. {WHICH_NODE}"
        case _:
            return _meaning(said, error).format(said)


def _meaning(said: str, error: Exception) -> str:
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return next((words for sign, words in MEANINGS.items() if sign == state or sign in said), OTHERWISE)


def one_line(error: BaseException) -> str:
    """The text of an error, without secrets, line breaks and full stops at the end."""
    return " ".join(redacted(str(error)).split()).rstrip(".") or type(error).__name__
