"""The few statistics that gates stand on, vectorised and checked against published figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A figure with the bounds between which it lies at the stated confidence."""

    estimate: float
    low: float
    high: float


def hellinger(reference: npt.ArrayLike, current: npt.ArrayLike) -> float:
    """Measure the distance of two sets of counts or shares: 0 alike, 1 without overlap."""
    p, q = _shares(reference), _shares(current)
    return float(np.sqrt(0.5 * np.square(np.sqrt(p) - np.sqrt(q)).sum()))


def hellinger_beyond_chance(reference: Floats, current: Floats) -> float:
    """Measure the distance less what samples of these sizes show by chance alone."""
    filled = int(np.count_nonzero(reference + current))
    by_chance = max(filled - 1, 0) / 8 * (1 / reference.sum() + 1 / current.sum())
    return float(np.sqrt(max(hellinger(reference, current) ** 2 - by_chance, 0.0)))


def two_sample_chi_square(reference: npt.ArrayLike, current: npt.ArrayLike) -> float:
    """Give the p-value that two sets of counts come from one source; the reference counts as a sample too."""
    table = np.vstack([np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)])
    table = table[:, table.sum(axis=0) > 0]
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = float((np.square(table - expected) / expected).sum())
    return float(special.chdtrc(table.shape[1] - 1, statistic)) if table.shape[1] > 1 else 1.0


def two_proportions(hits: int, of: int, other_hits: int, other_of: int) -> float:
    """Give the two-sided p-value that two shares are one (z-test with the pooled share)."""
    pooled = (hits + other_hits) / (of + other_of)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / of + 1 / other_of))
    if spread == 0:
        return 1.0
    return float(special.erfc(abs(hits / of - other_hits / other_of) / spread / np.sqrt(2)))


def exact_shares(hits: int, of: int, *, earlier: int, earlier_of: int) -> float:
    """Give the two-sided p-value that two shares are one, given all hits of both (Fisher's exact test)."""
    together, everything = hits + earlier, of + earlier_of
    low, high = max(0, together - earlier_of), min(together, of)
    if high - low > _NORMAL_FROM and min(hits, of - hits) > 0:
        return two_proportions(hits, of, earlier, earlier_of)
    counts = np.arange(low, high + 1, dtype=np.float64)
    logs = _log_choose(of, counts) + _log_choose(earlier_of, together - counts) - _log_choose(everything, together)
    chances, at = np.exp(logs), hits - low
    return float(min(1.0, 2 * min(chances[: at + 1].sum(), chances[at:].sum())))


_NORMAL_FROM = 200_000
"""So many possible splits are counted one by one; beyond them the normal curve is as good."""


def _log_choose(of: int, some: npt.ArrayLike) -> Floats:
    wanted = np.asarray(some, dtype=np.float64)
    logs: Floats = special.gammaln(of + 1.0) - special.gammaln(wanted + 1) - special.gammaln(of - wanted + 1)
    return logs


def too_many(count: float, of: float, share: float) -> float:
    """Give the chance of so many or more rows where each is one with this share (exact binomial tail)."""
    return float(special.betainc(count, of - count + 1, share)) if count else 1.0


def at_most(count: float, of: float, share: float) -> float:
    """Give the chance of so many rows or fewer (exact binomial tail)."""
    return float(special.betainc(of - count, count + 1, 1 - share)) if count < of else 1.0


def share_at_most(count: float, of: float, *, level: float) -> float:
    """Give the share that a true share exceeds only at this level, after so many of so many (Clopper and Pearson)."""
    return float(special.betaincinv(count + 1, of - count, 1 - level)) if count < of else 1.0


def uneven_split(count: float, of: float, *, earlier: float, earlier_of: float) -> float:
    """Give the chance of so uneven a split of two counts, given both (exact two-sided binomial bound)."""
    together, share = count + earlier, of / (of + earlier_of)
    at_least = float(special.betainc(count, together - count + 1, share)) if count else 1.0
    at_most = float(special.betainc(together - count, count + 1, 1 - share)) if count < together else 1.0
    return min(1.0, 2 * min(at_least, at_most))


def holm(p_values: Sequence[float]) -> Floats:
    """Raise p-values so that, judged together, any false alarm at all stays as rare as one alone (Holm)."""
    given = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    raised = np.maximum.accumulate(given[order] * np.arange(given.size, 0, -1))
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted


def wilson(hits: float, of: float, *, confidence: float = 0.95) -> Interval:
    """Give a share with the bounds between which it lies (Wilson's score interval)."""
    if of < 1 or not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of} is no share")
    z = float(special.ndtri((1 + confidence) / 2))
    share, weight = hits / of, z * z / of
    middle = (share + weight / 2) / (1 + weight)
    reach = z / (1 + weight) * np.sqrt(share * (1 - share) / of + weight / (4 * of))
    return Interval(share, max(0.0, float(middle - reach)), min(1.0, float(middle + reach)))


def exact_share(hits: float, of: float, *, confidence: float = 0.95) -> Interval:
    """Give a share with bounds that hold at least so often for every true share (Clopper and Pearson).

    Cases that tell less than as many count as fewer, also as parts of one (Korn and Graubard).
    """
    if of < 1 or not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of} is no share")
    tail = (1 - confidence) / 2
    low = float(special.betaincinv(hits, of - hits + 1, tail)) if hits else 0.0
    return Interval(hits / of, low, share_at_most(hits, of, level=tail))


def newcombe(one: Interval, other: Interval) -> Interval:
    """Give the difference of two shares with its bounds, from the bounds of each (Newcombe's hybrid score)."""
    difference = one.estimate - other.estimate
    low = difference - float(np.hypot(one.estimate - one.low, other.high - other.estimate))
    high = difference + float(np.hypot(one.high - one.estimate, other.estimate - other.low))
    return Interval(difference, max(-1.0, low), min(1.0, high))


def mean_interval(values: Floats, *, confidence: float = 0.95, effect: float = 1.0) -> Interval:
    """Give a mean with the bounds between which it lies, by its standard error; at least two values are needed.

    Where `effect` values weigh as much as one that stands alone, there are as many fewer.
    """
    if values.size < 2:
        raise ValueError("one value has no spread")
    error = float(values.std(ddof=1)) * float(np.sqrt(effect / values.size))
    reach = float(special.ndtri((1 + confidence) / 2)) * error
    middle = float(values.mean())
    return Interval(middle, middle - reach, middle + reach)


def redrawn(
    some: Floats, everything: Floats, sign: float, *, repeats: int, draw: np.random.Generator, effect: float = 1.0
) -> float:
    """Give the chance that as many rows, drawn at random from all, have a mean as high (or as low, by the sign).

    Where `effect` rows weigh as much as one that stands alone, as many fewer are drawn.
    """
    values, counts = np.unique(everything, return_counts=True)
    if values.size > _GROUPS:
        parts = np.array_split(np.sort(everything), _GROUPS)
        values, counts = np.array([part.mean() for part in parts]), np.array([part.size for part in parts])
    rows = max(round(some.size / effect), 1)
    drawn = draw.multivariate_hypergeometric(counts, rows, size=repeats) @ values
    return float((1 + (sign * drawn >= sign * some.mean() * rows - _ROUNDING).sum()) / (repeats + 1))


_GROUPS, _ROUNDING = 64, 1e-9


def share_effect(share: float, other: float) -> float:
    """Measure how far two shares are apart (Cohen's h): the same step weighs more near 0 and 1."""
    return float(abs(2 * np.arcsin(np.sqrt(share)) - 2 * np.arcsin(np.sqrt(other))))


def auc(outcomes: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Give the chance that a positive scores above a negative; ties count half."""
    is_positive = np.asarray(outcomes, dtype=bool)
    _, codes, counts = np.unique(np.asarray(scores), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[codes]
    positives = int(is_positive.sum())
    negatives = is_positive.size - positives
    if not positives or not negatives:
        raise ValueError("both outcomes are needed to rank one above the other")
    return float((ranks[is_positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def auc_error(value: float, outcomes: npt.ArrayLike) -> float:
    """Give the standard error of an AUC (Hanley and McNeil)."""
    is_positive = np.asarray(outcomes, dtype=bool)
    positives, negatives = int(is_positive.sum()), int((~is_positive).sum())
    of_two_positives, of_two_negatives = value / (2 - value), 2 * value**2 / (1 + value)
    spread = (
        value * (1 - value)
        + (positives - 1) * (of_two_positives - value**2)
        + (negatives - 1) * (of_two_negatives - value**2)
    )
    return float(np.sqrt(max(spread, 0.0) / (positives * negatives)))


def alike(contents: npt.NDArray[np.uint64]) -> float:
    """Bound the share of pairs that are equal, by twice the pairs that so few rows may have missed at least."""
    sizes = np.unique(contents, return_counts=True)[1].astype(np.float64)
    return float((sizes * (sizes - 1)).sum() + 6) / (contents.size * (contents.size - 1.0))


def _shares(counts: npt.ArrayLike) -> Floats:
    values = np.asarray(counts, dtype=np.float64)
    total = values.sum()
    if values.size == 0 or not total > 0:
        raise ValueError("there is nothing to compare")
    shares: Floats = values / total
    return shares
