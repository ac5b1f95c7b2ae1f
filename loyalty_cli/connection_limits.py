"""What a connection may do: its limits, and where it stands.

`http_connection` applies them.
"""

import asyncio
from collections.abc import Callable
from enum import Enum, auto

import msgspec
from uvicorn.protocols.http.flow_control import FlowControl


class ConnectionLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a client may send before its request is complete, in bytes, and how long that may take, in seconds."""

    head_bytes: int = 32 * 1024
    headers: int = 100
    url_bytes: int = 8 * 1024
    head_seconds: float = 10
    body_pause_seconds: float = 10
    body_seconds: float = 60
    linger_seconds: float = 5
    stalled_seconds: float = 60
    sweep_seconds: float = 1


class Phase(Enum):
    """Where a connection stands: between requests, in a request's head, in its body, or refused and about to end."""

    BETWEEN = auto()
    HEAD = auto()
    BODY = auto()
    LINGERING = auto()


class PausableFlow(FlowControl):
    """Flow control that stays paused while too many requests wait, although it is resumed."""

    held = False

    def resume_reading(self) -> None:
        """Read on, unless reading is held."""
        if not self.held:
            super().resume_reading()


class LingeringTransport:
    """The transport as the answer to a refused request sees it: closing it only says that no more will be written."""

    def __init__(self, transport: asyncio.Transport, linger: Callable[[], None]) -> None:
        self.write, self.is_closing, self.close = transport.write, transport.is_closing, linger
