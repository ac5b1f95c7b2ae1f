"""What a business owes: ages, the share that is redeemed, and money."""

from datetime import date

import pytest
from msgspec.structs import replace

from loyalty_core.errors import InvalidRequest
from loyalty_core.owed import ages_of, earned_since, owed_by, redeemed_share, summed_up
from loyalty_core.programs import ProgramChange, changed, looks_the_same
from testkit.builders import NOON, a_program


def test_ages_end_at_seven_thirty_and_ninety_days_and_the_last_never() -> None:
    ages = ages_of((4, 3, 2, 1))
    assert [(one.from_days, one.to_days, one.outstanding) for one in ages] == [
        (0, 7, 4),
        (8, 30, 3),
        (31, 90, 2),
        (91, None, 1),
    ]


def test_a_reward_of_the_first_day_of_an_age_is_as_old_as_the_age_allows() -> None:
    assert earned_since(date(2026, 4, 1)) == (date(2026, 3, 25), date(2026, 3, 2), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("redeemed", "expired", "outstanding", "share"),
    [(1, 0, 1, 0.5), (2, 1, 3, 0.3333), (0, 0, 4, 0.0), (5, 0, 0, 1.0), (0, 0, 0, None)],
)
def test_the_share_redeemed_is_of_all_that_could_be(
    redeemed: int, expired: int, outstanding: int, share: float | None
) -> None:
    assert redeemed_share(redeemed=redeemed, expired=expired, outstanding=outstanding).share == share


def test_without_a_cost_nothing_is_said_about_money() -> None:
    summary = summed_up([owed_by(a_program(), 3, business_id=1)], ages=(3, 0, 0, 0), branches=(), redeemed=0, expired=0)
    assert (summary.outstanding, summary.cost, summary.currency) == (3, None, None)
    assert (summary.programs[0].reward_cost, summary.programs[0].cost) == (None, None)


def test_money_of_one_currency_is_added_up_and_that_of_several_is_not() -> None:
    coffee, cake, pie = (
        replace(a_program(reward_cost=cost, currency=currency), title=title)
        for title, cost, currency in ((None, 120, "EUR"), ("Cake", 300, "EUR"), ("Pie", 400, "USD"))
    )
    known = ((coffee, 2), (cake, 1), (a_program(), 5))
    one = [owed_by(program, outstanding, business_id=1) for program, outstanding in known]
    summary = summed_up(one, ages=(8, 0, 0, 0), branches=(), redeemed=1, expired=0)
    assert (summary.outstanding, summary.cost, summary.currency) == (8, 540, "EUR")
    several = summed_up([*one, owed_by(pie, 1, business_id=1)], ages=(9, 0, 0, 0), branches=(), redeemed=1, expired=0)
    assert (several.outstanding, several.cost, several.currency) == (9, None, None)


def test_a_cost_needs_a_currency_and_a_currency_can_stand_alone() -> None:
    program = a_program()
    with pytest.raises(InvalidRequest, match="currency"):
        changed(program, ProgramChange(reward_cost=250), NOON)
    assert changed(program, ProgramChange(currency="EUR"), NOON).currency == "EUR"
    with pytest.raises(InvalidRequest, match="currency"):
        changed(program, ProgramChange(currency="QQQ"), NOON)
    priced = a_program(reward_cost=250, currency="EUR")
    with pytest.raises(InvalidRequest, match="currency"):
        changed(priced, ProgramChange(currency=None), NOON)
    assert changed(priced, ProgramChange(reward_cost=None, currency=None), NOON).reward_cost is None


def test_a_cost_changes_the_look_of_no_card_and_a_reward_text_does() -> None:
    program = a_program()
    priced = changed(program, ProgramChange(reward_cost=250, currency="EUR"), NOON)
    assert priced.version == program.terms.version + 1
    assert looks_the_same(program.terms, priced)
    assert not looks_the_same(program.terms, changed(program, ProgramChange(reward_description="A cake"), NOON))
