"""How values become numbers, the same way from a frame and from a request's rows."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flywheel.errors import InputRefused
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.encoding import Encoding
from flywheel.project.tabular.recipe import ColumnFacts
from tests.factories.records import records_of
from tests.factories.tabular import COLUMNS, FEATURES, applications

FACTS = [column for column in COLUMNS if column.name in FEATURES]


def encode(values: object, kind: Kind, **facts: Any) -> Encoding:
    frame = pd.DataFrame({"x": values})
    return Encoding.fit(frame, [ColumnFacts("x", kind, **facts)])


def test_rows_of_a_request_encode_like_a_frame() -> None:
    frame = applications(300)
    encoding = Encoding.fit(frame, FACTS)
    records = records_of(frame.astype(object).where(frame.notna(), None))
    np.testing.assert_array_equal(encoding.rows(records), encoding.matrix(frame))


def test_declared_missing_codes_become_missing() -> None:
    encoding = encode([300, 999, 500], Kind.INTEGER, missing_codes=(999,))
    np.testing.assert_array_equal(np.isnan(encoding.matrix(pd.DataFrame({"x": [999, 300]}))[:, 0]), [True, False])


def test_an_unseen_category_gets_the_unknown_code() -> None:
    encoding = encode(["a"] * 30 + ["b"] * 30, Kind.CATEGORY)
    code = encoding.rows([{"x": "zeppelin"}])[0, 0]
    assert code == encoding.columns[0].unknown
    assert code not in encoding.columns[0].codes.values()


def test_rare_levels_share_the_unknown_code() -> None:
    encoding = encode(["a"] * 30 + ["b"] * 3, Kind.CATEGORY)
    assert encoding.rows([{"x": "b"}]) == encoding.columns[0].unknown


def test_levels_are_ordered_by_their_rate_of_positives() -> None:
    frame = pd.DataFrame({"x": ["low"] * 50 + ["high"] * 50})
    labels = np.repeat([0, 1], 50).astype(np.uint8)
    encoding = Encoding.fit(frame, [ColumnFacts("x", Kind.CATEGORY)], truth=labels)
    assert encoding.columns[0].levels == ("low", "high")


def test_a_category_of_whole_numbers_survives_becoming_floats() -> None:
    encoding = encode([1, 2] * 30, Kind.CATEGORY)
    as_float = encoding.matrix(pd.DataFrame({"x": [1.0, 2.0, np.nan]}))
    np.testing.assert_array_equal(as_float[:2], encoding.rows([{"x": 1}, {"x": "2"}]))


def test_a_time_is_days_whether_text_or_timestamp() -> None:
    encoding = encode(pd.to_datetime(["2025-01-01", "2025-06-01"]), Kind.TIME)
    from_text = encoding.rows([{"x": "2025-01-01T00:00:00Z"}])
    np.testing.assert_array_equal(from_text, encoding.matrix(pd.DataFrame({"x": [pd.Timestamp("2025-01-01")]})))


@pytest.mark.parametrize("value", ["1e3x", [1]])
def test_a_number_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(InputRefused, match="not a number"):
        encode([1.0, 2.0], Kind.NUMBER).rows([{"x": value}])


def test_an_infinite_number_is_refused() -> None:
    encoding = encode([1.0, 2.0], Kind.NUMBER)
    with pytest.raises(InputRefused, match="infinite"):
        encoding.matrix(pd.DataFrame({"x": [np.inf]}))
    with pytest.raises(InputRefused, match="infinite"):
        encoding.rows([{"x": float("inf")}])


def test_a_missing_column_is_named() -> None:
    encoding = encode([1.0, 2.0], Kind.NUMBER)
    with pytest.raises(InputRefused, match="'x'"):
        encoding.matrix(pd.DataFrame({"y": [1.0]}))
    with pytest.raises(InputRefused, match="'x'"):
        encoding.rows([{"y": 1.0}])


def test_the_linear_design_flags_missing_and_bounds_absurd_values() -> None:
    encoding = encode([1.0, 2.0, np.nan], Kind.NUMBER)
    design = encoding.design(encoding.matrix(pd.DataFrame({"x": [np.nan, 1e30]})))
    np.testing.assert_array_equal(design, [[0.0, 1.0], [5.0, 0.0]])


def test_an_encoding_survives_json() -> None:
    encoding = Encoding.fit(applications(300), FACTS)
    assert Encoding.from_json(json.loads(json.dumps(encoding.to_json()))) == encoding
