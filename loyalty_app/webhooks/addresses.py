"""Addresses: which ones a delivery may reach. The table below is the whole rule, and it sees the dialled address.

The address is judged right before it is dialled, so that a changing name, a redirect or an odd spelling of a number
cannot lead inside. `ipaddress.is_global` is no guard (it is true for multicast, 6to4 and NAT64 addresses, among
others), hence the explicit table. Its ranges are those of the IANA special-purpose registries, and the clouds' own
addresses that look public.
"""

import asyncio
import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

import msgspec

from loyalty_core.errors import InvalidRequest

if TYPE_CHECKING:
    from yarl import URL

LONGEST_URL = 2_048
PUBLIC_PORTS = frozenset({443, 8443})
RESOLVE_SECONDS = 3
UNLESS_ALLOWED = "; for tests, the operator can allow others with LOYALTY_WEBHOOK_ALLOW, by http and at any port"
NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")

NOT_PUBLIC_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by carriers
            "127.0.0.0/8",  # this machine
            "168.63.129.16/32",  # a cloud's own
            "169.254.0.0/16",  # link local, with the clouds' metadata
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
PUBLIC_6 = IPv6Network("2000::/3")
NOT_PUBLIC_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which may hold any IPv4 address
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def is_public(address: Address) -> bool:
    """Whether an address is in the public internet, by the table above."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        return address in PUBLIC_6 and not any(address in network for network in NOT_PUBLIC_6)
    return not any(address in network for network in NOT_PUBLIC_4)


class NotAllowed(OSError):
    """The address is not public."""


class Guard(msgspec.Struct, frozen=True):
    """What may be reached: public addresses by https at 443 and 8443, and the allowed ranges in any way."""

    allowed: tuple[Network, ...] = ()

    def admits(self, address: Address, port: int, *, https: bool) -> bool:
        """Whether this address may be dialled at this port."""
        plain = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped else address
        if any(plain in network for network in self.allowed if network.version == plain.version):
            return True
        return https and port in PUBLIC_PORTS and is_public(address)


def read_ranges(text: str | None) -> tuple[Network, ...]:
    """The ranges of LOYALTY_WEBHOOK_ALLOW, separated by commas or spaces. Raises ValueError."""
    return tuple(ip_network(part) for part in (text or "").replace(",", " ").split())


def checked_url(text: str) -> "URL":
    """A URL in a form allowed for endpoints; an address as its host is spelled as usual. Raises InvalidRequest.

    Where it leads is judged by `judge_url`.
    """
    from yarl import URL  # noqa: PLC0415  # loads long, and is needed where a webhook is set up or sent

    if len(text) > LONGEST_URL:
        raise _wrong("must have at most 2048 characters")
    try:
        url = URL(text)
        host, port = url.raw_host, url.port
    except ValueError as error:
        raise _wrong("must be a URL, as https://example.com/hook") from error
    if url.scheme not in {"https", "http"} or not host or port is None:
        raise _wrong("must be a URL with a host, as https://example.com/hook")
    spelled_out = literal_addresses(host)
    if not NAME.fullmatch(host) and not spelled_out:
        raise _wrong("must be a URL with a host, as https://example.com/hook")
    if url.raw_user is not None or url.raw_password is not None:
        raise _wrong("must not carry a user name or password")
    return url.with_host(str(spelled_out[0])) if spelled_out else url


def judge_url(url: "URL", addresses: Iterable[Address], guard: Guard) -> None:
    """Refuse a URL if the guard does not admit one of its addresses; `addresses` is empty if it leads nowhere yet.

    Raises InvalidRequest, which says of an address only that it is not public.
    """
    port, https = url.port or 0, url.scheme == "https"
    found = list(addresses)
    for address in found:
        if not guard.admits(address, port, https=https) and not is_public(address):
            raise _wrong(f"must lead to a public address{UNLESS_ALLOWED}")
    admitted = bool(found) and all(guard.admits(address, port, https=https) for address in found)
    if not admitted and not (https and port in PUBLIC_PORTS):
        raise _wrong(f"must use https, at port 443 or 8443{UNLESS_ALLOWED}")


async def addresses_of(url: "URL", *, patience_seconds: float = RESOLVE_SECONDS) -> list[Address]:
    """The addresses that a URL leads to now; none if its name does not resolve in time."""
    loop = asyncio.get_running_loop()
    try:
        asked = loop.getaddrinfo(url.raw_host or "", url.port, type=socket.SOCK_STREAM)
        found = await asyncio.wait_for(asked, patience_seconds)
    except (OSError, UnicodeError, TimeoutError):
        return []
    return [parse_address(info[4][0]) for info in found]


def parse_address(text: object) -> Address:
    """An address as the system writes it, without the name of a network interface."""
    return ip_address(str(text).partition("%")[0])


def literal_addresses(host: str) -> list[Address]:
    """The address that a host spells out in any form the system knows (decimal, hex, octal, short), if it does."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        return []
    return [parse_address(info[4][0]) for info in found]


def _wrong(message: str) -> InvalidRequest:
    return InvalidRequest.field("url", message)
