"""The setup of the benchmark of stamps: its databases, servers and floors, which run as long as it does."""

from collections.abc import Callable
from contextlib import ExitStack

import msgspec

from bench.databases import Databases
from bench.floors.postgres import PostgresFloor
from bench.floors.samples import take_samples
from bench.floors.sqlite import SqliteFloor
from bench.http_load import Load, Round, at_full_rate, write_cards
from bench.peers import contestants
from bench.peers.contestants import PEERS
from bench.rounds import Contestant
from bench.server_process import served
from bench.shops import Scale, furnish
from loyalty_app.settings import Settings

FLOORS = {"floor-sqlite": "SQLite alone, a commit each", "floor-postgres": "PostgreSQL alone, pgbench"}
OURS = {"ours-sqlite": "ours", "ours-postgres": "ours", "ours-postgres-2": "ours, 2 processes, Redis"}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to measure, and for how long."""

    names: tuple[str, ...]
    rounds: int
    seconds: float
    scale: Scale
    once_only: bool


class Setup:
    """Sets up contestants, each with a database of its own."""

    def __init__(self, plan: Plan, databases: Databases, stack: ExitStack) -> None:
        self.plan, self.databases, self.stack = plan, databases, stack
        self.loads: dict[str, Load] = {}
        """The load for each contestant that serves HTTP."""
        self.settings: dict[str, Settings] = {}
        """The database of each contestant."""

    def open(self, name: str) -> Contestant:
        """Set up a contestant, and start its server if it has one."""
        if name in FLOORS:
            return self._contestant(name, FLOORS[name], self._floor(name))
        load = self._ours(name) if name in OURS else self._peer(name)
        self.loads[name] = load
        return self._contestant(name, {**OURS, **PEERS}[name], lambda seconds: at_full_rate(load, seconds))

    def _contestant(self, name: str, label: str, measure: Callable[[float], Round]) -> Contestant:
        return Contestant(name=name, label=label, database=database_of(name), measure=measure)

    def _settings(self, name: str) -> Settings:
        make = self.databases.sqlite if database_of(name) == "SQLite" else self.databases.postgres
        self.settings[name] = make(name.replace("-", "_"))
        return self.settings[name]

    def _floor(self, name: str) -> Callable[[float], Round]:
        settings = self._settings(name)
        cards = furnish(settings, self.plan.scale)
        floor = SqliteFloor if database_of(name) == "SQLite" else PostgresFloor
        opened = floor(settings, cards, take_samples(settings, cards[0]), once_only=self.plan.once_only)
        self.stack.callback(opened.close)
        return opened.measure

    def _ours(self, name: str) -> Load:
        settings = self._settings(name)
        cards = write_cards(self.databases.folder / f"{name}.cards", furnish(settings, self.plan.scale))
        workers = 2 if name.endswith("-2") else 1
        redis = self.databases.redis() if workers > 1 else None
        port = self.stack.enter_context(served(settings, workers=workers, redis_url=redis))
        return Load(port=port, cards=cards, once_only=self.plan.once_only)

    def _peer(self, name: str) -> Load:
        settings, cards = self._settings(name), self.databases.folder / f"{name}.cards"
        cards.write_text(contestants.furnish(name, settings, self.plan.scale))
        port = self.stack.enter_context(contestants.served(name, settings))
        return Load(port=port, cards=cards, once_only=self.plan.once_only)


def database_of(name: str) -> str:
    """The database of a contestant, by its usual name."""
    return "SQLite" if "sqlite" in name else "PostgreSQL"
