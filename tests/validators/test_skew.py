"""SKEW-001: columns and rows, to the bit; a planted difference closes the gate."""

from __future__ import annotations

import numpy as np
import pytest

from flywheel.domain.gates import Verdict
from validators import skew
from validators.skew import OneWay

NAMES = ("age", "share")


def way(rows: int = 400) -> OneWay:
    chance = np.random.default_rng(3)
    matrix = chance.normal(size=(rows, 2))
    matrix[::7, 1] = np.nan
    return OneWay(matrix, chance.random(rows))


def test_the_same_in_both_ways_passes_with_its_rows() -> None:
    result = skew.check(way(), way(), names=NAMES).result
    assert result.verdict is Verdict.PASSED
    assert result.figures["rows"] == 400


@pytest.mark.parametrize("other", [np.nextafter, lambda value, _: np.nan, lambda value, _: value + 1])
def test_one_bit_in_one_row_fails_and_is_named(other: object) -> None:
    single = way()
    single.matrix[41, 0] = other(single.matrix[41, 0], np.inf)  # type: ignore[operator]
    result = skew.check(way(), single, names=NAMES).result
    assert result.verdict is Verdict.FAILED
    assert [finding.column for finding in result.findings] == ["age"]
    assert "In 1 row of 400, age is another from the row alone: row 42." in result.findings[0].what


def test_a_nought_with_another_sign_is_another_value() -> None:
    columns, single = way(), way()
    columns.matrix[0, 0], single.matrix[0, 0] = 0.0, -0.0
    assert skew.check(columns, single, names=NAMES).result.verdict is Verdict.FAILED


def test_another_prediction_fails() -> None:
    single = way()
    single.scores[5] = np.nextafter(single.scores[5], 1)
    result = skew.check(way(), single, names=NAMES).result
    assert result.verdict is Verdict.FAILED
    assert "the prediction" in result.findings[0].what


def test_a_prediction_that_is_no_number_is_no_pass() -> None:
    empty = OneWay(way().matrix, np.full(400, np.nan))
    assert skew.check(empty, empty, names=NAMES).result.verdict is Verdict.FAILED


def test_nothing_compared_is_no_pass() -> None:
    none = OneWay(np.empty((0, 2)), np.empty(0))
    assert skew.check(none, none, names=NAMES).result.verdict is Verdict.FAILED
    fewer = OneWay(way().matrix[:-1], way().scores[:-1])
    assert skew.check(way(), fewer, names=NAMES).result.verdict is Verdict.FAILED


def test_a_model_without_features_is_held_by_its_predictions() -> None:
    bare = OneWay(np.empty((400, 0)), way().scores)
    assert skew.check(bare, bare, names=()).result.verdict is Verdict.PASSED
