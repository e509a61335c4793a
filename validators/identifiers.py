"""PERF-008: no feature is a name in disguise, by which rows can be learned by heart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.project.reading.kinds import Kind
from validators.columns import Floats, frame_problems, labels, missing_mask, numbers
from validators.protocol import Figure, Judgement, gate
from validators.specs import ColumnRole, ColumnRule


@dataclass(frozen=True)
class NameLimits:
    """From where on values look like names of their rows."""

    distinct_share_at_most: float = 0.95
    row_order_at_most: float = 0.99
    rows_at_least: int = minimum_rows("PERF-008")


@gate("PERF-008")
def check(frame: pd.DataFrame, *, rules: tuple[ColumnRule, ...], limits: NameLimits = NameLimits()) -> Judgement:
    """Judge each feature: values that hardly repeat, or that only count the rows."""
    features = tuple(rule for rule in rules if rule.role is ColumnRole.FEATURE)
    problems = frame_problems(frame, features, at_least_rows=limits.rows_at_least)
    if problems:
        return Judgement(tuple(problems), figures={"rows": len(frame)})
    found = tuple(finding for rule in features for finding in _suspicion(frame[rule.name], rule, limits))
    figures: dict[str, Figure] = {"rows": len(frame), "features": len(features), "suspects": len(found)}
    return Judgement(found, evaluated=len(features), figures=figures)


def _suspicion(series: pd.Series[Any], rule: ColumnRule, limits: NameLimits) -> Iterator[GateFinding]:
    present = series[~missing_mask(series, rule.missing_codes)]
    if len(present) < limits.rows_at_least or rule.kind in {Kind.BOOLEAN, Kind.TIME}:
        return
    is_amount = rule.kind in {Kind.NUMBER, Kind.INTEGER}
    values = numbers(present) if is_amount else None
    if values is not None and _counts_rows(values, limits):
        what = (
            f"{rule.name} only numbers the rows: a model can learn the file's order from it, and nothing about cases."
        )
        yield GateFinding(what, Severity.WARNING, rule.name, allowed="values that describe a case")
        return
    share = (np.unique(values).size if values is not None else labels(present, rule.kind).nunique()) / len(present)
    if share > limits.distinct_share_at_most and (values is None or _is_whole(values)):
        is_dense = values is not None and values.max() - values.min() < 20 * len(present)
        if values is not None and rule.kind is Kind.INTEGER and not is_dense and not _all_as_long(values):
            return  # whole amounts over a wide range, such as money, rarely repeat either
        what = f"{rule.name} has a distinct value in {share:.0%} of rows: does it describe a case, or only identify it?"
        yield GateFinding(what, Severity.QUESTION, rule.name, f"{share:.1%}", f"{limits.distinct_share_at_most:.0%}")


def _counts_rows(values: Floats, limits: NameLimits) -> bool:
    """Whether values rise or fall with the rows' order and hardly repeat."""
    if np.unique(values).size < limits.distinct_share_at_most * values.size:
        return False
    ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return abs(float(np.corrcoef(ranks, np.arange(values.size))[0, 1])) > limits.row_order_at_most


def _is_whole(values: Floats) -> bool:
    return bool((values == np.floor(values)).all())


def _all_as_long(values: Floats) -> bool:
    """Whether all numbers have as many digits, five at least: the shape of account numbers."""
    smallest, largest = float(np.abs(values).min()), float(np.abs(values).max())
    return smallest >= 10_000 and np.floor(np.log10(smallest)) == np.floor(np.log10(largest))
