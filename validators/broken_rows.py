"""The rows that break an expectation, for whoever mends the data; no report and no record ever holds them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from flywheel.domain.gates import GateFinding
from flywheel.errors import InputRefused
from flywheel.project.reading.table import Table
from validators.data_expectations import masked
from validators.gx_examiner import unexpected_rows
from validators.masks import mask_of
from validators.outcomes import place_of
from validators.specs import ColumnRule, ExpectationRule
from validators.suites import allowed_by, columns_of, sentence

BYTES_AT_MOST = 500_000_000


@dataclass(frozen=True)
class BrokenRow:
    """One row, counted from 1, and what stands in the columns that were looked at."""

    row: int
    shown: str


def breaks(finding: GateFinding, expectation: ExpectationRule) -> bool:
    """Whether a finding is about this expectation."""
    where = place_of(expectation)
    is_there = finding.locator == where and finding.allowed == allowed_by(expectation)
    return is_there and sentence(expectation, None).removeprefix(where) in finding.what  # words on a waiver may follow


def broken_rows(
    table: Table, expectation: ExpectationRule, *, rules: tuple[ColumnRule, ...], at_most: int
) -> tuple[BrokenRow, ...]:
    """Find the first rows that break it; none where no single row does, or where they do not fit into memory."""
    names = columns_of(expectation)
    try:
        rows = _joined(_numbered(table, expectation, rules))
    except InputRefused:
        return ()
    first = sorted(unexpected_rows(rows, expectation, {rule.name: rule for rule in rules}))[:at_most]
    return tuple(BrokenRow(row, _shown(rows, row, names)) for row in first)


def _numbered(table: Table, expectation: ExpectationRule, rules: tuple[ColumnRule, ...]) -> Iterator[pd.DataFrame]:
    """Give the rows that meet the condition, under their numbers."""
    looked_at: set[Hashable] = {*columns_of(expectation), *(one.column for one in expectation.where)}
    seen, by_name = 0, {rule.name: rule for rule in rules}
    for part in table.parts([name for name in table.columns if name in looked_at]):
        shown = masked(part, rules)
        meets = mask_of(shown, expectation.where, by_name)
        yield shown[meets].set_axis(seen + 1 + np.flatnonzero(meets))
        seen += len(part)


def _joined(parts: Iterator[pd.DataFrame]) -> pd.DataFrame:
    kept, size = [], 0
    for part in parts:
        size += int(part.memory_usage().sum())
        if size > BYTES_AT_MOST:
            raise InputRefused("the rows are too large to be looked through", allowed=f"{BYTES_AT_MOST:,} bytes")
        kept.append(part)
    return pd.concat(kept)


def _shown(rows: pd.DataFrame, row: int, names: tuple[str, ...]) -> str:
    alone = rows.loc[[row]].astype(object)
    held = alone.where(alone.notna(), "nothing").to_dict("records")[0]
    return str(held[names[0]]) if len(names) == 1 else ", ".join(f"{name} = {held[name]}" for name in names)
