"""Several cards of one customer: what is said of all of them together."""

from datetime import date

from loyalty_core.customers import Card, last_visit_of

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


def test_somebody_was_last_here_when_any_of_their_cards_was_and_comes_back_with_the_second_visit_of_any() -> None:
    empty, once = Card(), Card(day=MONDAY, total_visits=1)
    later = Card(day=TUESDAY, total_visits=1)
    assert last_visit_of([]) is last_visit_of([empty]) is None
    assert last_visit_of([empty, once]) == (MONDAY, False)
    assert last_visit_of([later, once]) == (TUESDAY, True)
