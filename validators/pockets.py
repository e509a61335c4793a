"""Rows that one value of one column marks, and in which the outcome is all but certain: a pocket of PERF-005."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from flywheel.domain.amounts import written_out
from flywheel.errors import shorten
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.certainty import Units
from validators.columns import Floats, Mask, labels, missing_mask
from validators.specs import ColumnRule
from validators.statistics import too_many


@dataclass(frozen=True)
class PocketLimits:
    """From which part of one outcome's rows on a pocket matters, and how strong an honest feature may be in it.

    Columns that tell much, such as a contract of two years of who stays, raise the odds of an outcome up to twenty
    times; a pocket is certain where even that, and a share of `rate_at_least`, leaves it to chance.
    """

    share_at_least: float = 0.05
    odds_at_most: float = 20.0
    rate_at_least: float = 0.8


@dataclass(frozen=True)
class Pocket:
    """So many rows, known by one column, of which so many have the one outcome; and how likely chance makes that."""

    column: str
    words: str
    rows: int
    hits: int
    is_yes: bool
    chance: float


def pockets(
    series: pd.Series[Any], rule: ColumnRule, happened: Floats, units: Units, limits: PocketLimits
) -> Iterator[Pocket]:
    """Weigh each pocket of a column that is large enough to matter; only yes or no has pockets."""
    if rule.kind is Kind.TEXT or not set(np.unique(happened)) <= {0.0, 1.0}:
        return
    for words, held in _marked(series, rule, happened, limits.share_at_least):
        is_yes = bool(happened[held].mean() >= 0.5)
        outcome = happened if is_yes else 1 - happened
        rows, hits = int(held.sum()), int(outcome[held].sum())
        if rows == outcome.size or hits < limits.share_at_least * outcome.sum():
            continue
        odds = limits.odds_at_most * float(outcome.mean() / (1 - outcome.mean()))
        share = max(odds / (1 + odds), limits.rate_at_least)
        alike = units.only(held).effect(outcome[held])
        yield Pocket(rule.name, words, rows, hits, is_yes, too_many(hits / alike, rows / alike, share))


def _marked(series: pd.Series[Any], rule: ColumnRule, happened: Floats, least: float) -> Iterator[tuple[str, Mask]]:
    """Give the rows without a value, with one, with each value that could matter, and with any but the commonest."""
    is_missing = missing_mask(series, rule.missing_codes)
    if is_missing.all():
        return
    if is_missing.any():
        yield "is missing", is_missing
        yield "is filled", ~is_missing
    codes, names = _coded(series, rule, is_missing)
    rows = np.bincount(codes[~is_missing], minlength=len(names))
    yes = np.bincount(codes[~is_missing], weights=happened[~is_missing], minlength=len(names))
    matters = (yes >= least * happened.sum()) & (2 * yes >= rows)
    matters |= (rows - yes >= least * (1 - happened).sum()) & (2 * yes < rows)
    for place in np.flatnonzero(matters):
        yield f"is {_shown(names[place])}", codes == place
    if len(names) > 2 and rows.max() > 1:
        yield f"is anything but {_shown(names[rows.argmax()])}", ~is_missing & (codes != rows.argmax())


def _shown(value: object) -> str:
    return written_out(float(value)) if isinstance(value, float | int | np.number) else shorten(str(value), 40)


def _coded(series: pd.Series[Any], rule: ColumnRule, is_missing: Mask) -> tuple[Any, Any]:
    if rule.kind in {Kind.CATEGORY, Kind.BOOLEAN}:
        series = labels(series, rule.kind).reindex(series.index)
    return pd.factorize(series.mask(is_missing))
