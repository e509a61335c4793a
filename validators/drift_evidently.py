"""DRIFT-002: Evidently as the second examiner, on a cleaned sample, with method and threshold pinned per column."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from flywheel.domain.gate_catalogue import CATALOGUE, minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted
from flywheel.project.reading.kinds import Kind
from validators.columns import Floats, frame_problems, labels, missing_mask, numbers
from validators.profiles import is_spread_alike
from validators.protocol import Judgement, Report, gate
from validators.rendering import Mark, Tone, table_report
from validators.specs import ColumnRule

ROWS_AT_MOST = 50_000
ROWS_AT_LEAST = minimum_rows("DRIFT-002")
VALUES_AT_LEAST = 50
LEVELS_AT_MOST = 50
UNIQUE_AT_MOST = 0.5
UNSEEN_AT_LEAST = 0.005
TAIL = 0.01
FALSE_ALARM_RATE = CATALOGUE["DRIFT-002"].wrong_at_most or 0.0
"""Of a whole window, shared by its columns."""


class Distance(StrEnum):
    """Methods whose figure grows with drift at every sample size; p-values turn round and are not used."""

    WASSERSTEIN = "wasserstein"
    JENSEN_SHANNON = "jensenshannon"
    HELLINGER = "hellinger"


@dataclass(frozen=True)
class DriftMethod:
    """How one column is compared and from where on it has drifted."""

    distance: Distance
    threshold: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.threshold) and self.threshold > 0):
            raise ValueError(f"a drift threshold must be a number above 0, not {self.threshold}")


NUMERIC_THRESHOLD = 0.2
CATEGORICAL_THRESHOLD = 0.1
NO_METHODS: Mapping[str, DriftMethod] = {}


@dataclass(frozen=True)
class Pinned:
    """Methods that a caller has chosen, and how often chance alone may pass a threshold of ours."""

    methods: Mapping[str, DriftMethod]
    chance: float


@gate("DRIFT-002")
def check(
    current: pd.DataFrame,
    reference: pd.DataFrame,
    *,
    rules: tuple[ColumnRule, ...],
    methods: Mapping[str, DriftMethod] = NO_METHODS,
    seed: int = 0,
    with_html: bool = False,
    rows_at_most: int = ROWS_AT_MOST,
) -> Judgement:
    """Judge a window against reference rows; `with_html` adds Evidently's own page of several megabytes.

    Columns of numbers with too few values are left out and named: that values are missing is compared all the same.
    """
    watched = tuple(rule for rule in rules if is_spread_alike(rule))
    problems = _problems(current, reference, watched)
    figures = {"rows": len(current), "reference_rows": len(reference)}
    if problems:
        return Judgement(tuple(problems), figures=figures)
    pinned = Pinned(methods, FALSE_ALARM_RATE / max(2 * len(watched), 1))
    now, before = _sampled(current, seed, rows_at_most), _sampled(reference, seed + 1, rows_at_most)
    compared = [one for rule in watched for one in _compared(now[rule.name], before[rule.name], rule, pinned)]
    thin = [column for column in compared if column.values_at_least < VALUES_AT_LEAST]
    if names := [column for column in thin if not column.is_numeric]:
        return Judgement(tuple(_too_thin(column) for column in names), figures=figures)
    compared = [column for column in compared if not any(column is one for one in thin)]
    distances, page = _distances(compared, with_html=with_html) if compared else ({}, ())
    found = tuple(
        _drifted(column, distances[column.name])
        for column in compared
        if distances[column.name] > column.method.threshold
    )
    found += tuple(replace(_too_thin(column), severity=Severity.INFO) for column in thin)
    figures |= {"drifted": len(found) - len(thin), "left_out": len(thin)}
    return Judgement(found, len(compared), figures, _reports(compared, distances) + page)


@dataclass(frozen=True)
class Compared:
    """One cleaned column of both sides, under the name and method by which it is compared."""

    name: str
    method: DriftMethod
    now: pd.Series[Any]
    before: pd.Series[Any]
    is_numeric: bool = False

    @property
    def values_at_least(self) -> int:
        """Count the values of the thinner side."""
        return int(min(self.now.notna().sum(), self.before.notna().sum()))


def _problems(current: pd.DataFrame, reference: pd.DataFrame, rules: tuple[ColumnRule, ...]) -> list[GateFinding]:
    found = frame_problems(current, rules, at_least_rows=ROWS_AT_LEAST, may_be_empty=True)
    of_reference = frame_problems(reference, rules, at_least_rows=ROWS_AT_LEAST)
    return found + [replace(problem, what=f"In the reference: {problem.what}") for problem in of_reference]


def _sampled(frame: pd.DataFrame, seed: int, rows_at_most: int) -> pd.DataFrame:
    if len(frame) <= rows_at_most:
        return frame
    return frame.iloc[np.random.default_rng(seed).choice(len(frame), rows_at_most, replace=False)]


def _compared(now: pd.Series[Any], before: pd.Series[Any], rule: ColumnRule, pinned: Pinned) -> list[Compared]:
    if rule.kind in {Kind.CATEGORY, Kind.BOOLEAN}:
        sides = _levels(now, before, rule)
        return [
            Compared(rule.name, pinned.methods.get(rule.name) or _categorical(*sides, chance=pinned.chance), *sides)
        ]
    states = [_states(series, rule) for series in (now, before)]
    found = []
    if any((state != "present").any() for state in states):
        found.append(
            Compared(f"{rule.name} (missing)", _categorical(*states, chance=pinned.chance), states[0], states[1])
        )
    if rule.kind in {Kind.NUMBER, Kind.INTEGER}:
        values = [numbers(series[state == "present"]) for series, state in zip((now, before), states, strict=True)]
        low, high = _range(values[1])
        clipped = [pd.Series(np.clip(side, low, high)) for side in values]
        method = pinned.methods.get(rule.name) or _numeric(*values)
        found.append(Compared(rule.name, method, clipped[0], clipped[1], is_numeric=True))
    return found


def _numeric(now: Floats, before: Floats) -> DriftMethod:
    """Pin the threshold, higher where samples are so small that chance alone would pass it, lopsided ones too."""
    by_chance = 5 * math.sqrt(1 / max(now.size, 1) + 1 / max(before.size, 1))
    return DriftMethod(Distance.WASSERSTEIN, round(max(NUMERIC_THRESHOLD, by_chance), 4))


def _categorical(now: pd.Series[Any], before: pd.Series[Any], *, chance: float) -> DriftMethod:
    """Pin the threshold above what chance alone passes: the square of the distance is a chi-square of the levels."""
    sizes = 1 / max(len(now), 1) + 1 / max(len(before), 1)
    levels = len({*now.unique(), *before.unique()})
    by_chance = math.sqrt(float(special.chdtri(max(levels - 1, 1), chance)) / (8 * math.log(2)) * sizes)
    return DriftMethod(Distance.JENSEN_SHANNON, round(max(CATEGORICAL_THRESHOLD, by_chance), 4))


def _levels(now: pd.Series[Any], before: pd.Series[Any], rule: ColumnRule) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Gather rare levels, which raise false alarms; missing and never seen ones become levels of their own."""
    counts = _named(before, rule).value_counts()
    kept = counts.index[: min(LEVELS_AT_MOST, max(5, min(len(now), len(before)) // 40))]
    by_chance_unseen = float((counts == 1).sum() / counts.sum())  # Good and Turing: what the next sample brings anew
    if by_chance_unseen > UNIQUE_AT_MOST:
        return now.iloc[:0], before.iloc[:0]  # names, not categories: nothing to compare
    sides = []
    for series in (now, before):
        present = _named(series, rule)
        rare = np.where(present.isin(counts.index) | (by_chance_unseen > UNSEEN_AT_LEAST), "(other)", "(unseen)")
        gathered = present.where(present.isin(kept), pd.Series(rare, index=present.index))
        sides.append(gathered.reindex(series.index, fill_value="(missing)").reset_index(drop=True))
    return sides[0], sides[1]


def _named(series: pd.Series[Any], rule: ColumnRule) -> pd.Series[Any]:
    return labels(series[~missing_mask(series, rule.missing_codes)], rule.kind)


def _states(series: pd.Series[Any], rule: ColumnRule) -> pd.Series[Any]:
    """Say of each row whether it holds a value: Evidently drops all else.

    A declared code and a null say the same, to the model and here: callers send one where a file holds the other.
    """
    states = np.where(missing_mask(series, rule.missing_codes), "missing", "present").astype(object)
    return pd.Series(states, index=series.index, dtype=object)


def _range(reference: Floats) -> tuple[float, float]:
    """Bound the numbers at the ends of the reference, so that a few wild values cannot outweigh all others.

    A heavy tail brings some of them into every sample, and each sample others: that is chance, and no drift.
    """
    if not reference.size:
        return -math.inf, math.inf
    low, high = map(float, np.quantile(reference, [TAIL, 1 - TAIL]))
    if low < high:
        return low, high
    low, high = float(reference.min()), float(reference.max())  # hardly anything but one value: what else comes is told
    span = high - low or max(abs(low), 1.0)
    return low - span, high + span


def _distances(compared: list[Compared], *, with_html: bool) -> tuple[dict[str, float], tuple[Report, ...]]:
    os.environ.setdefault("DO_NOT_TRACK", "1")  # before the import, which reads it
    distances, page = _with_page(compared) if with_html else (_by_tests_alone(compared), ())
    if set(distances) != {column.name for column in compared} or not all(map(math.isfinite, distances.values())):
        raise ValueError(
            f"{counted(len(compared), 'column', 'were')} handed over and {len(distances)} came back with a figure"
        )
    return distances, page


def _by_tests_alone(compared: list[Compared]) -> dict[str, float]:
    """Ask Evidently's tests themselves: the figures of a report for a twentieth of its cost, which is drawing."""
    from evidently.legacy.calculations import stattests  # five seconds
    from evidently.legacy.core import ColumnType  # five seconds

    tests = {
        Distance.WASSERSTEIN: stattests.wasserstein_stat_test,
        Distance.JENSEN_SHANNON: stattests.jensenshannon_stat_test,
        Distance.HELLINGER: stattests.hellinger_stat_test,
    }
    found = {}
    for column in compared:
        kind = ColumnType.Numerical if column.is_numeric else ColumnType.Categorical
        sides = (column.before.reset_index(drop=True), column.now.reset_index(drop=True))
        found[column.name] = float(tests[column.method.distance](*sides, kind, column.method.threshold).drift_score)
    return found


def _with_page(compared: list[Compared]) -> tuple[dict[str, float], tuple[Report, ...]]:
    from evidently import DataDefinition, Dataset  # five seconds
    from evidently import Report as EvidentlyReport  # five seconds
    from evidently.metrics import ValueDrift  # five seconds

    definition = DataDefinition(
        numerical_columns=[column.name for column in compared if column.is_numeric],
        categorical_columns=[column.name for column in compared if not column.is_numeric],
    )
    now, before = (
        Dataset.from_pandas(pd.DataFrame(columns), definition)
        for columns in (
            {column.name: column.now.reset_index(drop=True) for column in compared},
            {column.name: column.before.reset_index(drop=True) for column in compared},
        )
    )
    metrics = [
        ValueDrift(column=column.name, method=column.method.distance.value, threshold=column.method.threshold)
        for column in compared
    ]
    snapshot = EvidentlyReport(metrics).run(now, before)
    distances = {entry["config"]["column"]: float(entry["value"]) for entry in snapshot.dict()["metrics"]}
    page = Report("evidently.html", "text/html", snapshot.get_html_str(as_iframe=False).encode())
    return distances, (page,)


def _too_thin(column: Compared) -> GateFinding:
    what = f"{column.name} holds too few values, or too many different ones, to be compared."
    return GateFinding(what, locator=column.name, seen=str(column.values_at_least), allowed=f"{VALUES_AT_LEAST}")


def _drifted(column: Compared, distance: float) -> GateFinding:
    what = f"{column.name} has drifted away from the reference."
    seen, allowed = f"{column.method.distance} {distance:.3f}", f"at most {column.method.threshold:g}"
    return GateFinding(what, locator=column.name, seen=seen, allowed=allowed)


def _reports(compared: list[Compared], distances: Mapping[str, float]) -> tuple[Report, ...]:
    worst = sorted(compared, key=lambda column: column.method.threshold - distances[column.name])
    rows = [
        (column.name, column.method.distance.value, column.method.threshold, distances[column.name]) for column in worst
    ]
    columns = ("column", "method", "threshold", "distance")
    document = json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=1)
    drifted = sum(distance > threshold for _, _, threshold, distance in rows)
    note = f"{drifted} of {counted(len(rows), 'comparison', 'are')} beyond their threshold; the furthest first."
    marked = [(Mark("drifted", Tone.BAD) if row[3] > row[2] else Mark("alike", Tone.GOOD), *row) for row in rows]
    title = "Evidently: distances from the reference"
    table = table_report("evidently-table.html", title, ("outcome", *columns), marked, note=note)
    return (Report("evidently.json", "application/json", document.encode()), table)
