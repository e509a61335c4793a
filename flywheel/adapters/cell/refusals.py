"""Why a lasting cell gave no columns: in a sentence of ours, with the code's own words for its author alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flywheel.domain.own_code import HOOKS_FILE, Hook
from flywheel.errors import InputRefused, ending_of

_FEATURES = f"{Hook.FEATURES.value}() of {HOOKS_FILE}"
_ROWS = "as many rows as it was given, in their order"
WHY: Mapping[str, tuple[str, str]] = {
    "raised": ("could not compute its columns", ""),
    "no table": ("did not give back a table", "a pandas DataFrame: end it with `return frame`"),
    "rows": ("gave back another number of rows", _ROWS),
    "order": ("gave back its rows in another order or under another index", _ROWS),
    "twice": ("gave a column twice", "each name once"),
    "altered": ("altered a column that it was given", "new columns beside the given ones, under names of their own"),
    "name": ("gave a column whose name is no text", "names of letters, digits and _"),
    "empty": ("gave a column that is missing in every row, so that its kind is not known", "a value in some row"),
    "kind": (
        "gave a column of another kind",
        "numbers, true and false, or text, as in the rows that were learned from",
    ),
    "long": ("gave a text that is too long for a category", "at most 256 characters"),
    "missing": ("did not give a column that it gave in training", "the columns that it gave in training"),
    "extra": ("gave a column that it did not give in training", "the columns that it gave in training"),
}
"""By the cell's word, what happened and what is allowed."""


def refusal_of(said: Mapping[str, Any], known: Sequence[str], *, is_told: bool) -> InputRefused:
    """Make a sentence of what a cell said; only names that we know ourselves stand in it where callers read it."""
    what, allowed = WHY.get(str(said.get("why")), WHY["raised"])
    column = said.get("column")
    named = isinstance(column, str) and (column in known or is_told)
    words = ending_of(str(said.get("words") or "")) if is_told else ""
    where = f": {ending_of(str(column))}" if named else ""
    return InputRefused(f"{_FEATURES} {what}{where}{f' ({words})' if words else ''}", allowed=allowed)
