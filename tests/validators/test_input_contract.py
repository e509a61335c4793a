"""INPUT-001: live traffic against the declared contract."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Severity, Verdict
from flywheel.project.reading.kinds import Kind
from tests.factories.traffic import RULES, TARGET, traffic
from validators import input_contract
from validators.profiles import make_profile
from validators.specs import ColumnRule


def locators(frame: pd.DataFrame, rules: tuple[ColumnRule, ...] = RULES) -> set[str]:
    return {finding.locator for finding in input_contract.check(frame, rules=rules).result.findings}


def test_good_traffic_passes_and_needs_no_outcome() -> None:
    assert input_contract.check(traffic(), rules=(*RULES, TARGET)).result.verdict is Verdict.PASSED


def test_numbers_out_of_range_are_named_but_codes_are_not_numbers() -> None:
    frame = traffic()
    rules = (replace(RULES[0], between=(100, 995)), *RULES[1:])
    assert locators(frame.fillna({"score": 999}), rules) == set()
    assert locators(frame.assign(ratio=frame["ratio"] * 100)) == {"ratio"}


def test_a_range_is_told_as_people_write_it() -> None:
    rules = (replace(RULES[0], between=(0.000001, 1_234_567.0), missing_codes=()), *RULES[1:])
    frame = traffic().assign(**{RULES[0].name: -1.0})
    told = {one.locator: one.allowed for one in input_contract.check(frame, rules=rules).result.findings}
    assert told[RULES[0].name] == "from 0.000001 to 1234567"


def test_one_stray_row_in_a_thousand_is_borne() -> None:
    frame = traffic()
    frame.loc[0, "ratio"] = 7.0
    assert locators(frame) == set()
    frame.loc[:19, "ratio"] = 7.0
    assert locators(frame) == {"ratio"}


@pytest.mark.parametrize("rows", [20, 100, 300, 900])
def test_two_odd_rows_of_a_small_window_are_borne_and_half_of_it_is_not(rows: int) -> None:
    frame = traffic(rows)
    frame.loc[:1, "ratio"] = 7.0
    frame.loc[:1, "channel"] = "kiosk"
    assert locators(frame) == set()
    frame.loc[: rows // 2, "ratio"] = 7.0
    assert locators(frame) == {"ratio"}


def test_a_seldom_filled_column_may_be_empty_in_a_small_window_and_not_for_long() -> None:
    rule = (replace(RULES[0], missing_at_most=None), RULES[2])
    reference = traffic(3_000)
    reference["score"] = reference["score"].where(reference.index % 50 == 0)
    profile = make_profile(reference, rules=rule)
    said = [
        len(input_contract.check(traffic(rows).assign(score=np.nan), rules=rule, profile=profile).result.findings)
        for rows in (20, 100, 2_000)
    ]
    assert said == [0, 0, 1]


def test_what_the_reference_never_saw_is_allowed_for_as_far_as_it_could_not_know() -> None:
    rule = (RULES[8],)
    small = make_profile(traffic(400).replace({"region": {"r39": "r1"}}), rules=rule)
    assert input_contract.check(traffic(300), rules=rule, profile=small).result.verdict is Verdict.PASSED
    flooded = traffic(300)
    flooded.loc[:60, "region"] = "elsewhere"
    assert input_contract.check(flooded, rules=rule, profile=small).result.verdict is Verdict.FAILED


def test_too_many_missing_values_count_codes_and_nulls_together() -> None:
    frame = traffic()
    frame.loc[:500, "score"] = -1
    assert locators(frame) == {"score"}


def test_a_column_of_missing_codes_alone_fails_like_a_column_of_nulls() -> None:
    frame = traffic()
    undeclared = (replace(RULES[0], missing_at_most=None), *RULES[1:])
    assert locators(frame, undeclared) == set()
    assert locators(frame.assign(score=-1.0), undeclared) == {"score"}
    assert locators(frame.assign(score=[*[-1.0] * (len(frame) - 1), 500.0]), undeclared) == set()


def test_an_undeclared_category_is_named() -> None:
    frame = traffic()
    frame.loc[:19, "channel"] = "kiosk"
    finding = input_contract.check(frame, rules=RULES).result.findings[0]
    assert finding.locator == "channel"
    assert "kiosk" in finding.seen


def test_known_categories_stand_in_where_none_are_declared() -> None:
    frame = traffic()
    known = make_profile(frame.assign(region=np.where(frame.index % 2 == 0, "r1", "r2")), rules=RULES)
    assert input_contract.check(frame, rules=RULES, profile=known).result.verdict is Verdict.FAILED


def test_the_declared_severity_decides() -> None:
    rules = (replace(RULES[5], severity=Severity.WARNING),)
    assert input_contract.check(traffic().assign(ratio=2.0), rules=rules).result.verdict is Verdict.WARNED


def test_few_rows_are_no_evidence() -> None:
    assert input_contract.check(traffic(19), rules=RULES).result.verdict is Verdict.NOT_EVALUATED


@pytest.mark.parametrize(("day", "verdict"), [(2, Verdict.PASSED), (9, Verdict.FAILED)])
def test_times_are_held_to_their_range(day: int, verdict: Verdict) -> None:
    rule = ColumnRule("at", Kind.TIME, between=(None, datetime(2026, 1, 5, tzinfo=UTC)))
    frame = pd.DataFrame({"at": [pd.Timestamp(2026, 1, day)] * 30})
    assert input_contract.check(frame, rules=(rule,)).result.verdict is verdict
