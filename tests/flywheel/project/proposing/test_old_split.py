"""A column that somebody left behind, and that parts rows for learning, is no feature and no target unasked."""

from __future__ import annotations

from collections import Counter

import pytest

from flywheel.project.charter.column_names import words_of
from flywheel.project.proposing.columns import propose
from flywheel.project.proposing.keys import keys_of
from flywheel.project.proposing.old_split import is_old_split
from flywheel.project.reading.text_form import TextForm


@pytest.mark.parametrize(
    ("header", "values", "is_one"),
    [
        ("split", ["train", "test"], True),
        ("x", ["Train", "Validation", "Test"], True),
        ("fold", ["0", "1", "2", "3"], True),
        ("isTrain", ["true", "false"], True),
        ("test_version", ["gate_30", "gate_40"], False),
        ("test", ["yes", "no"], False),
        ("means", ["train", "bus"], False),
        ("stage", ["dev", "test", "prod"], False),
        ("fold", [str(n) for n in range(60)], False),
        ("split", ["a"], False),
    ],
)
def test_parts_for_learning_are_known_by_values_or_header(header: str, values: list[str], *, is_one: bool) -> None:
    assert is_old_split([words_of(header)], values) is is_one


def test_it_is_kept_aside_with_the_reason_and_is_no_target() -> None:
    tables = {"churn": Counter({"yes": 40, "no": 60}), "split": Counter({"train": 80, "test": 20})}
    columns = [propose(name, name, held, given=None, form=TextForm(), is_whole=True) for name, held in tables.items()]
    assert "learned from or tested on before" in columns[1].kept
    keys = keys_of(columns, tables, target=None)
    assert (keys.target, keys.other_targets) == ("churn", ())
