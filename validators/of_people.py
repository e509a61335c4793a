"""Which features tell of people, by header or values, so that somebody is asked whether groups are treated alike."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from flywheel.project.charter.column_names import words_of
from flywheel.project.charter.data import Data
from flywheel.project.proposing.personal import MOST_WORDS, personal
from validators.specs import ColumnRule


def of_people(rules: Iterable[ColumnRule], data: Data, rows: pd.DataFrame) -> tuple[str, ...]:
    """Name the features that tell of people, as a person is asked about them when they come in."""
    told = []
    for rule in rules:
        column = data.columns.get(rule.name)
        spoken, values = (rule.name, *(column.alias if column else ())), rows[rule.name]
        different = values.dropna().unique()
        held = {str(value) for value in different[:MOST_WORDS]} if len(different) <= MOST_WORDS else set[str]()
        sizes = {"distinct": len(different), "rows": len(values)}
        if any(personal(words_of(name), **sizes, values=held) for name in spoken):
            told.append(rule.name)
    return tuple(told)
