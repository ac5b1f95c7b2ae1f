"""The proof of high availability sees what is lost and what is doubled, and takes the older version it says."""

from collections import Counter

from bench.high_availability.installation import Counted, compared
from bench.high_availability.tills import Answered, Till, longest_gap, longest_wait


def tills(*answers: list[Answered]) -> list[Till]:
    found = []
    for own in answers:
        till = Till([], [])
        till.answered = own
        found.append(till)
    return found


def test_an_answered_stamp_that_is_not_in_the_ledger_is_lost_and_one_too_many_is_doubled() -> None:
    answered, written = Counter({1: 5, 2: 3, 3: 4}), Counter({1: 5, 2: 2, 3: 6})
    assert compared(answered, written) == Counted(stamps=12, lost=1, doubled=2)


def test_a_gap_is_where_no_till_was_answered() -> None:
    two = tills([Answered(0, 1), Answered(1, 6)], [Answered(2, 3), Answered(3, 8)])
    assert longest_gap(two) == 3
    assert longest_wait(two) == 5
