"""The machines of a cluster: how each is reached, and where transactions on one take ids from."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, Engine

from loyalty_app.db.outages import Outages
from loyalty_app.db.postgres.driver import single_row
from loyalty_app.db.postgres.engine import PostgresDatabase
from loyalty_app.db.postgres.ids import IdHabits, PostgresIds, next_ids
from loyalty_app.db.postgres.parameters import ConnectionParameters, Host
from loyalty_app.db.postgres.server import Limits, PostgresServer
from loyalty_app.db.shards import Node
from loyalty_app.ids import Kind
from loyalty_core.errors import BusyReason

ON_COORDINATOR = {"citus.multi_shard_modify_mode": "sequential", "citus.override_table_visibility": "off"}
"""One connection to a machine for each transaction; and quick answers about types on each new connection."""


class Machine(PostgresDatabase):
    """One machine of a cluster; only its shards are asked for anything."""

    def __init__(self, coordinators: ConnectionParameters, node: Node, limits: Limits) -> None:
        there = msgspec.structs.replace(
            with_settings(coordinators), hosts=(Host(node.host, node.port),), sessions="any", pooled=False
        )
        self._use(PostgresServer(there, limits))
        self.outages = Outages(away=BusyReason.NODE_AWAY)


class CoordinatorIds(PostgresIds):
    """Takes ids from the coordinator's sequences, for a transaction on another machine.

    One place gives them out, so they only rise for a customer: it is asked once the rows are locked. All kinds that are
    likely needed come in one round trip.
    """

    def __init__(self, connection: Connection, habits: IdHabits, expected: int, coordinator: Engine) -> None:
        super().__init__(connection, habits, expected)
        self._coordinator = coordinator

    def likely(self) -> Mapping[Kind, int]:
        """None: the machine on which the rows are has no ids."""
        return {}

    def _fetch(self, kind: Kind) -> list[int]:
        likely = {one: count for one, count in super().likely().items() if not self._fetched.get(one)}
        wanted = {**likely, kind: max(self.expected, likely.get(kind, 1))}
        kinds = ", ".join(next_ids(one, place) for place, one in enumerate(wanted, 1))
        with self._coordinator.connect() as coordinator:
            ids = single_row(coordinator, f"SELECT {kinds}", tuple(wanted.values()))
        self.keep(dict(zip(wanted, ids, strict=True)))
        return self._fetched[kind]

    def _next_reward(self) -> int:
        with self._coordinator.connect() as coordinator:
            [number] = single_row(coordinator, "SELECT nextval('reward_number')", ())
        return int(number)


def with_settings(parameters: ConnectionParameters) -> ConnectionParameters:
    """The same, with the settings that all sessions of a cluster have."""
    return msgspec.structs.replace(parameters, settings={**ON_COORDINATOR, **parameters.settings})
