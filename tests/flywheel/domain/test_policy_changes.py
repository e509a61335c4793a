"""Weaker policies are recognised in every way in which they ask for less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flywheel.domain.policy import BreakGlass, Policy
from flywheel.domain.policy_changes import weakenings
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from tests.flywheel.domain.test_policy import POLICY

OLD = replace(
    POLICY,
    quorum={Role.VALIDATOR: 2, Role.BUSINESS: 1},
    thresholds={"PERF-001": {"at_least": 0.01, "at_most_loss": 5.0, "odd": 1.0}},
    final_approver=Role.BUSINESS,
    break_glass=BreakGlass(Role.ADMIN, 24),
    must_be_reproduced=True,
    fresh_secret_days=14,
    agreement={Role.BUSINESS: 1, Role.IT: 1},
    agreement_where_watched={Role.LEGAL: 1},
)


def limited(**changed: float) -> dict[str, dict[str, float]]:
    return {"PERF-001": {**OLD.thresholds["PERF-001"], **changed}}


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (replace(OLD, required={**OLD.required, Stage.VALIDATION: frozenset({"PERF-001"})}), "PERF-003 is no longer"),
        (replace(OLD, required={**OLD.required, Stage.DELIVERY: frozenset[str]()}), "PARITY-001 is no longer"),
        (replace(OLD, quorum={Role.VALIDATOR: 1, Role.BUSINESS: 1}), "1 instead of 2 x validator"),
        (replace(OLD, quorum={Role.VALIDATOR: 2}, final_approver=None), "0 instead of 1 x business"),
        (replace(OLD, warned_opens=True), "a warning opens"),
        (replace(OLD, must_be_reproduced=False), "need not be reproduced"),
        (replace(OLD, fresh_secret_days=13), "after 13 instead of 14 days"),
        (replace(OLD, agreement={Role.BUSINESS: 1}), "what is agreed is signed by 0 instead of 1 x it"),
        (replace(OLD, agreement_where_watched={}), "0 instead of 1 x legal where the law watches"),
        (replace(OLD, validity_days=366), "366 days instead of 365"),
        (replace(OLD, final_approver=None), "business no longer approves last"),
        (replace(OLD, thresholds=limited(at_least=0.0)), "PERF-001 at_least is 0 instead of 0.01"),
        (replace(OLD, thresholds=limited(at_most_loss=6.0)), "at_most_loss is 6 instead of 5"),
        (replace(OLD, thresholds=limited(gap_at_most=3.0)), "gap_at_most is 3 where the gate's own limit held"),
        (replace(OLD, thresholds=limited(odd=2.0)), "odd is 2 instead of 1"),
        (replace(OLD, thresholds=limited(at_most=2.0)), "may have been stricter"),
        (replace(OLD, thresholds={}), "no longer limited"),
        (replace(OLD, break_glass=BreakGlass(Role.ADMIN, 25)), "25 hours instead of 24"),
        (replace(OLD, break_glass=BreakGlass(Role.IT, 24)), "it may break the glass instead of admin"),
    ],
)
def test_each_way_of_asking_for_less_is_named(new: Policy, said: str) -> None:
    assert any(said in sentence for sentence in weakenings(new, old=OLD))


def test_glass_that_may_newly_be_broken_is_weaker() -> None:
    assert weakenings(OLD, old=replace(OLD, break_glass=None)) == ("the glass may be broken",)


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        replace(OLD, required={**OLD.required, Stage.RESEARCH: frozenset({"DATA-001"})}),
        replace(OLD, quorum={**OLD.quorum, Role.IT: 1}),
        replace(OLD, validity_days=30),
        replace(OLD, thresholds=limited(at_least=0.02, at_most_loss=4.0)),
        replace(OLD, break_glass=None),
    ],
)
def test_tightening_weakens_nothing(new: Policy) -> None:
    assert weakenings(new, old=OLD) == ()
