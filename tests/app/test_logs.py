"""Logs: one line each, and never the token of a bot."""

import logging

from loyalty_app.cli.logs import Discreet

TOKEN = "7000000001:AAE-fGh_12345678901234567890123456"


def written(message: str, error: Exception | None = None) -> str:
    record = logging.LogRecord(
        "bots", logging.ERROR, __file__, 1, message, None, (type(error), error, None) if error else None
    )
    return Discreet("%(levelname)s %(message)s").format(record)


def test_a_token_in_a_message_is_not_written() -> None:
    assert written(f"POST https://api.telegram.org/bot{TOKEN}/getMe") == (
        "ERROR POST https://api.telegram.org/bot7000000001:…/getMe"
    )


def test_a_token_in_a_traceback_is_not_written() -> None:
    assert TOKEN not in written("it failed", ValueError(f"The token `{TOKEN}` was rejected"))


def test_times_and_addresses_stay_as_they_are() -> None:
    assert written("10:40 at 127.0.0.1:8000, update 123456:7") == "ERROR 10:40 at 127.0.0.1:8000, update 123456:7"
