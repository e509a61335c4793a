"""A new column parts rows without an entity anew: that is said, with the line that keeps every row in its part."""

from __future__ import annotations

import json
import tomllib

import numpy as np
import pandas as pd
import pytest

from flywheel.project.charter import Charter
from flywheel.project.framing import Framing
from flywheel.services.unseen import parted_anew
from tests.factories.charters import MINIMAL

ROWS = pd.DataFrame(np.random.default_rng(1).normal(size=(300, 3)), columns=["a", "b", "c"]).assign(y=1)


def framed(*columns: str, equal_in: tuple[str, ...] = (), entity: str = "") -> Framing:
    declared = "".join(f'[data.columns.{name}]\nkind = "number"\n' for name in (*columns, "y"))
    split = f"[research]\nsplit = {{ equal_in = {json.dumps(equal_in)} }}\n"
    named = f'entity = "{entity}"\n' if entity else ""
    source = '[data.sources.rows]\nuri = "rows.csv"\npurpose = "a test"\n'
    return Framing(
        Charter.model_validate(tomllib.loads(f'{MINIMAL}{split}[data]\ntarget = "y"\n{named}{source}{declared}'))
    )


def test_a_new_column_parts_rows_anew_and_the_line_that_is_told_keeps_them() -> None:
    before, now = framed("a", "b"), framed("a", "b", "c")
    assert before.part(ROWS).split.test.tolist() != now.part(ROWS).split.test.tolist()
    note = parted_anew(before.rule.unit, now, "tiny:1")
    assert "(c)" in note
    kept = framed("a", "b", "c", equal_in=tuple(json.loads(note.partition("equal_in = ")[2])))
    assert parted_anew(before.rule.unit, kept, "tiny:1") == ""
    np.testing.assert_array_equal(kept.part(ROWS).split.test, before.part(ROWS).split.test)
    assert kept.rule == before.rule


@pytest.mark.parametrize(
    ("before", "now"),
    [(framed("a", "b"), framed("b", "a")), (framed("a", entity="b"), framed("a", "c", entity="b"))],
)
def test_where_no_row_moves_nothing_is_told(before: Framing, now: Framing) -> None:
    assert parted_anew(before.rule.unit, now, "tiny:1") == ""
