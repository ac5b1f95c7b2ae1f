"""Renumbering: which of a shop's numbers are others at the new place, because they are taken there.

Most numbers count within their shop, so they are free wherever the shop's own is: those of customers, entries, rewards,
branches, staff, deliveries. Three are looked up without a shop: those of shops, of endpoints and of API keys. They stay
if they are free. Codes, keys, links and what Telegram has numbered never change.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Table, select

from loyalty_app.db.bulk import Values
from loyalty_app.db.plain_rows import PlainRow
from loyalty_app.db.tables import api_key, business, fan_out, import_job, shop_program, transaction, webhook_endpoint
from loyalty_app.ids import Kind
from loyalty_core.ledger import ActorType

NumberMap = Mapping[int, int]
Change = Callable[[PlainRow], object]
GLOBAL: Mapping[Kind, Table] = {Kind.BUSINESS: business, Kind.WEBHOOK: webhook_endpoint, Kind.API_KEY: api_key}
"""Kinds whose numbers are looked up without a shop."""
ACTORS = {(import_job.name, "actor")}
"""Columns with a whole actor, as JSON."""
KNOWN = {
    *("business_id", "test_of", "main_program_id", "program_id", "endpoint_id", "actor_id"),
    *("customer_id", "transaction_id", "reward_id", "branch_id", "delivery_id", "event_id", "from_id", "into_id"),
    *("referrer_id", "first_id", "end_id"),
    *("bot_id", "user_id", "chat_id", "person_id", "update_id", "message_id", "screen_id", "last_id"),
    *("public_id", "credential_id"),
}
"""The columns with numbers of something: those that may change, which are first, and those that stay what they are.

A test compares them with the tables.
"""


DRAFT_NUMBERS = ("business", "shop", "program")
"""Answers of an open question in a chat with the shop's own bot that are numbers of shops.

The program with which a shop began has the shop's number. A test compares them with what the bots note.
"""


def _mapped(place: int, numbers: NumberMap) -> Change:
    return lambda row: numbers.get(row[place], row[place])


def _if(changes: bool, numbers: NumberMap, value: int) -> int:  # noqa: FBT001  # as in words
    return numbers.get(value, value) if changes else value


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
        """A row, or a part of one, with the new numbers."""
        if self.none:
            return row
        values = [*row.values()]
        self.renumber_all(table, tuple(row), [values])
        return dict(zip(row, values, strict=True))

    def renumber_all(self, table: Table, names: Sequence[str], rows: Sequence[PlainRow]) -> None:
        """Put the new numbers into rows that have the values of the columns with these names."""
        for place, change in self._changes(table, names):
            for row in rows:
                if row[place] is not None:
                    row[place] = change(row)

    def _changes(self, table: Table, names: Sequence[str]) -> list[tuple[int, Change]]:
        """The places of the columns that may change, and what gives a row's new value. That of the owner is last."""
        owner = "id" if table is business else "business_id"
        found = [(place, self._change(table, name, names)) for place, name in enumerate(names) if name != owner]
        if owner in names:
            place = names.index(owner)
            found.append((place, _mapped(place, self.businesses)))
        return [(place, change) for place, change in found if change is not None]

    def _change(self, table: Table, name: str, names: Sequence[str]) -> Change | None:
        place = names.index(name)
        match table.name, name:
            case (_, "test_of" | "endpoint_id") | (webhook_endpoint.name | api_key.name, "id"):
                return _mapped(place, self._named(table, name))
            case _, "actor_id":
                kind, numbers = names.index("actor_type"), self.api_keys
                return lambda row: _if(row[kind] == ActorType.API_KEY.value, numbers, row[place])
            case (_, "program_id" | "main_program_id") | (shop_program.name, "id"):
                owner = names.index("id" if table is business else "business_id")
                return lambda row: _if(row[place] == row[owner], self.businesses, row[place])
        return self._change_within(table, name, names)

    def _change_within(self, table: Table, name: str, names: Sequence[str]) -> Change | None:
        """The same of values in which a number stands among other things."""
        place = names.index(name)
        match table.name, name:
            case fan_out.name, "endpoint_ids":
                return lambda row: self._listed(row[place])
            case transaction.name, "once":
                owner = names.index("business_id")
                return lambda row: self._once(row[place], row[owner])
            case _ if (table.name, name) in ACTORS:
                return lambda row: self._actor(row[place])
        return None

    def _once(self, stored: bytes, shop: int) -> bytes:
        if shop not in self.businesses:
            return stored
        from loyalty_app.counter.replays import once_of_shop  # noqa: PLC0415  # it loads the whole counter

        return once_of_shop(stored, shop)

    def _named(self, table: Table, name: str) -> NumberMap:
        """The new numbers of what a column names, whatever else the row has."""
        if name == "test_of":
            return self.businesses
        return self.api_keys if table is api_key else self.webhooks

    def _listed(self, stored: str) -> str:
        return " ".join(str(self.webhooks.get(int(one), one)) for one in stored.split())

    def of_draft(self, stored: object) -> object:
        """An open question with the new numbers; none if it cannot be read."""
        if self.none or not isinstance(stored, bytes):
            return stored
        try:
            draft = msgspec.json.decode(stored)
        except msgspec.DecodeError:
            return None
        if not isinstance(draft, dict) or not isinstance(answers := draft.get("answers", {}), dict):
            return None
        changed = {name: self.of_shop(answers[name]) for name in DRAFT_NUMBERS if type(answers.get(name)) is int}
        return msgspec.json.encode({**draft, "answers": {**answers, **changed}})

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
