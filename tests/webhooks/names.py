"""A name server for tests, so that no name is looked up in the world and a name can change where it leads."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any


class NameServer:
    """Knows the names it was told, and numbers in every spelling that this machine understands."""

    def __init__(self) -> None:
        self._addresses: dict[str, tuple[str, ...]] = {}
        self._ports: dict[str, int] = {}
        self._silent = asyncio.Event()
        self.is_silent = False

    def leads(self, name: str, *addresses: str, port: int | None = None) -> None:
        """From now on a name leads to these addresses; with a port, to that port whatever the URL says."""
        self._addresses[name] = addresses
        if port is not None:
            self._ports[name] = port

    async def getaddrinfo(self, host: str, port: int, **asked: Any) -> list[Any]:  # noqa: ANN401  # the loop's own form
        if self.is_silent:
            await self._silent.wait()
        if host in self._addresses:
            return [self._info(address, self._ports.get(host, port)) for address in self._addresses[host]]
        flags = asked.get("flags", 0) | socket.AI_NUMERICHOST
        return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags))

    def _info(self, address: str, port: int) -> tuple[Any, ...]:
        if ip_address(address).version == 4:
            return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0)


@contextmanager
def name_server() -> Iterator[NameServer]:
    """Answer the questions of this event loop until the block ends."""
    loop, server = asyncio.get_running_loop(), NameServer()
    own = loop.getaddrinfo
    loop.getaddrinfo = server.getaddrinfo  # type: ignore[assignment, method-assign]
    try:
        yield server
    finally:
        loop.getaddrinfo = own  # type: ignore[method-assign]
