"""The agent connector, asked by the client of the protocol's own library: what a key may, the agent may, once."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import httpx2
import jsonschema
import pytest
from mcp import types
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from api.agent.tools import TOOLS
from loyalty_core.access import Scope
from tests.api.live import live_shop
from tests.api.till import Api, Till, given, refused
from tests.api.witness import Json

WRITES = {tool.name for tool in TOOLS if tool.writes}
STAGES = ["auto", "legacy"]
"""The protocol of today, and that with a handshake."""


@asynccontextmanager
async def agent_of(till: Till, *, mode: str = "auto") -> AsyncIterator[Client]:
    """An agent that has the key of a till."""
    transport = httpx2.ASGITransport(till.api.app)  # type: ignore[arg-type]  # the same in other words
    headers = {"Authorization": f"Bearer {till.key}"}
    async with (
        httpx2.AsyncClient(transport=transport, headers=headers) as http,
        Client(
            streamable_http_client("http://shop.test/mcp", http_client=http),
            mode=mode,
            client_info=types.Implementation(name="Barista Helper", version="1"),
        ) as agent,
    ):
        yield agent


async def call(agent: Client, tool: str, **arguments: object) -> Json:
    """What a tool answers; it fits what the tool says of its answers."""
    told = await agent.call_tool(tool, arguments)
    assert isinstance(told, types.CallToolResult)
    assert not told.is_error, told.content
    [described] = [one for one in (await agent.list_tools()).tools if one.name == tool]
    assert described.output_schema
    jsonschema.validate(told.structured_content, described.output_schema)
    found: Json = told.structured_content
    return found


async def refusal(agent: Client, tool: str, **arguments: object) -> str:
    told = await agent.call_tool(tool, arguments)
    assert isinstance(told, types.CallToolResult)
    assert told.is_error, told
    [content] = told.content
    assert isinstance(content, types.TextContent)
    return content.text


async def narrow(till: Till, scopes: Sequence[Scope]) -> Till:
    return await till.api.another_till(till.business, scopes)


@pytest.mark.parametrize("mode", STAGES)
async def test_a_key_with_all_scopes_has_all_tools(till: Till, mode: str) -> None:
    async with agent_of(till, mode=mode) as agent:
        assert [tool.name for tool in (await agent.list_tools()).tools] == [tool.name for tool in TOOLS]


@pytest.mark.parametrize("scope", Scope)
async def test_the_scopes_of_a_key_decide_which_tools_it_has(till: Till, scope: Scope) -> None:
    mine = {tool.name for tool in TOOLS if tool.scope is scope}
    async with agent_of(await narrow(till, [scope])) as agent:
        assert {tool.name for tool in (await agent.list_tools()).tools} == mine
        for tool in {tool.name for tool in TOOLS} - mine:
            assert "There is no tool" in await refusal(agent, tool)


async def test_a_tool_says_whether_it_writes(till: Till) -> None:
    async with agent_of(till) as agent:
        for tool in (await agent.list_tools()).tools:
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint == (tool.name not in WRITES)
            assert ("confirm" in tool.input_schema["properties"]) == (tool.name in WRITES)
            jsonschema.Draft202012Validator.check_schema(tool.input_schema)


async def test_without_confirm_nothing_happens_and_with_it_it_happens_once(till: Till) -> None:
    lena = await till.join()
    async with agent_of(till) as agent:
        preview = await call(agent, "give_stamps", customer=lena["qr_code"], stamps=3)
        assert (preview["done"], (await till.show(lena["id"]))["total_stamps"]) == (False, 0)
        assert "Lena, who has 0 of 10" in preview["what"]
        once = {"customer": lena["qr_code"], "stamps": 3, "idempotency_key": preview["idempotency_key"]}
        first = await call(agent, "give_stamps", **once, confirm=True)
        assert await call(agent, "give_stamps", **once, confirm=True) == first
    assert (first["done"], first["customer"]["current_stamps"]) == (True, 3)
    assert (await till.show(lena["id"]))["total_stamps"] == 3


async def test_stamps_go_to_the_program_that_the_agent_names_and_programs_are_shown(till: Till) -> None:
    salads, lena = await a_second_program(till), await till.join()
    asked = {"customer": lena["qr_code"], "stamps": 3, "program_id": salads}
    async with agent_of(till) as agent:
        assert f"no stamps in program {salads}" in (await call(agent, "give_stamps", **asked))["what"]
        await call(agent, "give_stamps", **asked, confirm=True)
        assert f"3 of 4 in program {salads}" in (await call(agent, "give_stamps", **asked))["what"]
        cards = (await call(agent, "show_card", customer=lena["qr_code"]))["customer"]["cards"]
        shown = await call(agent, "show_program", program_id=salads)
    assert [one["current_stamps"] for one in cards] == [0, 3]
    assert shown["program"]["title"] == "Salads"
    assert [one["title"] for one in shown["programs"]] == [None, "Salads"]


async def test_a_reward_is_handed_out_and_that_is_undone(till: Till) -> None:
    lena = await till.join()
    await till.stamp(lena["id"], 10)
    async with agent_of(till) as agent:
        owed = await call(agent, "what_we_owe")
        assert (owed["total"], owed["summary"]["outstanding"]) == (1, 1)
        handed = await call(agent, "hand_out_reward", customer=str(lena["id"]), confirm=True)
        assert (await call(agent, "what_we_owe"))["total"] == 0
        entry = handed["outcome"]["transaction_id"]
        assert "redeem" in (await call(agent, "undo", transaction_id=entry))["what"]
        await call(agent, "undo", transaction_id=entry, reason="not yet", confirm=True)
        assert (await call(agent, "what_we_owe"))["total"] == 1


async def test_the_ledger_names_the_agent_beside_the_key(till: Till) -> None:
    lena = await till.join()
    async with agent_of(till, mode="legacy") as agent:
        await call(agent, "give_stamps", customer=lena["qr_code"], confirm=True)
        [entry, *_] = (await call(agent, "who_did_what"))["entries"]
    assert entry["actor"]["id"] == till.key_id
    assert entry["actor"]["name"].startswith("Till at the door (")


async def test_the_program_is_changed_only_after_it_was_shown_how(till: Till) -> None:
    async with agent_of(till) as agent:
        preview = await call(agent, "change_program", stamps_required=8)
        assert "stamps_required (10) becomes 8" in preview["what"]
        assert (await call(agent, "show_program"))["program"]["stamps_required"] == 10
        await call(agent, "change_program", stamps_required=8, confirm=True)
        assert (await call(agent, "show_program"))["program"]["stamps_required"] == 8


async def a_second_program(till: Till) -> int:
    """Salads, whose four stamps make a salad."""
    new = {"title": "Salads", "stamps_required": 4, "reward_description": "A salad"}
    return int(given(await till.post("/programs", new), 201)["id"])


async def test_any_program_is_changed_and_a_limit_is_lifted(till: Till) -> None:
    salads, hours = await a_second_program(till), {"weekdays": [1], "from": "14:00", "to": "16:00", "factor": 2}
    async with agent_of(till) as agent:
        asked = {"program_id": salads, "stamps_required": 6, "daily_stamp_cap": 2, "bonus_hours": [hours]}
        preview = await call(agent, "change_program", **asked)
        assert f"Change program {salads}: stamps_required (4) becomes 6" in preview["what"]
        assert 'bonus_hours (none) becomes [{"weekdays": [1], "from": "14:00"' in preview["what"]
        changed = (await call(agent, "change_program", **asked, confirm=True))["outcome"]
        assert (changed["stamps_required"], changed["daily_stamp_cap"], changed["bonus_hours"]) == (6, 2, [hours])
        await call(agent, "change_program", program_id=salads, daily_stamp_cap=None, confirm=True)
        shown = (await call(agent, "show_program", program_id=salads))["program"]
        main = (await call(agent, "show_program"))["program"]
    assert (shown["stamps_required"], shown["daily_stamp_cap"], main["stamps_required"]) == (6, None, 10)


async def test_programs_are_added_once_made_the_main_one_and_archived(till: Till) -> None:
    new = {"title": "Salads", "stamps_required": 4, "reward_description": "A salad", "opening_stamps": 1}
    home = till.business.id
    async with agent_of(till) as agent:
        preview = await call(agent, "add_program", **new)
        assert preview["what"] == "Add a program, Salads: 4 stamps make A salad."
        once = {**new, "idempotency_key": preview["idempotency_key"], "confirm": True}
        salads = (await call(agent, "add_program", **once))["outcome"]["id"]
        assert (await call(agent, "add_program", **once))["outcome"]["id"] == salads
        assert "Salads" in (await call(agent, "make_main_program", program_id=salads))["what"]
        assert (await call(agent, "show_program"))["program"]["id"] == home
        await call(agent, "make_main_program", program_id=salads, confirm=True)
        assert "main_program_needed" in await refusal(agent, "archive_program", program_id=salads, confirm=True)
        await call(agent, "archive_program", program_id=home, confirm=True)
        shown = await call(agent, "show_program")
        assert "must be below the goal" in await refusal(
            agent, "add_program", **{**new, "opening_stamps": 4}, confirm=True
        )
    assert (shown["program"]["id"], [one["archived"] for one in shown["programs"]]) == (salads, [True, False])


async def test_figures_are_of_the_shop_or_of_one_program(till: Till) -> None:
    salads, lena = await a_second_program(till), await till.join()
    given(await till.post(f"/customers/{lena['id']}/stamps", {"stamps": 3, "program_id": salads}))
    async with agent_of(till) as agent:
        for tool in ("today", "figures"):
            whole, share = await call(agent, tool), await call(agent, tool, program_id=salads)
            assert (whole["stamps"]["added"], share["stamps"]["added"]) == (3, 3)
            assert {one["program_id"]: one["stamps"]["added"] for one in whole["programs"]}[salads] == 3
            assert (await call(agent, tool, program_id=till.business.id))["stamps"]["added"] == 0
            assert "program_not_found" in await refusal(agent, tool, program_id=99_999)


async def test_flagged_entries_are_shown(till: Till) -> None:
    lena = await till.join()
    stamped = [await till.stamp(lena["id"], 1) for _ in range(5)]
    async with agent_of(till) as agent:
        [flag] = (await call(agent, "show_flags"))["flags"]
    assert (flag["kind"], flag["transaction_id"]) == ("many_visits", stamped[-1]["transaction_id"])


async def test_two_customers_become_one_and_two_again(till: Till) -> None:
    lena, again = await till.join("Lena Meyer"), await till.join("L. Meyer")
    await till.stamp(lena["id"], 3)
    await till.stamp(again["id"], 4)
    two = {"customer_id": lena["id"], "from_id": again["id"]}
    async with agent_of(till) as agent:
        preview = await call(agent, "merge_customers", **two)
        assert preview["what"].startswith("Make L. Meyer, who has 4 of 10 one with Lena Meyer, who has 3 of 10")
        assert (await till.show(lena["id"]))["current_stamps"] == 3
        once = {**two, "idempotency_key": preview["idempotency_key"], "confirm": True}
        merged = await call(agent, "merge_customers", **once)
        assert await call(agent, "merge_customers", **once) == merged
        assert (merged["customer"]["current_stamps"], (await till.show(again["id"]))["id"]) == (7, lena["id"])
        assert "merge_refused" in await refusal(agent, "merge_customers", **two, confirm=True)
        await call(agent, "unmerge_customers", **two, confirm=True)
        assert (await till.show(again["id"]))["current_stamps"] == 4
        assert "merge_refused" in await refusal(agent, "unmerge_customers", **two, confirm=True)


async def test_a_customer_is_named_by_a_number_a_text_of_it_or_the_code_in_every_tool(till: Till) -> None:
    lena, again = await till.join("Lena Meyer"), await till.join("L. Meyer")
    number, code = lena["id"], lena["qr_code"]
    async with agent_of(till) as agent:
        for named in (number, f" {number} ", code):
            assert (await call(agent, "show_card", customer=named))["customer"]["id"] == number
            assert "Lena Meyer" in (await call(agent, "give_stamps", customer=named))["what"]
            await call(agent, "give_stamps", customer=named, stamps=10, confirm=True)
            assert "Lena Meyer" in (await call(agent, "hand_out_reward", customer=named))["what"]
            await call(agent, "hand_out_reward", customer=named, confirm=True)
            entries = (await call(agent, "who_did_what", customer_id=named))["entries"]
            assert {entry["customer_id"] for entry in entries} == {number}
            for other in (again["id"], str(again["id"]), again["qr_code"]):
                await call(agent, "merge_customers", customer_id=named, from_id=other, confirm=True)
                both = {"customer_id": named, "from_id": again["qr_code"], "confirm": True}
                assert "one card already" in await refusal(agent, "merge_customers", **both)
                await call(agent, "unmerge_customers", customer_id=named, from_id=str(again["id"]), confirm=True)
        for nobody in (0, "", " ", ".."):
            await refusal(agent, "show_card", customer=nobody)


async def test_a_part_of_some_stamps_is_undone(till: Till) -> None:
    lena = await till.join()
    entry = (await till.stamp(lena["id"], 5))["transaction_id"]
    async with agent_of(till) as agent:
        assert "Undo 2 stamps of entry" in (await call(agent, "undo", transaction_id=entry, stamps=2))["what"]
        await call(agent, "undo", transaction_id=entry, stamps=2, confirm=True)
        assert "void_refused" in await refusal(agent, "undo", transaction_id=entry, stamps=4, confirm=True)
    assert (await till.show(lena["id"]))["current_stamps"] == 3


async def test_customers_are_found_by_name_number_and_code(till: Till) -> None:
    lena = await till.join("Lena Meyer")
    async with agent_of(till) as agent:
        for query in ("lena", lena["phone"], lena["qr_code"]):
            [found] = (await call(agent, "find_customer", query=query))["customers"]
            assert found["id"] == lena["id"]
        assert (await call(agent, "show_card", customer=lena["qr_code"]))["customer"]["name"] == "Lena Meyer"


async def test_a_key_that_may_not_read_customers_sees_nothing_personal(till: Till) -> None:
    lena = await till.join("Lena Meyer", email="lena@example.com", birthday="1990-05-17")
    two = {"customer_id": (await till.join("Omar"))["id"], "from_id": lena["id"]}
    async with agent_of(await narrow(till, [Scope.STAMPS_WRITE, Scope.REWARDS_WRITE, Scope.CUSTOMERS_WRITE])) as agent:
        told = [
            await call(agent, "give_stamps", customer=lena["qr_code"]),
            await call(agent, "give_stamps", customer=lena["qr_code"], stamps=10, confirm=True),
            await call(agent, "hand_out_reward", customer=lena["qr_code"], confirm=True),
            await call(agent, "merge_customers", **two),
            await call(agent, "merge_customers", **two, confirm=True),
            await call(agent, "unmerge_customers", **two, confirm=True),
        ]
    for personal in ("Meyer", lena["phone"], "lena@", "1990-05-17"):
        assert personal not in str(told)


async def test_figures_and_the_health_of_webhooks_are_shown(till: Till) -> None:
    await till.stamp((await till.join())["id"])
    async with agent_of(till) as agent:
        assert (await call(agent, "today"))["visits"] == 1
        assert len((await call(agent, "figures", days=7))["daily"]) == 7
        assert await call(agent, "health_of_webhooks") == {"webhooks": [], "failing": 0}


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("give_stamps", {"customer": "CUS0000000000", "confirm": True}, "customer_not_found"),
        ("give_stamps", {"customer": "1", "stamps": 11}, "stamps"),
        ("give_stamps", {"customer": "1", "stampz": 1}, "stampz"),
        ("undo", {"transaction_id": 99, "confirm": True}, "transaction_not_found"),
        ("figures", {"days": 0}, "days"),
        ("no_tool", {}, "There is no tool"),
    ],
)
async def test_what_is_wrong_is_told_to_the_agent(till: Till, tool: str, arguments: Json, says: str) -> None:
    async with agent_of(till) as agent:
        assert says in await refusal(agent, tool, **arguments)


async def knock(api: Api, key: str) -> httpx.Response:
    """A request to the connector, as it stands."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api.app)) as client:  # type: ignore[arg-type]  # as above
        return await client.post("http://shop.test/mcp", headers=headers, json={"jsonrpc": "2.0", "id": 1})


async def test_without_a_key_there_is_no_door(api: Api) -> None:
    answer = await knock(api, "")
    refused(answer, 401, "missing_api_key")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_limit_of_a_key_holds_for_its_agent(api: Api) -> None:
    till = await api.open_till(rate_limit=1)
    given(await till.get("/program"))
    answer = await knock(api, till.key)
    refused(answer, 429, "rate_limited")


async def test_an_agent_on_its_own_machine_speaks_over_standard_input_and_output(tmp_path: Path) -> None:
    with live_shop(tmp_path) as live:
        environment = {"LOYALTY_API_KEY": live.key}
        command = StdioServerParameters(
            command=sys.executable, args=["-m", "loyalty_cli", "mcp", "--url", f"{live.url}/v1"], env=environment
        )
        lena = live.given("POST", "/customers", {"name": "Lena", "phone": live.free_phone()})
        async with Client(command) as agent:
            found: Any = await call(agent, "give_stamps", customer=lena["qr_code"], stamps=2, confirm=True)
        assert found["customer"]["current_stamps"] == 2
