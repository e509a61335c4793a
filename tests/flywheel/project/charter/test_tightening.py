"""A charter may ask for more than its tier's policy and never for less."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flywheel.domain.policy import Policy, Tier
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.errors import CharterError
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.tightening import loosenings, tightened
from flywheel.project.loader import load_project
from tests.factories import charters

POLICY = Policy(
    tier=Tier.HIGH,
    required={Stage.VALIDATION: frozenset({"PERF-001"})},
    quorum={Role.VALIDATOR: 1, Role.BUSINESS: 1},
    warned_opens=False,
    validity_days=365,
    thresholds={"PERF-001": {"at_least": 0.01}, "PERF-004": {"at_most": 0.1}},
    final_approver=Role.BUSINESS,
    must_be_reproduced=True,
)


def charter_with(folder: Path, text: str) -> Charter:
    """Read the smallest charter with a policy of its own."""
    return load_project(charters.write(folder / "p", f"{charters.MINIMAL}\n{text}")).charter


def test_charter_adds_to_the_policy(tmp_path: Path) -> None:
    asked = charter_with(
        tmp_path,
        """[validation.policy]
quorum = { validator = 2, legal = 1 }
validity_days = 180
warned_opens = false
required = ["PERF-009"]
thresholds = { PERF-001 = { at_least = 0.05 }, PERF-004 = { at_most = 0.05 } }
""",
    )
    now = tightened(POLICY, asked)
    assert now.quorum == {Role.VALIDATOR: 2, Role.BUSINESS: 1, Role.LEGAL: 1}
    assert (now.validity_days, now.final_approver) == (180, Role.BUSINESS)
    assert now.required_in(Stage.VALIDATION) == {"PERF-001", "PERF-009"}
    assert now.thresholds == {"PERF-001": {"at_least": 0.05}, "PERF-004": {"at_most": 0.05}}


def test_charter_that_asks_for_nothing_leaves_the_policy_as_it_is(tmp_path: Path) -> None:
    assert tightened(POLICY, charter_with(tmp_path, "")).digest == POLICY.digest


@pytest.mark.parametrize(
    ("text", "key", "allowed"),
    [
        ("policy.quorum = { business = 1, validator = 1 }", "", ""),
        ("policy.quorum = { business = 2 }", "quorum.business", "1"),
        ("policy.validity_days = 366", "validity_days", "at most 365"),
        ("policy.warned_opens = true", "warned_opens", "false"),
        ("policy.must_be_reproduced = false", "must_be_reproduced", "true"),
        ('policy.final_approver = "validator"', "final_approver", "business"),
        ("policy.thresholds.PERF-001.at_least = 0.005", "thresholds.PERF-001.at_least", "0.01 or stricter"),
        ("policy.thresholds.PERF-004.at_most = 0.2", "thresholds.PERF-004.at_most", "0.1 or stricter"),
        ("policy.thresholds.PERF-004.at_least = 0.2", "thresholds.PERF-004.at_least", "can be compared: at_most"),
    ],
)
def test_loosening_is_refused_with_the_key_and_what_is_allowed(
    tmp_path: Path, text: str, key: str, allowed: str
) -> None:
    found = loosenings(POLICY, charter_with(tmp_path, f"[validation]\n{text}\n"))
    assert [problem.key for problem in found] == ([f"validation.policy.{key}"] if key else [])
    assert all(allowed in problem.allowed for problem in found)


def test_two_validators_where_one_is_asked_for_cannot_become_one(tmp_path: Path) -> None:
    two = replace(POLICY, quorum={Role.VALIDATOR: 2, Role.BUSINESS: 1})
    with pytest.raises(CharterError, match=r"quorum\.validator.*asks for less.*found 1.*at least 2"):
        tightened(two, charter_with(tmp_path, "[validation.policy]\nquorum = { validator = 1 }\n"))


def test_a_charter_may_ask_that_its_versions_be_made_again(tmp_path: Path) -> None:
    unasked = replace(POLICY, must_be_reproduced=False)
    assert tightened(
        unasked, charter_with(tmp_path, "[validation.policy]\nmust_be_reproduced = true\n")
    ).must_be_reproduced


def test_margin_below_the_policys_is_refused_only_where_it_is_written(tmp_path: Path) -> None:
    (problem,) = loosenings(POLICY, charter_with(tmp_path, "[validation]\nmust_beat = { baseline = 0.0 }\n"))
    assert (problem.key, problem.allowed) == ("validation.must_beat.baseline", "at least 0.01")
    assert loosenings(POLICY, charter_with(tmp_path, "[validation]\nmust_beat = { champion = 0.1 }\n")) == ()


@pytest.mark.parametrize(
    "line",
    [
        'policy.required = ["PERF-099"]',
        'policy.required = ["DATA-001"]',
        "policy.thresholds = { PERF-099 = { at_most = 1 } }",
    ],
)
def test_a_charter_that_asks_for_a_gate_that_is_none_is_refused_with_those_there_are(tmp_path: Path, line: str) -> None:
    with pytest.raises(CharterError, match=r"is no gate.*PERF-001"):
        charter_with(tmp_path, f"[validation]\n{line}\n")
