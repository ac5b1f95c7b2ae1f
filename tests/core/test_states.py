"""The law-book of states: a text that differs whenever something looks different, for those who change it."""

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from loyalty_core.errors import PreconditionFailed
from loyalty_core.views import check_state, customer_state, customer_view, program_state, program_view
from testkit.builders import a_customer, a_program


def test_the_state_of_a_customer_differs_with_their_version_goal_and_rewards() -> None:
    seen = customer_view(a_customer(), a_program())
    others = [replace(seen, version=9), replace(seen, stamps_required=8), replace(seen, rewards_available=1)]
    assert len({customer_state(view) for view in (seen, *others)}) == 4


def test_the_state_of_a_program_differs_with_its_version_and_the_name_of_the_shop() -> None:
    seen = program_view(a_program(), 1)
    others = [replace(seen, version=2), replace(seen, name="Leaf & Bean")]
    assert len({program_state(view) for view in (seen, *others)}) == 3


def test_who_expects_another_state_is_refused_and_who_expects_none_is_not() -> None:
    check_state("7-10-0", UNSET, 7)
    check_state("7-10-0", {"6-10-0", "7-10-0"}, 7)
    with pytest.raises(PreconditionFailed):
        check_state("7-10-0", {"6-10-0"}, 7)
