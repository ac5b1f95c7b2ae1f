"""The table of tools: the name of each, what it takes and gives, and what a key must be allowed to do."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from api.agent import figures, merging, programs, reading, writing
from api.agent.desk import Desk, Json
from loyalty_core.access import Scope


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """One tool. `scope` decides who sees it; `writes` says that it may change something once it is confirmed."""

    name: str
    title: str
    scope: Scope
    takes: type[msgspec.Struct]
    gives: type[msgspec.Struct]
    work: Callable[[Desk, Any], Awaitable[msgspec.Struct]]
    writes: bool = False

    @property
    def text(self) -> str:
        """What it does, for the agent."""
        rule = " Without confirm=true it only says what would happen." if self.writes else ""
        return f"{self.work.__doc__}{rule}"

    async def call(self, desk: Desk, arguments: Json) -> Json:
        """Do it. Raises Refused, and msgspec.ValidationError for wrong arguments."""
        answer: Json = msgspec.to_builtins(await self.work(desk, msgspec.convert(arguments, self.takes)))
        return answer


TOOLS = (
    Tool(
        name="find_customer",
        title="Find a customer",
        scope=Scope.CUSTOMERS_READ,
        takes=reading.FindCustomer,
        gives=figures.FoundCustomers,
        work=reading.find_customer,
    ),
    Tool(
        name="show_card",
        title="Show a card",
        scope=Scope.CUSTOMERS_READ,
        takes=reading.ShowCard,
        gives=figures.CardShown,
        work=reading.show_card,
    ),
    Tool(
        name="today",
        title="Today at the shop",
        scope=Scope.ANALYTICS_READ,
        takes=reading.ShareOfShop,
        gives=figures.FiguresShown,
        work=reading.today,
    ),
    Tool(
        name="figures",
        title="Figures of some days",
        scope=Scope.ANALYTICS_READ,
        takes=reading.SomeDays,
        gives=figures.FiguresShown,
        work=reading.figures,
    ),
    Tool(
        name="what_we_owe",
        title="What you owe",
        scope=Scope.REWARDS_READ,
        takes=reading.SomeRewards,
        gives=figures.OwedRewards,
        work=reading.what_we_owe,
    ),
    Tool(
        name="who_did_what",
        title="Who did what",
        scope=Scope.CUSTOMERS_READ,
        takes=reading.SomeEntries,
        gives=figures.EntriesShown,
        work=reading.who_did_what,
    ),
    Tool(
        name="show_flags",
        title="Worth a look",
        scope=Scope.CUSTOMERS_READ,
        takes=reading.SomeFlags,
        gives=figures.FlagsShown,
        work=reading.show_flags,
    ),
    Tool(
        name="show_program",
        title="Show the program",
        scope=Scope.PROGRAM_READ,
        takes=reading.ChosenProgram,
        gives=figures.ProgramShown,
        work=reading.show_program,
    ),
    Tool(
        name="health_of_webhooks",
        title="Health of webhooks",
        scope=Scope.WEBHOOKS_READ,
        takes=reading.Nothing,
        gives=figures.WebhookHealth,
        work=reading.health_of_webhooks,
    ),
    Tool(
        name="give_stamps",
        title="Give stamps",
        scope=Scope.STAMPS_WRITE,
        takes=writing.GiveStamps,
        gives=figures.AgentWrite,
        work=writing.give_stamps,
        writes=True,
    ),
    Tool(
        name="hand_out_reward",
        title="Hand out a reward",
        scope=Scope.REWARDS_WRITE,
        takes=writing.HandOut,
        gives=figures.AgentWrite,
        work=writing.hand_out_reward,
        writes=True,
    ),
    Tool(
        name="undo",
        title="Undo",
        scope=Scope.STAMPS_WRITE,
        takes=writing.Undo,
        gives=figures.AgentWrite,
        work=writing.undo,
        writes=True,
    ),
    Tool(
        name="change_program",
        title="Change the program",
        scope=Scope.PROGRAM_WRITE,
        takes=writing.ChangeProgram,
        gives=figures.AgentWrite,
        work=writing.change_program,
        writes=True,
    ),
    Tool(
        name="add_program",
        title="Add a program",
        scope=Scope.PROGRAM_WRITE,
        takes=programs.AddProgram,
        gives=figures.AgentWrite,
        work=programs.add_program,
        writes=True,
    ),
    Tool(
        name="archive_program",
        title="Archive a program",
        scope=Scope.PROGRAM_WRITE,
        takes=programs.OneProgram,
        gives=figures.AgentWrite,
        work=programs.archive_program,
        writes=True,
    ),
    Tool(
        name="make_main_program",
        title="Make a program the main one",
        scope=Scope.PROGRAM_WRITE,
        takes=programs.OneProgram,
        gives=figures.AgentWrite,
        work=programs.make_main_program,
        writes=True,
    ),
    Tool(
        name="merge_customers",
        title="Merge two customers",
        scope=Scope.CUSTOMERS_WRITE,
        takes=merging.TwoCustomers,
        gives=figures.AgentWrite,
        work=merging.merge_customers,
        writes=True,
    ),
    Tool(
        name="unmerge_customers",
        title="Take a merge back",
        scope=Scope.CUSTOMERS_WRITE,
        takes=merging.TwoCustomers,
        gives=figures.AgentWrite,
        work=merging.unmerge_customers,
        writes=True,
    ),
)
"""All tools, those that only read first."""


def schema_of(shape: type[msgspec.Struct]) -> Json:
    """The JSON schema of what a tool takes or gives, an object at its root."""
    (root,), components = msgspec.json.schema_components([shape], ref_template="#/$defs/{name}")
    name = root["$ref"].removeprefix("#/$defs/")
    others = {other: schema for other, schema in components.items() if other != name}
    return {**components[name], **({"$defs": others} if others else {})}
