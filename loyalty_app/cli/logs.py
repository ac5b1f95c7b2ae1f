"""Logs: warnings and errors, one line each, on stderr. What a command has to say goes to stdout and is no log."""

import logging.config
from typing import Any

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "line"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
}


def log_to_stderr() -> None:
    """Begin logging."""
    logging.config.dictConfig(LOGGING)
