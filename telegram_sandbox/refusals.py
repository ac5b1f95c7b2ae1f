"""Refusals of the Bot API, in Telegram's own words. The rules are where they are checked."""

from typing import Any


class Refused(Exception):
    """A call that is answered with an error."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def answer(self) -> dict[str, Any]:
        """The error as Telegram sends it."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(reason: str) -> Refused:
    """400, with Telegram's prefix."""
    return Refused(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> Refused:
    """403, with Telegram's prefix."""
    return Refused(403, f"Forbidden: {reason}")


def conflict(reason: str) -> Refused:
    """409, with Telegram's prefix."""
    return Refused(409, f"Conflict: {reason}")


def too_many_requests(seconds: int) -> Refused:
    """429; the text and the parameters hold the seconds to wait."""
    return Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
