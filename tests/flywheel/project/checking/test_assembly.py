"""Sources are joined without doubling a row or hiding a column, whatever the batches they come in."""

import pyarrow as pa
import pytest

from flywheel.errors import InputRefused
from flywheel.project.checking.assembly import Lookup, assemble
from flywheel.project.checking.faults import faults_in
from flywheel.project.reading.matches import Match

FACTS = pa.table({"key": ["a", "b", None, "c"], "y": [True, False, True, True]})


def joined(more: dict[str, list[object]], *, rows: int = 4) -> pa.Table:
    return pa.Table.from_batches(assemble(FACTS.to_batches(rows), [looked_up(pa.table(more))]))


def looked_up(table: pa.Table, *, name: str = "more") -> Lookup:
    return Lookup(name, f"{name}.csv", "key", table)


@pytest.mark.parametrize("rows", [1, 4])
def test_rows_without_a_partner_stay_in_their_order(rows: int) -> None:
    table = joined({"key": ["b", "z", "a"], "x": [1, 2, 3]}, rows=rows)
    assert table.to_pydict() == {
        "key": ["a", "b", None, "c"],
        "y": [True, False, True, True],
        "x": [3, 1, None, None],
    }


def test_long_numbers_are_told_apart_though_a_row_beside_them_has_none() -> None:
    keys = pa.array([2**53, 2**53 + 1, None])
    other = looked_up(pa.table({"key": keys[:2], "x": ["even", "odd"]}))
    (batch,) = assemble([pa.record_batch({"key": keys})], [other])
    assert batch.column("x").to_pylist() == ["even", "odd", None]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            {"key": ["z", "a", "a"], "x": [1, 2, 3]},
            "more.csv: key: 1 key stands in several rows, and one row of each is joined; first 'a' in row 3",
        ),
        (
            {"key": ["a", None], "x": [1, 2]},
            "more.csv: key: 1 row has no key, by which more is joined; row 2; cure: give",
        ),
        (
            {"Key": ["a"], "x": [1]},
            "it has no such column; found 'Key', 'x'; cure: data.columns.key.alias = [\"key\", \"Key\"]",
        ),
        ({"key": ["a"], "y": [True]}, "more.csv: y: is the target and already there, and more brings it once more"),
        ({"key": [1], "x": [1]}, "its kind differs, int64 here and string in the rows"),
    ],
)
def test_what_would_double_hide_or_miss_is_refused_with_place_and_cure(
    more: dict[str, list[object]], words: str
) -> None:
    with pytest.raises(InputRefused) as refused:
        list(assemble(FACTS.to_batches(), [looked_up(pa.table(more))], target="y"))
    assert words in str(refused.value)


def test_what_is_wrong_with_several_sources_is_told_at_once() -> None:
    doubled = looked_up(pa.table({"key": ["a", "a"], "x": [1, 2]}))
    twice = looked_up(pa.table({"key": ["b"], "x": [3]}), name="other")
    with pytest.raises(InputRefused) as refused:
        list(assemble(FACTS.to_batches(), [doubled, twice]))
    assert [(one.where, one.column) for one in faults_in(refused.value)] == [("more.csv", "key"), ("other.csv", "x")]


@pytest.mark.parametrize(
    ("ours", "theirs", "way"),
    [
        ("07", "7", "leading zeros"),
        ("7 ", "7", "spaces around"),
        ("North", "north", "upper and lower case"),
        ("7.0", "7", "a .0 at the end"),
        (" 007.0", "7", "several of these"),
    ],
)
def test_keys_without_a_partner_are_counted_and_those_written_otherwise_named(ours: str, theirs: str, way: str) -> None:
    rows = pa.table({"key": [ours, "x", None, theirs, ours]})
    other = looked_up(pa.table({"key": [theirs], "n": [1]}))
    list(assemble(rows.to_batches(2), [other]))
    match = other.meeting.match
    assert (match.rows, match.keyless, match.unmatched, match.is_asked, match.is_empty) == (5, 1, 3, True, False)
    assert f"2 rows by {way}" in match.sentence
    assert repr(ours) in match.sentence
    assert Match.from_json(match.to_json()) == match


def test_nothing_is_said_where_all_keys_meet() -> None:
    other = looked_up(pa.table({"key": ["a", "b", "c"], "n": [1, 2, 3]}))
    list(assemble(FACTS.to_batches(), [other]))
    assert (other.meeting.match.sentence, other.meeting.match.keyless) == ("", 1)
