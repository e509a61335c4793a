"""Delegations: given by a holder, for a time, to a known person; authors have no part in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flywheel.domain.delegations import MAX_DAYS, Delegation, check_may_delegate, lent_to
from flywheel.domain.signoffs import Role
from flywheel.errors import Refused

AT = datetime(2026, 3, 2, tzinfo=UTC)
LENT = Delegation("p", Role.VALIDATOR, "vera@b.example", "lea@b.example", AT, AT + timedelta(days=14), "holidays")


def ask(asked: Delegation = LENT, **changed: object) -> None:
    """Ask whether Vera may lend her role, with some facts changed."""
    facts = {"giver_roles": {Role.VALIDATOR}, "authors": ("ana@b.example",), "is_known": True, "now": AT}
    check_may_delegate(asked, **(facts | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "changed", "reason"),
    [
        (replace(LENT, giver="Ana@b.example"), {}, "can give no delegation"),
        (replace(LENT, receiver="ANA@b.example"), {}, "can receive no delegation"),
        (replace(LENT, receiver="Vera@b.example"), {}, "nobody may delegate to themselves"),
        (replace(LENT, role=Role.ADMIN), {"giver_roles": {Role.ADMIN}}, "this role cannot be delegated"),
        (LENT, {"giver_roles": {Role.BUSINESS}}, "does not hold the role validator"),
        (LENT, {"is_known": False}, "is not enrolled"),
        (replace(LENT, until_at=AT), {}, "is not valid"),
        (replace(LENT, until_at=AT + timedelta(days=MAX_DAYS, seconds=1)), {}, "is not valid"),
    ],
)
def test_who_may_not_delegate_is_told_why(asked: Delegation, changed: dict[str, object], reason: str) -> None:
    ask()
    with pytest.raises(Refused, match=reason):
        ask(asked, **changed)


@pytest.mark.parametrize(("days", "is_lent"), [(-1, False), (0, True), (13, True), (14, False)])
def test_role_is_lent_for_its_time_only(days: int, is_lent: bool) -> None:
    assert bool(lent_to([LENT], person="Lea@b.example", now=AT + timedelta(days=days))) is is_lent
    assert lent_to([LENT], person="vera@b.example", now=AT) == ()
