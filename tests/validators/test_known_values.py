"""A value that a reference never held is found from half a per cent of the rows, wherever it lies, and no clean one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flywheel.project.reading.kinds import Kind
from validators import drift_own, sentinels
from validators.known_values import rows_of
from validators.profiles import ColumnProfile, make_profile
from validators.specs import ColumnRule

RULES = (ColumnRule("amount", Kind.NUMBER),)
KINDS = {"cents": 2, "whole": 0, "tens": -1}


def drawn(rows: int, *, seed: int, digits: int = 2) -> pd.DataFrame:
    return pd.DataFrame({"amount": np.random.default_rng(seed).lognormal(5, 1, rows).round(digits)})


def column(digits: int = 2) -> ColumnProfile:
    return make_profile(drawn(5_000, seed=0, digits=digits), rules=RULES).columns[0]


def test_what_is_beyond_all_was_there_in_no_row_and_what_is_not_listed_in_few() -> None:
    before = column()
    value, count = before.levels[0]
    assert before.unlisted_at_most > 0
    assert rows_of(value, before) == (count, count)
    assert rows_of(-1.0, before) == rows_of(1e9, before) == (0, 0)
    assert rows_of(148.4131591, before) == (0, before.unlisted_at_most)


@pytest.mark.parametrize("code", [-1.0, 0.0, 330.333, 999_999.0])
@pytest.mark.parametrize("share", [0.006, 0.008])
def test_a_code_in_hardly_a_hundredth_of_many_rows_is_found(code: float, share: float) -> None:
    profile, window = make_profile(drawn(5_000, seed=0), rules=RULES), drawn(20_000, seed=1)
    window.iloc[: round(share * len(window)), 0] = code
    for gate in (sentinels, drift_own):
        assert [one.locator for one in gate.check(window, profile=profile).result.findings if "value" in one.what]


@pytest.mark.parametrize("digits", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("rows", [400, 5_000, 20_000])
def test_values_as_frequent_as_before_are_no_codes(digits: int, rows: int) -> None:
    profile = make_profile(drawn(5_000, seed=0, digits=digits), rules=RULES)
    for seed in range(1, 41):
        window = drawn(rows, seed=seed, digits=digits)
        assert [gate.check(window, profile=profile).result.findings for gate in (sentinels, drift_own)] == [(), ()]
