"""The log context: which request or update a piece of work belongs to, so that all it leads to is found in the log.

The API sets it to the request's id, the chat to the update's number; the counter carries it from those who ask into its
own lines. It holds ids of ours and nothing else.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import TypeAlias

LogContext: TypeAlias = Mapping[str, str | int]

NOTHING: LogContext = {}
log_context: ContextVar[LogContext] = ContextVar("log_context", default=NOTHING)
