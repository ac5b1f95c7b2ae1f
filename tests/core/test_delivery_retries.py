"""The law-book of deliveries: when a receiver is tried again, and when it is given up."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty_core.delivery_retries import (
    RETRY_SCHEDULE,
    Attempt,
    Delivered,
    Disable,
    Fine,
    GaveUp,
    Health,
    RetryAt,
    Verdict,
    Warn,
    judge,
    judge_endpoint,
)
from testkit.builders import NOON

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DELAYS = (5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
TRIES = 10
OVERLOADED: list[dict[str, Any]] = [{"status": 429}, {"status": 502}, {"status": 504}, {"timed_out": True}]

DICE = st.floats(0, 1, exclude_max=True)
NUMBERS = st.integers(1, TRIES)
EARLY = st.integers(1, TRIES - 1)
STATUSES = st.none() | st.integers(100, 599)
ATTEMPTS = st.builds(
    Attempt,
    number=NUMBERS,
    status=STATUSES,
    timed_out=st.booleans(),
    retry_after=st.none() | st.integers(-10, 10**9),
    dice=DICE,
)


def verdict(number: int = 1, **told: object) -> Verdict:
    return judge(replace(Attempt(number=number), **told), NOON)


def delay(number: int = 1, **told: object) -> timedelta:
    """How long after an attempt the next one comes."""
    judged = verdict(number, **told)
    assert isinstance(judged, RetryAt)
    return judged.at - NOON


# The schedule.


def test_the_first_try_is_at_once_and_nine_follow() -> None:
    assert list(RETRY_SCHEDULE) == [timedelta(0), *DELAYS]


@pytest.mark.parametrize(
    ("number", "status", "judged"), [(1, 200, Delivered()), (TRIES, 410, Disable()), (TRIES, 500, GaveUp())]
)
def test_success_a_receiver_that_is_gone_and_the_last_failure_end_it(number: int, status: int, judged: Verdict) -> None:
    assert verdict(number, status=status) == judged


@given(st.integers(200, 299), NUMBERS)
def test_every_2xx_is_success_at_every_try(status: int, number: int) -> None:
    assert verdict(number, status=status) == Delivered()


@given(STATUSES.filter(lambda status: status is None or not 200 <= status <= 299), NUMBERS)
def test_nothing_else_is_success_a_redirect_neither(status: int | None, number: int) -> None:
    assert verdict(number, status=status) != Delivered()


@given(NUMBERS, DICE)
def test_gone_switches_the_endpoint_off_at_every_try(number: int, dice: float) -> None:
    assert verdict(number, status=410, retry_after=5, dice=dice) == Disable()


@given(ATTEMPTS)
def test_after_the_tenth_failure_there_is_no_other_try(attempt: Attempt) -> None:
    judged = judge(attempt, NOON)
    assert isinstance(judged, GaveUp) <= (attempt.number == TRIES)
    assert isinstance(judged, RetryAt) <= (attempt.number < TRIES)


@pytest.mark.parametrize("number", range(1, TRIES))
def test_the_middle_of_the_dice_is_the_schedule_itself(number: int) -> None:
    assert delay(number, status=500, dice=0.5) == DELAYS[number - 1]


@given(EARLY, STATUSES.filter(lambda status: status not in {410, 429, 502, 504}), DICE)
def test_each_delay_is_within_a_fifth_of_the_schedule(number: int, status: int | None, dice: float) -> None:
    if status is None or not 200 <= status <= 299:
        planned = DELAYS[number - 1]
        assert planned * 0.8 <= delay(number, status=status, dice=dice) <= planned * 1.2


@pytest.mark.parametrize("number", range(1, TRIES))
def test_the_dice_spread_the_delay_over_two_fifths(number: int) -> None:
    planned = DELAYS[number - 1]
    assert delay(number, dice=0.0) == planned * 0.8
    assert planned * 1.19 < delay(number, dice=0.999) < planned * 1.2


@given(ATTEMPTS)
def test_the_same_attempt_is_judged_the_same_and_by_its_end(attempt: Attempt) -> None:
    now, later = judge(attempt, NOON), judge(attempt, NOON + DAY)
    assert now == judge(attempt, NOON)
    if isinstance(now, RetryAt):
        assert later == RetryAt(now.at + DAY)


# Receivers that are overloaded.


@pytest.mark.parametrize("told", OVERLOADED)
@given(number=EARLY, dice=DICE)
def test_an_overloaded_receiver_has_at_least_a_minute(told: dict[str, Any], number: int, dice: float) -> None:
    assert delay(number, **told, dice=dice) >= MINUTE


@pytest.mark.parametrize("told", OVERLOADED)
def test_not_all_come_back_to_it_at_once(told: dict[str, Any]) -> None:
    assert delay(**told, dice=0.0) == MINUTE
    assert delay(**told, dice=0.5) == 1.5 * MINUTE


def test_one_that_merely_fails_is_tried_again_sooner() -> None:
    assert delay(status=500) == delay(status=None) == 5 * SECOND


@given(st.integers(1, 86_400), DICE)
def test_a_retry_after_is_honoured_up_to_twice(seconds: int, dice: float) -> None:
    asked = seconds * SECOND
    assert asked <= delay(status=429, retry_after=seconds, dice=dice)
    assert delay(status=429, retry_after=seconds, dice=dice) <= max(2 * asked, MINUTE, 6 * SECOND)


@pytest.mark.parametrize("status", [500, 503, 302])
def test_a_retry_after_counts_for_every_failure(status: int) -> None:
    assert delay(status=status, retry_after=600, dice=0.0) == 10 * MINUTE


def test_a_retry_after_makes_no_delay_shorter() -> None:
    assert delay(4, status=503, retry_after=1) == 2 * HOUR
    assert delay(1, status=429, retry_after=1) == MINUTE


@pytest.mark.parametrize("seconds", [0, -1, -(10**9)])
def test_a_retry_after_in_the_past_says_nothing(seconds: int) -> None:
    assert delay(status=503, retry_after=seconds) == 5 * SECOND
    assert delay(status=429, retry_after=seconds) == MINUTE


def test_nobody_can_ask_for_more_than_a_day() -> None:
    assert delay(status=503, retry_after=10**9, dice=0.0) == DAY


def test_without_an_answer_there_is_no_retry_after() -> None:
    assert delay(status=None, retry_after=600) == 5 * SECOND


# A delivery from its first try to its end, and its endpoint with it.


class Try(NamedTuple):
    at: datetime
    verdict: Verdict
    endpoint: object


def course(dice: list[float], **told: object) -> list[Try]:
    """Every attempt at a receiver that goes on failing so, by a clock that only moves to the next attempt."""
    tries: list[Try] = []
    now, health = NOON, Health()
    for number in range(1, TRIES + 2):
        judged = judge(replace(Attempt(number=number, dice=dice[number - 1]), **told), now)
        endpoint = judge_endpoint(health, now)
        tries.append(Try(now, judged, endpoint))
        if not isinstance(judged, RetryAt):
            break
        health = Health(failing_since=health.failing_since or now, warnings=getattr(endpoint, "warnings", 0))
        now = judged.at
    return tries


@given(st.lists(DICE, min_size=TRIES + 1, max_size=TRIES + 1))
def test_a_dead_receiver_is_tried_ten_times_at_the_times_of_the_schedule(dice: list[float]) -> None:
    tries = course(dice, status=500)
    waits = [after.at - before.at for before, after in pairwise(tries)]
    assert [planned * 0.8 <= wait <= planned * 1.2 for wait, planned in zip(waits, DELAYS, strict=True)] == [True] * 9
    assert tries[-1].verdict == GaveUp()


@given(st.lists(DICE, min_size=TRIES + 1, max_size=TRIES + 1))
def test_one_failing_event_never_switches_an_endpoint_off(dice: list[float]) -> None:
    assert not any(isinstance(one.endpoint, Disable) for one in course(dice, status=500))


# Endpoints.


def health(failing_for: timedelta, warnings: int = 0) -> Health:
    return Health(failing_since=NOON - failing_for, warnings=warnings)


def test_a_first_failure_is_no_cause_for_worry() -> None:
    assert judge_endpoint(Health(), NOON) == Fine()


@pytest.mark.parametrize(
    ("failing_for", "warnings", "judged"),
    [
        (DAY - SECOND, 0, Fine()),
        (DAY, 0, Warn(DAY, 1)),
        (DAY, 1, Fine()),
        (3 * DAY - SECOND, 1, Fine()),
        (3 * DAY, 1, Warn(3 * DAY, 2)),
        (3 * DAY, 2, Fine()),
        (5 * DAY - SECOND, 2, Fine()),
        (5 * DAY, 2, Disable()),
        (50 * DAY, 0, Disable()),
    ],
)
def test_the_owner_is_warned_after_one_and_three_days_and_after_five_it_ends(
    failing_for: timedelta, warnings: int, judged: object
) -> None:
    assert judge_endpoint(health(failing_for, warnings), NOON) == judged


def test_two_warnings_that_are_due_at_once_are_given_as_one() -> None:
    assert judge_endpoint(health(4 * DAY), NOON) == Warn(4 * DAY, 2)


@given(st.lists(st.timedeltas(SECOND, DAY), max_size=40))
def test_however_failures_come_there_are_two_warnings_at_most_and_none_before_a_day(waits: list[timedelta]) -> None:
    now, warnings, told = NOON, 0, list[timedelta]()
    for wait in waits:
        now += wait
        judged = judge_endpoint(Health(failing_since=NOON, warnings=warnings), now)
        if isinstance(judged, Disable):
            assert now - NOON >= 5 * DAY
            break
        if isinstance(judged, Warn):
            told.append(judged.failing_for)
            warnings = judged.warnings
    assert len(told) <= 2
    assert all(after >= DAY for after in told)
    assert len({after >= 3 * DAY for after in told}) == len(told)
