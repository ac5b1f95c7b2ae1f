"""Outages: failures of the database become the refusal `Busy`, and each outage is logged in two lines.

Every question and every transaction goes through `Outages.noticed`, so callers need not tell a database that is away
from one that is locked, and no loop needs a log line of its own. An outage is over when something succeeds and nothing
has failed for a while; reads and writes are told apart, because a standby still answers reads. Mistakes in our own
statements are raised as they are.
"""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum

import msgspec
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from loyalty_app.clock import Clock, utc_now
from loyalty_app.db.tables.homes import HOMES, TableHome
from loyalty_core.errors import Busy, BusyReason

RETRY_SECONDS = 5
SERVERS_TROUBLE = {"08", "40", "53", "55", "57", "58"}
"""Classes of SQLSTATE: connection, rollback (deadlocks too), resources, wrong state, operator, system."""
READ_ONLY = "25006"
"""SQLSTATE: the server is a standby, or is told to take no writes."""
NODE_AWAY = "08006"
"""SQLSTATE: the coordinator of a cluster cannot reach another machine, while it answers itself."""
_COPIED = "|".join(name for name, home in HOMES.items() if home is TableHome.EVERYWHERE)
CHANGES_COPIES = re.compile(rf'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "?(?:{_COPIED})\b')
"""What changes a table that is on every machine of a cluster: each has to take part."""
HELD = "this shop moves or has moved"
"""What triggers say that refuse changes; see `held_shops`."""
HELD_BY_OTHERS = {"55P03", "40P01", "40001"}
"""SQLSTATEs: a lock was not had in time, a deadlock, a race."""

QUIET_SECONDS, LONG_QUIET_SECONDS = 2.0, 15.0
"""How long nothing must have failed until an outage is over; the longer one is for those that few meet."""
MET_BY_FEW = {BusyReason.LOCKED, BusyReason.NODE_AWAY, BusyReason.SETTINGS_HELD}
"""These fail again only when somebody wants the same."""
WORDS: Mapping[BusyReason, str] = {
    BusyReason.AWAY: "the database cannot be used, so nothing can be {doing}",
    BusyReason.READ_ONLY: "the database takes no changes, because it is a standby or read-only",
    BusyReason.NODE_AWAY: "a machine of the cluster cannot be reached, so what is there cannot be {doing}",
    BusyReason.SETTINGS_HELD: "a machine of the cluster cannot be reached, so what is on all of them cannot be {doing}",
    BusyReason.LOCKED: "another program or session holds a lock for too long, so some things cannot be {doing}",
    BusyReason.IN_DOUBT: "the database broke off during COMMIT, so it is not known whether a batch was written",
}
ADVICE = "Clients get 503 and try again; further failures are counted, not logged"

log = logging.getLogger(__name__)


class CommitUnknown(Exception):  # a fact, not a mistake
    """The connection broke during COMMIT, and whether it happened cannot be learned."""


class Doing(StrEnum):
    """What the database was asked to do."""

    READ = "read"
    WRITE = "written"


def will_pass(error: BaseException) -> bool:
    """Whether a failure is the database's own (away, stopping, locked, full, a standby), so that a retry may help."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, Busy | CommitUnknown | OSError | PoolTimeout)
    state = _state(error)
    away = error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    return away or state == READ_ONLY or state[:2] in SERVERS_TROUBLE or HELD in str(error.orig)


def _state(error: BaseException) -> str:
    return str(getattr(getattr(error, "orig", None), "sqlstate", None))


def reason_of(error: BaseException) -> BusyReason:
    """Why the database could not do it."""
    said = str(getattr(error, "orig", ""))
    if isinstance(error, CommitUnknown):
        return BusyReason.IN_DOUBT
    if _state(error) == READ_ONLY or "readonly database" in said:
        return BusyReason.READ_ONLY
    if _state(error) in HELD_BY_OTHERS or "database is locked" in said or HELD in said:
        return BusyReason.LOCKED
    if _state(error) != NODE_AWAY:
        return BusyReason.AWAY
    copies = CHANGES_COPIES.match(getattr(error, "statement", None) or "")
    return BusyReason.SETTINGS_HELD if copies else BusyReason.NODE_AWAY


def _is_our_mistake(error: Exception) -> bool:
    """Whether a question was wrong: it would write, or asks for a table that is not there."""
    return reason_of(error) is BusyReason.READ_ONLY or "no such table" in str(getattr(error, "orig", ""))


class Outage(msgspec.Struct):
    """Failures of one kind, from the first on."""

    since: datetime
    began: float
    last: float
    count: int = 0


class Outages:
    """What a process knows about the outages of its database; used only on the event loop.

    with outages.noticed(Doing.READ):
        rows = await ask()
    """

    def __init__(
        self,
        *,
        clock: Clock = utc_now,
        seconds: Callable[[], float] = time.monotonic,
        away: BusyReason = BusyReason.AWAY,
    ) -> None:
        """`away` is what it means that nothing answers: of one machine of a cluster, that others may."""
        self._away = away
        self._clock, self._seconds = clock, seconds
        self._outages: dict[tuple[Doing, BusyReason], Outage] = {}

    @contextmanager
    def noticed(self, doing: Doing) -> Iterator[None]:
        """Notice whether the block fails. Raises Busy in place of a failure that may pass by itself."""
        try:
            yield
        except Exception as error:
            if isinstance(error, Busy) or not will_pass(error) or (doing is Doing.READ and _is_our_mistake(error)):
                raise
            raise self._failed(doing, error) from error
        if self._outages:
            self._succeeded(doing)

    def busy(self) -> Busy:
        """The refusal for what was not served in time: the outage that goes on, else too much to do."""
        for (_, reason), outage in self._outages.items():
            return Busy(RETRY_SECONDS, reason, outage.since)
        return Busy(RETRY_SECONDS)

    def _failed(self, doing: Doing, error: Exception) -> Busy:
        reason, now = reason_of(error), self._seconds()
        reason = self._away if reason is BusyReason.AWAY else reason
        known = self._outages.get((doing, reason))
        if known is None:
            self._outages[doing, reason] = known = Outage(since=self._clock(), began=now, last=now)
            log.error("%s: %s. %s", WORDS[reason].format(doing=doing), _said(error), ADVICE)
        known.count, known.last = known.count + 1, now
        return Busy(RETRY_SECONDS, reason, known.since)

    def _succeeded(self, doing: Doing) -> None:
        """End what is over: where writing works, reading works as well."""
        for (what, reason), outage in list(self._outages.items()):
            quiet = LONG_QUIET_SECONDS if reason in MET_BY_FEW else QUIET_SECONDS
            if doing in {what, Doing.WRITE} and self._seconds() - outage.last >= quiet:
                del self._outages[what, reason]
                log.warning(
                    "%s: that is over. It began at %s UTC, lasted %.0f s, and %d attempts failed",
                    WORDS[reason].format(doing=what),
                    f"{outage.since:%H:%M:%S}",
                    outage.last - outage.began,
                    outage.count,
                )


def _said(error: Exception) -> str:
    """What the database or the network said, on one line."""
    cause = getattr(error, "orig", None) or error
    return " ".join(str(cause).split()).rstrip(".") or type(cause).__name__
