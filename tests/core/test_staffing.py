"""Who may bring somebody onto a staff, and who may send them away."""

import pytest

from loyalty_core.access import Role, check_removal, higher, role_to_manage
from loyalty_core.errors import LastOwner


@pytest.mark.parametrize(
    ("role", "needed"),
    [(Role.STAFF, Role.MANAGER), (Role.MANAGER, Role.OWNER), (Role.OWNER, Role.OWNER)],
)
def test_managers_manage_staff_and_owners_everybody(role: Role, needed: Role) -> None:
    assert role_to_manage(role) is needed


@pytest.mark.parametrize("first", Role)
@pytest.mark.parametrize("second", Role)
def test_the_higher_of_two_roles_is_the_later_one_in_whatever_order(first: Role, second: Role) -> None:
    order = list(Role)
    assert order.index(higher(first, second)) == max(order.index(first), order.index(second))


def test_the_last_owner_stays() -> None:
    with pytest.raises(LastOwner):
        check_removal(Role.OWNER, 1)


@pytest.mark.parametrize(("role", "owners"), [(Role.OWNER, 2), (Role.MANAGER, 1), (Role.STAFF, 0)])
def test_anybody_else_may_go(role: Role, owners: int) -> None:
    check_removal(role, owners)
