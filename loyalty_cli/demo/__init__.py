"""The demo: `loyalty demo` serves the café of `cafe` from a temporary database. `session` runs it."""

import socket

import click

from loyalty_app.settings import Settings
from loyalty_cli import options
from loyalty_cli.ports import ANY_PORT, PortTaken, open_port


@click.command()
@click.option("--host", type=options.TEXT, default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=options.PORT, help="The port; without it 8000, or a free one if that is taken.")
@click.option(
    "--clock",
    is_flag=True,
    help="Run on a test clock, which POST /clock moves forward: for cooldowns, expiry, retries.",
)
@options.as_json
def demo(host: str, port: int | None, *, clock: bool, as_json: bool) -> None:
    """Open a café with made-up customers; say what to try.

    Its data is thrown away at the end. Of the LOYALTY_… settings only LOYALTY_LOG_FORMAT and LOYALTY_LOG_LEVEL count
    here: nothing of yours is touched.
    """
    from loyalty_cli.demo.session import run_demo
    from loyalty_cli.server import stop_cleanly

    stop_cleanly()
    listener = open_port(host, port) if port is not None else _open_default_port(host)
    run_demo(listener, movable=clock, as_json=as_json)


def _open_default_port(host: str) -> socket.socket:
    try:
        return open_port(host, Settings().port)
    except PortTaken:
        return open_port(host, ANY_PORT)
