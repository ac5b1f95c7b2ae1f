"""Logs: warnings and errors, one line each, on stderr. What a command has to say goes to stdout and is no log.

No log holds the token of a bot, whoever wrote it and however it came there.
"""

import logging.config
import re
from typing import Any

TOKEN = re.compile(r"(\d{5,}):[A-Za-z0-9_-]{30,}")


class Discreet(logging.Formatter):
    """Writes a line, tracebacks included, without the tokens of bots."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return TOKEN.sub(r"\1:…", super().format(record))


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "loyalty_app.cli.logs.Discreet",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "line"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
}


def log_to_stderr() -> None:
    """Begin logging."""
    logging.config.dictConfig(LOGGING)
