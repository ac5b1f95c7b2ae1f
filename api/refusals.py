"""Refusals that only HTTP knows: wrong methods, broken JSON, missing keys, too many requests."""

from loyalty_core.errors import LoyaltyError

LARGEST_BODY = 256 * 1024


class NotFound(LoyaltyError):
    """There is nothing here."""

    def __init__(self) -> None:
        super().__init__("No such address. The reference at /docs lists all there are.")


class ImportNotFound(LoyaltyError):
    """No such import."""

    def __init__(self, import_id: int) -> None:
        self.import_id = import_id
        super().__init__(f"This shop has no import {import_id}, or it is over 30 days old.")


class MethodNotAllowed(LoyaltyError):
    """That method does not work here."""

    def __init__(self) -> None:
        super().__init__("This address does not take that method; the Allow header lists those it takes.")


class MalformedJson(LoyaltyError):
    """The body is not valid JSON."""

    def __init__(self, encoding: str | None = None) -> None:
        seems = "" if encoding is None else f" It seems to be in {encoding}: send it in UTF-8."
        super().__init__(f"The body could not be read as JSON in UTF-8.{seems}")


class MalformedRequest(LoyaltyError):
    """That is no HTTP request."""

    def __init__(self) -> None:
        super().__init__("The request could not be read as HTTP/1.1.")


class RequestTimedOut(LoyaltyError):
    """The request came too slowly."""

    def __init__(self) -> None:
        super().__init__("The rest of the request did not come in time. Send it again, in one go.")


class UriTooLong(LoyaltyError):
    """The address is too long."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"An address may have at most {limit // 1024} KiB, its query included.")


class HeadersTooLarge(LoyaltyError):
    """The headers are too large."""

    def __init__(self, limit: int, most_headers: int) -> None:
        self.limit = limit
        super().__init__(
            f"A request may have at most {most_headers} headers, and {limit // 1024} KiB of them with its address."
        )


class BodyTooLarge(LoyaltyError):
    """The body is too large."""

    def __init__(self) -> None:
        self.limit = LARGEST_BODY
        super().__init__("A body may have at most 256 KiB. Send less at a time.")


class UnsupportedMediaType(LoyaltyError):
    """The body is not declared as JSON."""

    def __init__(self) -> None:
        super().__init__("Send JSON, with the header Content-Type: application/json.")


class MissingApiKey(LoyaltyError):
    """An API key is needed."""

    def __init__(self) -> None:
        super().__init__("Send your API key with every request, as Authorization: Bearer ll_… or X-Api-Key: ll_….")


class RateLimited(LoyaltyError):
    """Too many requests."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"The limit of requests is used up. Try again in {retry_after} seconds.")


class InternalError(LoyaltyError):
    """Something went wrong on our side."""

    def __init__(self) -> None:
        super().__init__("The request could not be finished. Give the request_id to the operator of this server.")
