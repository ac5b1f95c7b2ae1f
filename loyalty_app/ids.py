"""Ids: the kinds of things that have one, and how a transaction takes the next.

How each database makes ids is in `db/sqlite/writes.py` and `db/postgres/ids.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import TracebackType
from typing import Self


class Kind(StrEnum):
    """What an id identifies, by the name under which the database counts it."""

    BUSINESS = "business"
    CUSTOMER = "customer"
    TRANSACTION = "transaction"
    REWARD = "reward"
    BRANCH = "branch"
    STAFF = "staff"
    API_KEY = "api_key"
    WEBHOOK = "webhook"
    DELIVERY = "delivery"
    NOTICE = "notice"
    IMPORT = "import"


class Ids(ABC):
    """The ids that one transaction takes. They are saved when the `with` block ends without an exception.

    Example: `with database.ids(connection) as ids: branch_id = ids.take(Kind.BRANCH)`.
    """

    @abstractmethod
    def peek(self, kind: Kind, *, ahead: int = 0) -> int:
        """The next id, or one that follows it. It stays the next until it is taken."""

    @abstractmethod
    def take(self, kind: Kind) -> int:
        """Take the next id, for a row that will be inserted."""

    @abstractmethod
    def peek_rewards(self, most: int) -> int:
        """The id of the next reward; `most` may follow without a gap."""

    @abstractmethod
    def take_rewards(self, count: int) -> None:
        """Take `count` reward ids, from the next one on."""

    @abstractmethod
    def likely(self) -> Mapping[Kind, int]:
        """How many ids of each kind to fetch along with another query; empty if fetching costs nothing."""

    @abstractmethod
    def keep(self, fetched: Mapping[Kind, Sequence[int]]) -> None:
        """Keep fetched ids, in their order."""

    @abstractmethod
    def save(self) -> None:
        """Store what was taken."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.save()
