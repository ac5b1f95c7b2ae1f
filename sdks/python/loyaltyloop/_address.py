"""The base address of a service: as people write it, made one."""

from urllib.parse import urlsplit, urlunsplit

VERSION = "/v1"


def base_address(written: str) -> str:
    """The address of `/v1` of a service: `https://cards.example.com/v1`.

    The address may be written with or without `/v1` or `/api/v1`, and with a slash at its end.
    Raises ValueError: it is no http(s) address, or carries a query or a password.
    """
    parts = urlsplit(written.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"base_url must be an address such as https://cards.example.com, not {written!r}")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("base_url must not carry a query, a fragment or a password")
    path = parts.path.rstrip("/")
    if not path.endswith(VERSION):
        path += VERSION
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
