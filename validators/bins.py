"""Columns as a few levels each, so that segments can be counted: amounts by quantiles, names by frequency."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from flywheel.project.reading.kinds import Kind
from validators.columns import Floats, labels, missing_mask, moments, numbers
from validators.specs import ColumnRule

MISSING = "(missing)"
OTHER = "(other)"
AMOUNTS = frozenset({Kind.NUMBER, Kind.INTEGER, Kind.TIME})

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Binned:
    """One column as codes into a short list of levels in words."""

    name: str
    codes: Codes
    levels: tuple[str, ...]


def binned(series: pd.Series[Any], rule: ColumnRule, *, bins: int = 5, levels: int = 12) -> Binned:
    """Cut amounts into bins of about equal size, keep the frequent names, and give what is missing its own level."""
    gaps = missing_mask(series, rule.missing_codes)
    present = series[~gaps]
    codes, words = _cut(present, rule, bins) if rule.kind in AMOUNTS else _named(present, rule.kind, levels)
    whole = np.full(len(series), len(words), dtype=np.int32)
    whole[~gaps] = codes
    return Binned(rule.name, whole, (*words, MISSING) if gaps.any() else words)


def _cut(present: pd.Series[Any], rule: ColumnRule, bins: int) -> tuple[Codes, tuple[str, ...]]:
    if rule.kind is Kind.TIME:
        days = moments(present).astype("datetime64[D]")
        edges = np.unique(np.quantile(days.astype(np.int64), _shares(bins), method="lower")).astype("datetime64[D]")
        return np.searchsorted(edges, days, side="right").astype(np.int32), _between(tuple(map(str, edges)))
    values = numbers(present)
    few = np.unique(values)
    if few.size <= bins + 1:
        return np.searchsorted(few, values).astype(np.int32), tuple(f"= {amount:,.6g}" for amount in few)
    return _by_quantile(values, bins)


def _by_quantile(values: Floats, bins: int) -> tuple[Codes, tuple[str, ...]]:
    """Cut at quantiles rounded to four digits, so that the words say exactly who is meant."""
    rounded = np.array([float(f"{edge:.4g}") for edge in np.quantile(values, _shares(bins))])
    edges = np.unique(rounded[(rounded > values.min()) & (rounded <= values.max())])
    said = tuple(f"{edge:,.6g}" for edge in edges)
    return np.searchsorted(edges, values, side="right").astype(np.int32), _between(said)


def _shares(bins: int) -> Floats:
    return np.linspace(0, 1, bins + 1)[1:-1]


def _between(edges: tuple[str, ...]) -> tuple[str, ...]:
    if not edges:
        return ("any",)
    inner = (f"{low} to below {high}" for low, high in pairwise(edges))
    return (f"below {edges[0]}", *inner, f"at least {edges[-1]}")


def _named(present: pd.Series[Any], kind: Kind, levels: int) -> tuple[Codes, tuple[str, ...]]:
    codes, names = pd.factorize(labels(present, kind))
    counts = np.bincount(codes, minlength=len(names))
    kept = np.argsort(-counts, kind="stable")[: levels if len(names) <= levels else levels - 1]
    place = np.full(len(names), len(kept), dtype=np.int32)
    place[kept] = np.arange(len(kept), dtype=np.int32)
    words = tuple(f"= {names[at]}" for at in kept)
    return place[codes], (*words, OTHER) if len(names) > len(kept) else words
