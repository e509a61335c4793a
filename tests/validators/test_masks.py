"""The closed grammar of row conditions."""

from __future__ import annotations

import pandas as pd
import pytest

from flywheel.errors import InputRefused
from flywheel.project.kinds import Kind
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
    ],
)
def test_what_makes_no_sense_is_refused(where: Where) -> None:
    with pytest.raises(InputRefused):
        mask_of(FRAME, (where,), RULES)
