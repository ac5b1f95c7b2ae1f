"""The trail: which request or update a piece of work belongs to, so that all it leads to can be found in the log.

The API sets it to the request's id, the chat to the update's number; the counter carries it from those who ask into its
own lines. It holds ids of ours and nothing else.
"""

from collections.abc import Mapping
from contextvars import ContextVar

Trail = Mapping[str, str | int]

NOWHERE: Trail = {}
log_context: ContextVar[Trail] = ContextVar("trail", default=NOWHERE)
