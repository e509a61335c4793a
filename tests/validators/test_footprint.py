"""PERF-014: slow answers and large packages close where it is certain, and warn where it may be chance."""

from __future__ import annotations

import numpy as np
import pytest

from flywheel.domain.gates import Verdict
from tests.factories.figures import bounds_of
from validators import footprint
from validators.footprint import FootprintLimits

TIMES = np.random.default_rng(1).gamma(4, 0.5, 400)
P95 = float(np.quantile(TIMES, 0.95))


def verdict(times: object = TIMES, size: int = 3_000_000, **limits: float) -> Verdict:
    return footprint.check(times, size, limits=FootprintLimits(**limits)).result.verdict  # type: ignore[arg-type]


def test_a_quick_small_package_passes_with_bounds() -> None:
    figures = footprint.check(TIMES, 3_000_000).result.figures
    assert verdict() is Verdict.PASSED
    low, middle, high = bounds_of(figures, "p95_milliseconds")
    assert low < middle < high
    assert figures["package_megabytes"] == 3


def test_what_is_certainly_too_slow_closes_and_what_may_be_chance_warns() -> None:
    assert verdict(p95_milliseconds_at_most=P95 / 2) is Verdict.FAILED
    assert verdict(p95_milliseconds_at_most=P95 * 0.99) is Verdict.WARNED


def test_a_package_too_large_closes() -> None:
    assert verdict(package_megabytes_at_most=2.9) is Verdict.FAILED


@pytest.mark.parametrize("times", [TIMES[:10], np.full(100, np.nan), np.full(100, -1.0), TIMES.reshape(2, 200)])
def test_times_that_are_none_close(times: object) -> None:
    assert verdict(times) is Verdict.FAILED


def test_a_package_without_a_size_closes() -> None:
    assert verdict(size=0) is Verdict.FAILED
