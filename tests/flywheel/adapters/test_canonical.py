"""A table that comes in batches has one type a column, and none of its values change for it."""

import pyarrow as pa
import pytest

from flywheel.adapters.canonical import Columns, plain_batch
from flywheel.errors import InputRefused


def batch(*values: object, kind: pa.DataType | None = None) -> pa.RecordBatch:
    return pa.record_batch({"x": pa.array(list(values), kind)})


def fitted(*batches: pa.RecordBatch) -> tuple[pa.DataType, list[object]]:
    columns = Columns(["x"])
    kept = [columns.fit(plain_batch(given)) for given in batches]
    table = pa.Table.from_batches([columns.cast(one) for one in kept], schema=columns.schema)
    return table.schema.field("x").type, table["x"].to_pylist()


def test_a_column_of_nulls_takes_the_type_of_the_first_value() -> None:
    assert fitted(batch(None), batch(None, kind=pa.string()), batch(1)) == (pa.int64(), [None, None, 1])


def test_a_column_that_never_has_a_value_is_text() -> None:
    assert fitted(batch(None), batch(None)) == (pa.string(), [None, None])


def test_whole_numbers_widen_where_a_fraction_comes_later() -> None:
    assert fitted(batch(1), batch(0.5), batch(2)) == (pa.float64(), [1.0, 0.5, 2.0])


def test_values_of_several_kinds_are_refused_with_their_column() -> None:
    with pytest.raises(InputRefused, match="column x holds values of several kinds"):
        fitted(batch(1), batch("one"))


def test_nan_is_missing_and_folded_text_is_text() -> None:
    assert fitted(batch(1.5, float("nan"))) == (pa.float64(), [1.5, None])
    folded = pa.record_batch({"x": pa.array(["a", None, "a"]).dictionary_encode()})
    assert fitted(folded) == (pa.string(), ["a", None, "a"])


def test_times_are_held_in_microseconds_unless_one_is_finer() -> None:
    rough, fine = batch(1_000, kind=pa.timestamp("ns")), batch(1_001, kind=pa.timestamp("ns"))
    assert fitted(rough)[0] == pa.timestamp("us")
    assert fitted(rough, fine)[0] == pa.timestamp("ns")


def test_a_batch_with_other_columns_is_refused() -> None:
    with pytest.raises(InputRefused, match="other columns"):
        fitted(batch(1), pa.record_batch({"y": [1]}))
