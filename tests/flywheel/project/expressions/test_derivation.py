"""Derived features as a model keeps them: written down, read again, made smaller, and beside the columns of a table."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from flywheel.errors import InputRefused
from flywheel.project.expressions.derivation import Derivation
from flywheel.project.reading.table import table_of
from tests.factories.expressions import KNOWN, derived, frame_of, is_same


def row(**values: Any) -> dict[str, Any]:
    return dict.fromkeys(one.name for one in KNOWN if not one.barred) | values


def made() -> Derivation:
    return derived(share="loan / income", high="share > 0.5 and owns", aside="age * 2", band="bucket(share, 0.5)")


def test_it_is_read_as_it_was_written() -> None:
    read = Derivation.from_json(json.loads(json.dumps(made().to_json())))
    given_row = row(loan=3.0, income=4.0, owns=True, age=999)
    assert read.kinds == made().kinds
    for name, value in made().row(given_row).items():
        assert is_same(read.row(given_row)[name], value)


def test_what_makes_no_sense_is_refused_when_it_is_read() -> None:
    document = made().to_json() | {"definitions": {"share": "loan / nobody"}}
    with pytest.raises(InputRefused, match="nobody"):
        Derivation.from_json(document)


def test_some_features_bring_what_they_are_made_of_and_no_more() -> None:
    some = made().only(["high"])
    assert [one.name for one in some.definitions] == ["share", "high"]
    assert some.inputs == ("income", "loan", "owns")
    assert list(some.row({"loan": 3.0, "income": 4.0, "owns": True})) == ["high"]


def test_no_feature_changes_nothing() -> None:
    frame = frame_of([row(loan=1.0)])
    assert made().only([]).widen(frame) is frame


def test_a_table_is_widened_in_parts() -> None:
    frame = frame_of([row(loan=float(place), income=4.0) for place in range(5)])
    table = made().widened(table_of(frame))
    assert {"share", "band"} <= set(table.columns)
    (part,) = table.parts(["share", "loan"])
    assert list(part.columns) == ["share", "loan"]
    assert part["share"].tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    (bare,) = table.parts(["loan"])
    assert list(bare.columns) == ["loan"]


def test_a_truth_is_one_or_nought_and_may_be_missing() -> None:
    rows = [row(loan=3.0, income=4.0, owns=owns) for owns in (True, False, None)]
    columns = made().columns(frame_of(rows))
    assert columns["high"][:2].tolist() == [1.0, 0.0]
    assert pd.isna(columns["high"][2])


def test_an_infinite_value_is_refused_in_both_ways() -> None:
    endless = row(loan=float("inf"), income=1.0)
    with pytest.raises(InputRefused, match="loan holds an infinite value"):
        made().row(endless)
    with pytest.raises(InputRefused, match="loan holds an infinite value"):
        made().columns(frame_of([endless]))


def test_a_lacking_column_is_named() -> None:
    with pytest.raises(InputRefused, match="lacks a column"):
        made().columns(frame_of([row()]).drop(columns="loan"))
