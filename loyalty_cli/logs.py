"""Logs: what goes to stderr, as lines for people or as JSON. What a command has to say goes to stdout and is no log.

Everybody's lines take the same way, those of libraries too. Each carries the trail of the request or update that it
belongs to; none carries a secret or anything personal (`watch/discretion`). Libraries are heard from warnings on only:
below that they tell what they were given.
"""

import logging
import logging.config
import sys
from collections.abc import MutableMapping
from typing import Any

import click
import structlog
from structlog.typing import Processor

from loyalty_app.observability.log_context import log_context
from loyalty_app.observability.redaction import quiet, redacted, story
from loyalty_app.settings import Settings, SettingsError, read_settings

OURS = ("loyalty_app", "loyalty_core", "api", "bots")
PLAIN = (int, float, bool, type(None))

Line = MutableMapping[str, Any]


def add_trail(_logger: object, _method: str, line: Line) -> Line:
    """Say which request or update a line belongs to, unless it says so itself."""
    for name, value in log_context.get().items():
        line.setdefault(name, value)
    return line


def tell_exception(_logger: object, _method: str, line: Line) -> Line:
    """Put a traceback without values in the place of an exception."""
    found = line.pop("exc_info", None)
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        line["exception"] = story(error)
    return line


def be_discreet(_logger: object, _method: str, line: Line) -> Line:
    """Leave out what no log may hold."""
    foreign = str(line.get("logger", "")).partition(".")[0] not in OURS
    for name, value in line.items():
        line[name] = (quiet if foreign and name == "event" else _discreet)(value)
    return line


def _discreet(value: Any) -> Any:  # noqa: ANN401  # whatever is logged
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, list | tuple):
        return [_discreet(part) for part in value]
    return redacted(str(value))


def formatter(kind: str) -> logging.Formatter:
    """What writes lines: `json`, or `text` with colours if it is read on a terminal."""
    before: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_trail,
    ]
    last: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if kind == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0, sort_keys=False)
    )
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before, processors=[meta, tell_exception, be_discreet, last]
    )


def logging_config() -> dict[str, Any]:
    """The configuration of Python's logging that the settings ask for; that of the defaults, if they cannot be used."""
    try:
        settings = read_settings()
    except SettingsError:  # who needs them says so
        settings = Settings()
    libraries = max(logging.WARNING, logging.getLevelNamesMapping()[settings.log_level])
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{__name__}.{formatter.__name__}", "kind": settings.log_format}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "line"}},
        "root": {"level": libraries, "handlers": ["stderr"]},
        "loggers": {name: {"level": settings.log_level} for name in OURS},
    }


def announce(words: str, settings: Settings) -> None:
    """Say on stderr what a command that runs for long is doing, whatever the level; as JSON where the log is."""
    if settings.log_format == "json":
        words = formatter("json").format(logging.LogRecord(__name__, logging.INFO, "", 0, words, None, None))
    click.echo(words, err=True)


def log_to_stderr() -> None:
    """Begin logging."""
    logging.config.dictConfig(logging_config())
