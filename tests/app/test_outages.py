"""Outages: each is logged in two lines, however many attempts fail, and what may pass is refused as Busy."""

import logging
from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy.exc import DBAPIError

from loyalty_app.db.outages import QUIET_SECONDS, RETRY_SECONDS, CommitUnknown, Doing, Outages
from loyalty_core.errors import Busy, BusyReason
from testkit.clocks import Clock


class Seconds:
    """A stopwatch that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def outages(seconds: Seconds, caplog: pytest.LogCaptureFixture) -> Iterator[Outages]:
    with caplog.at_level(logging.INFO):
        yield Outages(clock=Clock(), seconds=seconds)


def fail(outages: Outages, doing: Doing, error: Exception) -> Busy:
    with pytest.raises(Busy) as refusal, outages.noticed(doing):
        raise error
    return refusal.value


def succeed(outages: Outages, doing: Doing) -> None:
    with outages.noticed(doing):
        pass


def test_an_outage_is_two_lines_however_many_attempts_fail(
    outages: Outages, seconds: Seconds, caplog: pytest.LogCaptureFixture
) -> None:
    refusals = []
    for _ in range(850):
        refusals.append(fail(outages, Doing.WRITE, ConnectionRefusedError("db1: refused")))
        seconds.now += 0.01
    assert {(refusal.reason, refusal.since) for refusal in refusals} == {(BusyReason.AWAY, Clock().now)}
    seconds.now += QUIET_SECONDS
    for _ in range(3):
        succeed(outages, Doing.WRITE)
    begun, over = [record.getMessage() for record in caplog.records]
    assert "db1: refused" in begun
    assert "850 attempts failed" in over


def test_a_success_in_between_does_not_end_an_outage_that_goes_on(
    outages: Outages, seconds: Seconds, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        fail(outages, Doing.WRITE, TimeoutError())
        seconds.now += QUIET_SECONDS / 2
        succeed(outages, Doing.WRITE)
    assert len(caplog.records) == 1


def test_who_can_still_read_does_not_end_an_outage_of_writing(
    outages: Outages, seconds: Seconds, caplog: pytest.LogCaptureFixture
) -> None:
    fail(outages, Doing.WRITE, TimeoutError())
    seconds.now += 60
    succeed(outages, Doing.READ)
    assert len(caplog.records) == 1
    succeed(outages, Doing.WRITE)
    assert len(caplog.records) == 2


def of_a_coordinator(statement: str) -> DBAPIError:
    """What the coordinator of a cluster says that cannot reach another machine."""
    said = Exception("connection to the remote node failed")
    said.sqlstate = "08006"  # type: ignore[attr-defined]  # as the driver has it
    return DBAPIError(statement, None, said)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SELECT name FROM customer", BusyReason.NODE_AWAY),
        ("UPDATE customer SET name = $1", BusyReason.NODE_AWAY),
        ("UPDATE business_total SET customers = $1", BusyReason.NODE_AWAY),
        ("SELECT id FROM business FOR UPDATE", BusyReason.NODE_AWAY),
        ("UPDATE business SET name = $1", BusyReason.SETTINGS_HELD),
        ('INSERT INTO "staff" (id) VALUES ($1)', BusyReason.SETTINGS_HELD),
    ],
)
def test_a_change_that_every_machine_has_to_take_is_refused_for_that(
    outages: Outages, statement: str, reason: BusyReason
) -> None:
    assert fail(outages, Doing.WRITE, of_a_coordinator(statement)).reason is reason


def test_a_machine_that_few_ask_for_is_away_in_two_lines_too(
    outages: Outages, seconds: Seconds, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        fail(outages, Doing.READ, of_a_coordinator("SELECT name FROM customer"))
        seconds.now += RETRY_SECONDS
        succeed(outages, Doing.WRITE)
    assert len(caplog.records) == 1


def test_a_mistake_of_ours_is_raised_as_it_is(outages: Outages, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(KeyError), outages.noticed(Doing.READ):
        raise KeyError
    assert caplog.records == []


def test_what_is_in_doubt_says_so_and_who_was_not_served_in_time_hears_of_the_outage(outages: Outages) -> None:
    assert outages.busy().reason is BusyReason.TOO_MANY
    assert fail(outages, Doing.WRITE, CommitUnknown()).reason is BusyReason.IN_DOUBT
    assert outages.busy().reason is BusyReason.IN_DOUBT


def test_a_refusal_inside_is_no_outage(outages: Outages, caplog: pytest.LogCaptureFixture) -> None:
    with suppress(Busy), outages.noticed(Doing.WRITE):
        raise Busy
    assert caplog.records == []
