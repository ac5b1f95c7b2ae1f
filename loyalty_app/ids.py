"""Ids: the kinds of things that have one, and how a transaction takes the next.

Where ids come from differs between the databases, and stands in `db/sqlite/ids.py` and `db/postgres/ids.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import TracebackType
from typing import Self


class Kind(StrEnum):
    """What an id is the id of, by the name that the database counts it under."""

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
    """The ids that one transaction takes. They are written down when the `with` block ends without an exception.

    Example: `with database.ids(connection) as ids: branch_id = ids.take(Kind.BRANCH)`.
    """

    @abstractmethod
    def peek(self, kind: Kind) -> int:
        """The id that comes next. It stays the next one until it is taken."""

    @abstractmethod
    def take(self, kind: Kind) -> int:
        """The id that comes next, for a thing that will be inserted."""

    @abstractmethod
    def peek_rewards(self, most: int) -> int:
        """The id of the next reward; `most` may follow without a gap."""

    @abstractmethod
    def take_rewards(self, count: int) -> None:
        """Take so many ids of rewards, from the next one on."""

    @abstractmethod
    def likely(self) -> Mapping[Kind, int]:
        """How many ids of which kinds to fetch along with something else; empty where fetching costs nothing."""

    @abstractmethod
    def keep(self, fetched: Mapping[Kind, Sequence[int]]) -> None:
        """Keep ids that were fetched along, in their order."""

    @abstractmethod
    def save(self) -> None:
        """Write down what was taken."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.save()
