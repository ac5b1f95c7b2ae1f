"""The agent connector on standard input and output: `loyalty mcp`. What its tools do is in `api/agent`."""

from importlib.util import find_spec

import click

from loyalty_cli.remote_api import of_service, with_key


@click.command()
@of_service
@with_key
def mcp(url: str, api_key: str) -> None:
    """Let an agent on this machine work in a shop, over its API.

    Speaks the Model Context Protocol on standard input and output; an agent starts it by itself. The scopes of the key
    decide which tools it has, and the ledger names it. Needs the extra mcp: pip install 'loyalty-stamps[mcp]'.
    """
    if find_spec("mcp") is None:
        raise click.ClickException("The library for agents is missing: pip install 'loyalty-stamps[mcp]'.")
    import asyncio

    from api.agent.entrances import serve_stdio

    asyncio.run(serve_stdio(url, api_key))
