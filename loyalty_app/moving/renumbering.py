"""Renumbering: which of a shop's numbers are others at the new place, because they are taken there.

Most numbers count within their shop, so they are free wherever the shop's own is: those of customers, entries, rewards,
branches, staff, deliveries. Three are looked up without a shop: those of shops, of endpoints and of API keys. They stay
if they are free. Codes, keys, links and what Telegram has numbered never change.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, select

from loyalty_app.db.bulk import Values
from loyalty_app.db.tables import api_key, business, import_job, shop_program, webhook_endpoint
from loyalty_app.ids import Kind
from loyalty_core.ledger import ActorType

NumberMap = Mapping[int, int]
GLOBAL: Mapping[Kind, Table] = {Kind.BUSINESS: business, Kind.WEBHOOK: webhook_endpoint, Kind.API_KEY: api_key}
"""Kinds whose numbers are looked up without a shop."""
ACTORS = {(import_job.name, "actor")}
"""Columns with a whole actor, as JSON."""
KNOWN = {
    *("business_id", "test_of", "main_program_id", "program_id", "endpoint_id", "actor_id"),
    *("customer_id", "transaction_id", "reward_id", "branch_id", "delivery_id", "event_id", "from_id", "into_id"),
    "referrer_id",
    *("bot_id", "user_id", "chat_id", "person_id", "update_id", "message_id", "screen_id", "last_id"),
    *("public_id", "credential_id"),
}
"""The columns with numbers of something: those that may change, which are first, and those that stay what they are.

A test compares them with the tables.
"""


class NewNumbers(msgspec.Struct, frozen=True):
    """The numbers that changed, kind by kind, from those of the old place; all others stay."""

    businesses: dict[int, int] = {}
    webhooks: dict[int, int] = {}
    api_keys: dict[int, int] = {}

    @property
    def none(self) -> bool:
        """Whether all numbers stay."""
        return not (self.businesses or self.webhooks or self.api_keys)

    def of_shop(self, business_id: int) -> int:
        """The number of a shop at the new place."""
        return self.businesses.get(business_id, business_id)

    def renumbered(self, table: Table, row: Values) -> Values:
        """A row with the new numbers."""
        if self.none:
            return row
        owner = row.get("id" if table is business else "business_id")
        return {name: self._new(table, name, row, owner) for name in row}

    def _new(self, table: Table, name: str, row: Values, owner: object) -> object:
        value: Any = row[name]
        if (table.name, name) in ACTORS:
            return self._actor(value)
        numbers = self._kind_of(table, name, row)
        if name in {"program_id", "main_program_id"} or (table is shop_program and name == "id"):
            numbers = self.businesses if value == owner else {}  # the program with which the shop began
        return numbers.get(value, value)

    def _kind_of(self, table: Table, name: str, row: Values) -> NumberMap:
        """The new numbers of what a column names."""
        match table.name, name:
            case (_, "business_id" | "test_of") | (business.name, "id"):
                return self.businesses
            case (_, "endpoint_id") | (webhook_endpoint.name, "id"):
                return self.webhooks
            case api_key.name, "id":
                return self.api_keys
            case _, "actor_id" if row["actor_type"] == ActorType.API_KEY.value:
                return self.api_keys
        return {}

    def _actor(self, stored: bytes) -> bytes:
        actor = msgspec.json.decode(stored)
        if isinstance(actor, dict) and actor.get("type") == ActorType.API_KEY.value:
            actor["id"] = self.api_keys.get(actor["id"], actor["id"])
            return msgspec.json.encode(actor)
        return stored

    def told(self) -> list[dict[str, int | str]]:
        """The table that says which, a line for each number."""
        kinds = {"business": self.businesses, "webhook": self.webhooks, "api_key": self.api_keys}
        return [
            {"kind": kind, "was": old, "is": new} for kind, numbers in kinds.items() for old, new in numbers.items()
        ]


def given_ids(connection: Connection, kind: Kind, shops: tuple[int, ...]) -> list[int]:
    """The numbers of a kind that some shops have."""
    table = GLOBAL[kind]
    owner = table.c.id if table is business else table.c.business_id
    return list(connection.scalars(select(table.c.id).where(owner.in_(shops)).order_by(table.c.id)))


def taken_ids(connection: Connection, kind: Kind, wanted: list[int]) -> set[int]:
    """Which of these numbers something at the new place has."""
    table = GLOBAL[kind]
    return set(connection.scalars(select(table.c.id).where(table.c.id.in_(wanted))))


def renumber(
    heights: Mapping[Kind, int], wanted: Mapping[Kind, list[int]], taken: Mapping[Kind, set[int]]
) -> NewNumbers:
    """New numbers for those that are taken, behind the heights of both places, which are given."""
    maps = {}
    for kind in GLOBAL:
        first = heights[kind] + 1
        clashing = [number for number in wanted[kind] if number in taken[kind]]
        maps[kind] = {number: first + place for place, number in enumerate(clashing)}
    return NewNumbers(maps[Kind.BUSINESS], maps[Kind.WEBHOOK], maps[Kind.API_KEY])
