"""Where a stage is blocked, every way on names a command that there is."""

from __future__ import annotations

import re

import pytest

from flywheel.domain.stages import ORDER, Stage
from flywheel.domain.ways_on import blocked, ways_on


@pytest.mark.parametrize("stage", ORDER)
def test_every_blocked_stage_has_ways_on_each_with_its_command(stage: Stage) -> None:
    ways = ways_on("churn", stage, version="churn:1")
    assert ways
    assert [way for way in ways if not re.search(r"`flywheel ((run|move-back|sign) churn|check FOLDER)", way)] == []


def test_more_rows_go_back_to_where_rows_are_read_and_another_charter_does_not() -> None:
    more, edited = ways_on("churn", Stage.VALIDATION)[:2]
    assert "`flywheel move-back churn data_preparation --reason" in more
    assert "`flywheel run churn --register`" in edited


def test_a_run_says_its_reasons_and_the_ways_on() -> None:
    said = blocked("churn", Stage.VALIDATION, ["PERF-001: too few rows"], version="churn:1")
    assert said.startswith("PERF-001: too few rows\nnext:\n- ")
    assert "`flywheel sign churn:1 --show`" in said
