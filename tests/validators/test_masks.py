"""The closed grammar of row conditions."""

from __future__ import annotations

import pandas as pd
import pytest

from flywheel.errors import InputRefused
from flywheel.project.reading.kinds import Kind
from validators.masks import mask_of
from validators.specs import ColumnRule, Operator, Where

FRAME = pd.DataFrame(
    {"n": [1.0, 2.0, None], "c": ["a", None, "b"], "t": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01"])}
)
RULES = {name: ColumnRule(name, kind) for name, kind in [("n", Kind.NUMBER), ("c", Kind.CATEGORY), ("t", Kind.TIME)]}


@pytest.mark.parametrize(
    ("where", "met"),
    [
        (Where("n", Operator.IS, 1), [True, False, False]),
        (Where("n", Operator.IS_NOT, 1), [False, True, False]),
        (Where("n", Operator.AT_LEAST, 2), [False, True, False]),
        (Where("n", Operator.AT_MOST, 1.5), [True, False, False]),
        (Where("n", Operator.IS_MISSING), [False, False, True]),
        (Where("c", Operator.IN, ("a", "b")), [True, False, True]),
        (Where("c", Operator.IS_NOT, "a"), [False, False, True]),
        (Where("c", Operator.IS_PRESENT), [True, False, True]),
        (Where("t", Operator.AT_LEAST, "2026-02-01"), [False, True, True]),
    ],
)
def test_a_condition_marks_the_rows_that_meet_it(where: Where, met: list[bool]) -> None:
    assert mask_of(FRAME, (where,), RULES).tolist() == met


@pytest.mark.parametrize("bound", ["2026-02-01", "2026-02-01T00:00:00Z", "2026-02-01T01:00:00+01:00"])
@pytest.mark.parametrize("zone", [None, "UTC"])
def test_a_time_is_compared_whether_it_and_the_column_name_a_zone_or_not(bound: str, zone: str | None) -> None:
    frame = FRAME.assign(t=FRAME["t"].dt.tz_localize(zone))
    assert mask_of(frame, (Where("t", Operator.AT_LEAST, bound),), RULES).tolist() == [False, True, True]


@pytest.mark.parametrize("column", [[1, 0, 1], [True, False, True], [1.0, 0.0, 1.0]])
def test_yes_or_no_is_told_apart_however_it_came(column: list[object]) -> None:
    frame, rules = pd.DataFrame({"b": column}), {"b": ColumnRule("b", Kind.BOOLEAN)}
    assert mask_of(frame, (Where("b", Operator.IS, True),), rules).tolist() == [True, False, True]
    assert mask_of(frame, (Where("b", Operator.IS_NOT, True),), rules).tolist() == [False, True, False]


def test_a_gap_is_neither_yes_nor_no() -> None:
    frame, rules = pd.DataFrame({"b": [True, None, False]}), {"b": ColumnRule("b", Kind.BOOLEAN)}
    assert mask_of(frame, (Where("b", Operator.IS, False),), rules).tolist() == [False, False, True]
    assert mask_of(frame, (Where("b", Operator.IS_NOT, False),), rules).tolist() == [True, False, False]


def test_several_conditions_all_hold() -> None:
    where = (Where("n", Operator.IS_PRESENT), Where("c", Operator.IS_PRESENT))
    assert mask_of(FRAME, where, RULES).tolist() == [True, False, False]


@pytest.mark.parametrize(
    "where",
    [
        Where("nobody", Operator.IS, 1),
        Where("n", Operator.IS, "1 or 1==1"),
        Where("n", Operator.AT_LEAST, None),
        Where("c", Operator.AT_LEAST, "a"),
        Where("t", Operator.AT_LEAST, "soon"),
    ],
)
def test_what_makes_no_sense_is_refused(where: Where) -> None:
    with pytest.raises(InputRefused):
        mask_of(FRAME, (where,), RULES)
