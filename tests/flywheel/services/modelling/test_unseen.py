"""Which rows a version has seen or is watched by, and that a new column parts rows without an entity anew."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.project.charter.charter import Charter
from flywheel.project.framing import Framing
from flywheel.project.tabular.seen import Seen
from flywheel.project.tabular.split import SplitRule
from flywheel.project.tabular.units import Unit
from flywheel.services.modelling.unseen import parted_anew, rows_before_test
from tests.factories.charters import MINIMAL
from tests.factories.shops import Shop
from tests.factories.versions import make_split

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


def test_the_rows_before_the_test_are_composed_as_their_time_and_those_left_apart_are_among_them(
    tmp_path: Path,
) -> None:
    rows = Shop(400, 2, 100).rows()
    rule = SplitRule(Unit("bank", "person", ()), "3 months", "3 months", "at")
    parted = rule.part(rows)
    facts = replace(make_split(), cuts=parted.cuts, time="at", unit=rule.unit.to_json())
    before = rows_before_test(rows, facts, artifacts=Artifacts(tmp_path))
    assert before.sum() == parted.periods["train"] + parted.periods["validation"]
    assert parted.split.train.size + parted.split.validation.size < 0.75 * before.sum()
    assert not before[parted.split.test].any()


@pytest.mark.parametrize("entity", [None, "person"])
def test_by_share_the_rows_before_the_test_are_those_of_units_that_were_seen(
    tmp_path: Path, entity: str | None
) -> None:
    rows, artifacts = Shop(400, 2, 100).rows(), Artifacts(tmp_path)
    rule = SplitRule(Unit("bank", entity, ("person", "at")), 0.2, 0.2)
    parted = rule.part(rows)
    seen = artifacts.put_bytes(Seen.of(rule, parted, rows.columns).content())
    before = rows_before_test(rows, replace(make_split(), seen=seen, unit=rule.unit.to_json()), artifacts=artifacts)
    assert set(np.flatnonzero(~before)) == set(parted.split.test)
