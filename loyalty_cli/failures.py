"""Failures: each becomes one line on stderr and an exit code; `--debug` shows the traceback.

The exit codes: 0 it is done, 1 it could not be done, 2 it was asked in the wrong way (an option, a setting).
"""

from pathlib import Path

import click

from loyalty_app.settings import SettingsError
from loyalty_core.errors import Busy, FieldError, InvalidRequest, LoyaltyError

# The fields that verbs refuse, and their names on the command line.
OPTIONS = {
    "name": "--name",
    "stamps_required": "--stamps-required",
    "reward_description": "--reward",
    "logo": "--logo",
    "timezone": "--timezone",
    "country": "--country",
    "rate_limit": "--rate-limit",
    "business": "--business",
    "key_id": "KEY_ID",
    "staff": "--staff",
    "token": "--token",
    "file": "FILE",
    "target": "TARGET",
    "encoding": "--encoding",
}


class CommandFailed(click.ClickException):
    """It could not be done."""

    exit_code = 1


class UsageFailed(click.ClickException):
    """An option or a setting is wrong."""

    exit_code = 2


def explained(error: Exception) -> click.ClickException:
    """Any failure as one line with its exit code."""
    from loyalty_app.backups.archive import BackupRefused
    from loyalty_app.exporting.files import FileNotWritten

    match error:
        case click.ClickException():
            return error
        case InvalidRequest():
            return UsageFailed(" ".join(map(_wrong_value, error.errors)))
        case SettingsError():
            return UsageFailed(str(error))
        case Busy(__cause__=Exception() as cause):
            return CommandFailed(_outside_failure(cause))
        case LoyaltyError() | BackupRefused() | FileNotWritten():
            return CommandFailed(str(error))
        case _:
            return CommandFailed(_outside_failure(error))


def _wrong_value(error: FieldError) -> str:
    field = error.pointer.removeprefix("/")
    return f"Invalid value for {OPTIONS.get(field, field)}: {error.message}."


def _outside_failure(error: Exception) -> str:
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.exc import TimeoutError as PoolTimeout

    from loyalty_app.db.outages import CommitUnknown
    from loyalty_app.db.postgres.server import ServerAway
    from loyalty_cli.database_failures import database_failure, one_line

    match error:
        case CommitUnknown():
            return "The connection to the database broke while saving. See whether it was saved before you try again."
        case DBAPIError():
            return database_failure(one_line(error.orig or error), error)
        case PoolTimeout() | ConnectionError() | TimeoutError() | ServerAway():
            return f"The database does not answer: {one_line(error)}. Does it run, and is its URL right?"
        case OSError(strerror=str(said), filename=str() | Path() as name):
            return f"{name}: {said}."
        case OSError():
            return one_line(error)
        case _:
            where = "`loyalty --debug …` shows where."
            return f"An unexpected error: {type(error).__name__}: {one_line(error)}. {where}"
