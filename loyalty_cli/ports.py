"""Ports: the socket on which a server listens, opened before anything else."""

import errno
import socket

from loyalty_cli.failures import CommandFailed, UsageFailed

ANY_PORT = 0
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # said here, not listened on


class PortTaken(CommandFailed):
    """Another program listens on that port."""


def open_port(host: str, port: int) -> socket.socket:
    """Listen on a port; 0 takes a free one. Raises PortTaken, CommandFailed or UsageFailed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        message = f"There is no host {host}: choose another one with --host or LOYALTY_HOST."
        raise UsageFailed(message) from error
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # so answers are sent at once
    if port != ANY_PORT:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise _no_port(error, host, port) from error
    return listener


def _no_port(error: OSError, host: str, port: int) -> CommandFailed:
    if error.errno == errno.EADDRINUSE:
        return PortTaken(f"Port {port} is taken by another program: choose another one with --port or LOYALTY_PORT.")
    if error.errno == errno.EACCES:
        return CommandFailed(f"This user may not take port {port}: choose one above 1023 with --port or LOYALTY_PORT.")
    return CommandFailed(
        f"Nothing can listen on {host}, port {port}: {error.strerror}. Choose others with --host and --port."
    )


def address_of(listener: socket.socket) -> str:
    """The address of the server for a browser on this machine."""
    host, port = listener.getsockname()[:2]
    host = EVERYWHERE.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
