"""The log context: the request or update that a piece of work belongs to, so that all its log lines can be found.

The API sets it to the request's id, the chat to the update's number. The counter carries it into its own lines. It
holds our own ids and nothing else.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import TypeAlias

LogContext: TypeAlias = Mapping[str, str | int]

NOTHING: LogContext = {}
log_context: ContextVar[LogContext] = ContextVar("log_context", default=NOTHING)
