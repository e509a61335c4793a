"""A policy's limits stand before a gate's own, and a name that no gate knows is refused."""

from __future__ import annotations

import math

import pytest

from validators.fairness import FairnessLimits
from validators.limits import limits_of


def test_a_policys_limit_stands_first_in_the_kind_of_the_gates_own() -> None:
    limits = limits_of(FairnessLimits(), {"at_most": 0.1, "cases_at_least": 50.0})
    assert limits == FairnessLimits(at_most=0.1, cases_at_least=50)
    assert isinstance(limits.cases_at_least, int)


@pytest.mark.parametrize("table", [{"at_mots": 0.1}, {"at_most": math.nan}, {"at_most": math.inf}])
def test_a_limit_that_means_nothing_is_refused(table: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="limit at_m"):
        limits_of(FairnessLimits(), table)
