"""Tells a column that says which rows somebody learned from before, such as one of `train` and `test`."""

from __future__ import annotations

import re
from collections.abc import Collection

_TRAIN = frozenset({"train", "training", "trn", "learn"})
_OTHERS = frozenset(
    {"test", "testing", "tst", "val", "valid", "validation", "dev", "eval", "evaluation", "holdout", "oot", "oos"}
)
_NAME = re.compile(r"(^|_)(split|k?folds?)$|^(is|in)_(train|test)(ing)?$|^train_test$|^(train|test)_(flag|set|split)$")
_MOST_PARTS = 20


def is_old_split(words: Collection[str], values: Collection[str]) -> bool:
    """Whether a column parts rows for learning, by what it holds or by its header; `words` are those of the header."""
    parts = {value.strip().casefold() for value in values}
    if parts & _TRAIN and parts & _OTHERS and parts <= _TRAIN | _OTHERS:
        return True
    return 1 < len(parts) <= _MOST_PARTS and any(map(_NAME.search, words))
