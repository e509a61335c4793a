"""PERF-014: the packaged model answers in time and is no larger than the policy allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted
from validators.columns import Floats
from validators.protocol import Figure, Judgement, gate
from validators.statistics import Interval


@dataclass(frozen=True)
class FootprintLimits:
    """How long a single answer may take in the packaged model itself, and how much room a package may need."""

    p95_milliseconds_at_most: float = 50.0
    package_megabytes_at_most: float = 500.0
    answers_at_least: int = 50


@gate("PERF-014")
def check(milliseconds: npt.ArrayLike, package_bytes: int, *, limits: FootprintLimits = FootprintLimits()) -> Judgement:
    """Judge the times of single answers, one row each, measured in one process, and the package's size."""
    times = np.asarray(milliseconds, dtype=np.float64)
    if times.ndim != 1 or times.size < limits.answers_at_least:
        what = f"{counted(times.size, 'timed answer', 'are')} too few to state a response time."
        return Judgement((GateFinding(what, allowed=f"at least {limits.answers_at_least}"),))
    if not (np.isfinite(times).all() and (times >= 0).all()):
        return Judgement((GateFinding("A response time is not a number above 0."),))
    if package_bytes <= 0:
        return Judgement((GateFinding("The package has no size, so it was not measured."),))
    p95, megabytes = _quantile(times, 0.95), package_bytes / 1e6
    figures: dict[str, Figure] = {
        "answers": int(times.size),
        "median_milliseconds": float(np.median(times)),
        "p95_milliseconds": p95.estimate,
        "p95_milliseconds_low": p95.low,
        "p95_milliseconds_high": p95.high,
        "package_megabytes": megabytes,
    }
    return Judgement((*_slow(p95, limits), *_large(megabytes, limits)), evaluated=2, figures=figures)


def _quantile(values: Floats, share: float) -> Interval:
    """Give a quantile with its 95 % bounds, which order statistics know without any assumption."""
    ordered, reach = np.sort(values), special.ndtri(0.975) * np.sqrt(values.size * share * (1 - share))
    low, high = (int(np.clip(round(values.size * share + way * reach), 0, values.size - 1)) for way in (-1, 1))
    return Interval(float(np.quantile(values, share)), float(ordered[low]), float(ordered[high]))


def _slow(p95: Interval, limits: FootprintLimits) -> tuple[GateFinding, ...]:
    at_most = limits.p95_milliseconds_at_most
    if p95.estimate <= at_most:
        return ()
    is_certain = p95.low > at_most
    what = f"5 % of answers take longer than {p95.estimate:,.1f} ms in the model alone; {at_most:g} ms are allowed."
    weight = Severity.CRITICAL if is_certain else Severity.WARNING
    return (GateFinding(what, weight, "p95", f"{p95.low:,.1f} to {p95.high:,.1f} ms", f"at most {at_most:g} ms"),)


def _large(megabytes: float, limits: FootprintLimits) -> tuple[GateFinding, ...]:
    at_most = limits.package_megabytes_at_most
    if megabytes <= at_most:
        return ()
    what = f"The package takes {megabytes:,.1f} MB; {at_most:g} MB are allowed."
    return (GateFinding(what, locator="size", seen=f"{megabytes:,.1f} MB", allowed=f"at most {at_most:g} MB"),)
