"""Joins a project's sources into the one table that everything else is made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from flywheel.errors import InputRefused
from flywheel.project.charter_data import Data

if TYPE_CHECKING:
    import pandas as pd


def assemble(frames: Mapping[str, pd.DataFrame], data: Data) -> pd.DataFrame:
    """Left-join every source to the one without `join`; no row may be doubled, no column come twice."""
    missing = sorted(data.sources.keys() - frames.keys())
    if missing:
        raise InputRefused("sources were not read", found=missing)
    base = next(name for name, source in data.sources.items() if source.join is None)
    table = frames[base]
    for name, source in data.sources.items():
        if source.join is None:
            continue
        other, key = frames[name], source.join
        _must_join(table, other, key=key, name=name)
        table = table.merge(other, on=key, how="left", validate="many_to_one")
    return table


def _must_join(table: pd.DataFrame, other: pd.DataFrame, *, key: str, name: str) -> None:
    for side, columns in (("the rows so far", table.columns), (name, other.columns)):
        if key not in columns:
            raise InputRefused(
                f"{side} cannot be joined", found=sorted(map(str, columns))[:20], allowed=f"a column {key}"
            )
    doubled = int(other[key].duplicated().sum())
    if doubled:
        raise InputRefused(f"{name} holds {doubled} keys more than once", found=key, allowed="one row for each key")
    twice = sorted((set(table.columns) & set(other.columns)) - {key})
    if twice:
        raise InputRefused(f"{name} brings columns that are already there", found=twice, allowed="new columns")
