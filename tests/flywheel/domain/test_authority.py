"""The table of roles: every action has its row; whoever is unknown, or holds none of its roles, is refused."""

from __future__ import annotations

import pytest

from flywheel.domain.authority import GIVEN_BY_OTHERS, RIGHTS, Permission, check_may, check_may_give
from flywheel.domain.signoffs import Role
from flywheel.errors import Refused

ANA, EVE = "ana@b.example", "eve@b.example"


def test_every_action_has_its_row() -> None:
    assert set(RIGHTS) == set(Permission)


@pytest.mark.parametrize("action", Permission)
def test_nobody_who_is_not_known_may_anything(action: Permission) -> None:
    with pytest.raises(Refused, match="not known here"):
        check_may(action, person=EVE, is_known=False, roles=set(Role))


@pytest.mark.parametrize("action", Permission)
@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_may_what_the_table_says(action: Permission, role: Role | None) -> None:
    wanted, held = RIGHTS[action].roles, {role} if role else set()
    if not wanted or wanted & held:
        check_may(action, person=ANA, is_known=True, roles=held, place="churn")
        return
    with pytest.raises(Refused, match="holds no role in churn"):
        check_may(action, person=ANA, is_known=True, roles=held, place="churn")


@pytest.mark.parametrize(
    "action", [Permission.SIGN, Permission.WAIVE, Permission.INVITE, Permission.RESET, Permission.DECIDE_POLICY]
)
def test_what_judges_or_gives_rights_asks_for_a_code(action: Permission) -> None:
    assert RIGHTS[action].needs_code


@pytest.mark.parametrize("place", ["churn", "*"])
@pytest.mark.parametrize("role", Role)
def test_an_author_gives_no_role_that_judges(place: str, role: Role) -> None:
    gift, authors = {place: {role, Role.IT}}, {place: {ANA}}
    check_may_give(gift, giver=EVE, authors=authors)
    if role not in GIVEN_BY_OTHERS:
        check_may_give(gift, giver=ANA, authors=authors)
        return
    with pytest.raises(Refused, match="is an author"):
        check_may_give(gift, giver=ANA, authors=authors)
