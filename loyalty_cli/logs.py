"""Logs: the lines on stderr, for people or as JSON. The output of a command goes to stdout and is no log.

All lines take the same way, those of libraries too. Each carries the ids of the request or update that it belongs to;
none carries a secret or anything personal (`loyalty_app.observability.redaction`). Libraries log warnings and errors
only. Why: below that they log what they were given.

Most commands log nothing, so structlog is loaded for the first line; a server loads it right after its start.
"""

import logging
import logging.config
import sys
from collections.abc import MutableMapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from loyalty_app.observability.log_context import log_context
from loyalty_app.observability.redaction import redacted, redacted_traceback, without_values
from loyalty_app.settings import Settings, SettingsError, read_settings

if TYPE_CHECKING:
    from structlog.stdlib import ProcessorFormatter
    from structlog.typing import Processor

OURS = ("loyalty_app", "loyalty_core", "loyalty_cli", "api", "bots", "telegram_sandbox")
PLAIN = (int, float, bool, type(None))

Line = MutableMapping[str, Any]


def add_context(_logger: object, _method: str, line: Line) -> Line:
    """Add the request or update that a line belongs to, unless the line has it."""
    for name, value in log_context.get().items():
        line.setdefault(name, value)
    return line


def tell_exception(_logger: object, _method: str, line: Line) -> Line:
    """Replace an exception by a traceback without values."""
    found = line.pop("exc_info", None)
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        line["exception"] = redacted_traceback(error)
    return line


def be_discreet(_logger: object, _method: str, line: Line) -> Line:
    """Remove what no log may hold."""
    foreign = str(line.get("logger", "")).partition(".")[0] not in OURS
    for name, value in line.items():
        line[name] = (without_values if foreign and name == "event" else _discreet)(value)
    return line


def _discreet(value: Any) -> Any:  # noqa: ANN401  # any value that is logged
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, list | tuple):
        return [_discreet(part) for part in value]
    return redacted(str(value))


class LineFormatter(logging.Formatter):
    """Formats lines: `json`, or `text` with colours on a terminal."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def format(self, record: logging.LogRecord) -> str:
        """One line, or several with a traceback."""
        return self.loaded.format(record)

    @cached_property
    def loaded(self) -> "ProcessorFormatter":
        """The formatter of structlog that does the work."""
        import structlog

        before: list[Processor] = [
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            add_context,
        ]
        last: Processor = (
            structlog.processors.JSONRenderer(ensure_ascii=False)
            if self.kind == "json"
            else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0, sort_keys=False)
        )
        meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before, processors=[meta, tell_exception, be_discreet, last]
        )


def logging_config(settings: Settings) -> dict[str, Any]:
    """The configuration of Python's logging, from the settings."""
    libraries = max(logging.WARNING, logging.getLevelNamesMapping()[settings.log_level])
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": LineFormatter, "kind": settings.log_format}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "line"}},
        "root": {"level": libraries, "handlers": ["stderr"]},
        "loggers": {name: {"level": settings.log_level} for name in OURS},
    }


def announce(words: str, settings: Settings) -> None:
    """Print on stderr what a long-running command does, at any log level; as JSON if the log is JSON."""
    if settings.log_format == "json":
        words = LineFormatter("json").format(logging.LogRecord(__name__, logging.INFO, "", 0, words, None, None))
    click.echo(words, err=True)


def settings_or_defaults() -> Settings:
    """The settings, or the defaults if they cannot be used. The command that needs them reports that."""
    try:
        return read_settings()
    except SettingsError:
        return Settings()


def log_to_stderr() -> None:
    """Start logging as the settings say."""
    logging.config.dictConfig(logging_config(settings_or_defaults()))


def load_formatters() -> None:
    """Load the formatters now, in a thread, and not while somebody waits for an answer."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, LineFormatter):
            handler.formatter.loaded  # noqa: B018  # the property keeps what it loads
