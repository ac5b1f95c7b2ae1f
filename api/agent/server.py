"""The server of the protocol: lists the tools that a key may use, and calls them.

It loads the library of the extra `mcp`. What the tools do is in `reading` and `writing`.
"""

import json
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

import msgspec
from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server

from api.agent.desk import Desk, Json, Refused
from api.agent.tools import TOOLS, Tool, schema_of

Context = ServerRequestContext[Any, Any]
FindDesk = Callable[[Context], Awaitable[Desk]]
"""Gives the desk of the agent that asks."""

INSTRUCTIONS = (
    "You work in a shop with stamp cards. Find the customer first. Before anything is changed, call the tool without "
    "confirm, show the person what would happen, and only then call it with confirm=true and the same idempotency_key."
)


def build_server(find_desk: FindDesk) -> "Server[Any]":
    """The server, which takes the desk of each request from `find_desk`."""

    async def list_tools(context: Context, asked: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        del asked
        scopes = await (await find_desk(context)).scopes()
        return types.ListToolsResult(tools=[described(tool) for tool in TOOLS if tool.scope.value in scopes])

    async def call_tool(context: Context, asked: types.CallToolRequestParams) -> types.CallToolResult:
        desk = await find_desk(context)
        tool = next((one for one in TOOLS if one.name == asked.name), None)
        if tool is None or tool.scope.value not in await desk.scopes():
            return failed(f"There is no tool {asked.name} for this key.")
        return await answered(tool, desk, asked.arguments or {})

    return Server(
        "loyalty",
        version=version("loyalty-stamps"),
        title="Loyalty Loop",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def described(tool: Tool) -> types.Tool:
    """A tool as the protocol tells it. A write is idempotent: its key makes it happen once."""
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.text,
        input_schema=schema_of(tool.takes),
        output_schema=schema_of(tool.gives),
        annotations=types.ToolAnnotations(
            title=tool.title,
            read_only_hint=not tool.writes,
            destructive_hint=tool.writes,
            idempotent_hint=True,
            open_world_hint=False,
        ),
    )


async def answered(tool: Tool, desk: Desk, arguments: Json) -> types.CallToolResult:
    """Call a tool; a refusal is an answer that says what was wrong."""
    try:
        told = await tool.call(desk, arguments)
    except (Refused, msgspec.ValidationError) as error:
        return failed(str(error))
    text = types.TextContent(type="text", text=json.dumps(told, ensure_ascii=False))
    return types.CallToolResult(content=[text], structured_content=told)


def failed(text: str) -> types.CallToolResult:
    """An answer that says why nothing was done."""
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=True)


def name_of_agent(context: Context) -> str:
    """What the agent calls itself, in letters that a header may hold."""
    known = context.session.client_params
    name = known.client_info.name if known is not None else ""
    return "".join(letter for letter in name if letter.isascii() and letter.isprintable())[:60].strip() or "agent"
