"""Facts of a table come from one pass, whatever the batches, and their estimates say how good they are."""

import math
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest

from flywheel.domain.digests import plain
from flywheel.project.reading.missing import Codes
from flywheel.project.reading.table_facts import KEPT_HASHES, QUANTILES, TableFacts

ROWS = 60_000


@pytest.fixture(scope="module")
def table() -> pa.Table:
    chance = np.random.default_rng(3)
    return pa.table(
        {
            "amount": pa.array(chance.lognormal(3, 2, ROWS), mask=chance.random(ROWS) < 0.1),
            "id": [f"id-{row}" for row in range(ROWS)],
            "region": chance.choice(["north", "south"], ROWS),
            "at": pa.array(np.arange(ROWS) * 1_000_000, pa.timestamp("us", tz="UTC")),
        }
    )


def facts(table: pa.Table, *, rows: int = ROWS) -> dict[str, dict[str, Any]]:
    seen = TableFacts()
    for batch in table.to_batches(rows):
        seen.see(batch)
    found = seen.facts()
    assert found["rows"] == len(table)
    assert plain(found) == found
    return cast("dict[str, dict[str, Any]]", found["columns"])


def test_estimates_do_not_depend_on_how_the_table_was_cut(table: pa.Table) -> None:
    whole, cut = facts(table), facts(table, rows=1_777)
    means = [found["amount"].pop("mean") for found in (whole, cut)]
    assert means[0] == pytest.approx(means[1])
    assert whole == cut


def test_quantiles_are_within_a_percent_and_a_half_of_their_rank(table: pa.Table) -> None:
    amounts = table["amount"].drop_null().to_numpy()
    quantiles = facts(table)["amount"]["quantiles"]
    for share, value in quantiles.items():
        assert (amounts <= value).mean() == pytest.approx(float(share), abs=0.015)


def test_distinct_values_are_exact_while_few_and_near_when_many(table: pa.Table) -> None:
    found = facts(table)
    assert found["region"]["distinct"] == 2
    assert found["id"]["distinct"] == pytest.approx(ROWS, rel=0.08)
    assert "distinct_is_estimate" in found["id"]
    assert "distinct_is_estimate" not in found["region"]
    few = facts(table.slice(0, KEPT_HASHES))
    assert few["id"]["distinct"] == KEPT_HASHES
    assert "distinct_is_estimate" not in few["id"]


def test_gaps_and_bounds_are_exact(table: pa.Table) -> None:
    amount, at = facts(table)["amount"], facts(table)["at"]
    column = table["amount"]
    assert amount["missing_share"] == column.null_count / ROWS
    assert amount["most"] == max(column.drop_null().to_pylist())
    assert at["least"] == "1970-01-01 00:00:00+00:00"


def test_a_column_without_values_has_no_figures() -> None:
    assert facts(pa.table({"x": pa.nulls(5, pa.float64())})) == {
        "x": {"type": "double", "distinct": 0, "missing_share": 1}
    }


def test_times_that_no_calendar_of_python_holds_have_bounds_all_the_same() -> None:
    beyond = pa.array([0, 1_700_000_000_000_000_000, None], pa.timestamp("us", tz="UTC"))  # milliseconds as seconds
    found = facts(pa.table({"at": beyond}))["at"]
    assert found["least"] == "1970-01-01 00:00:00+00:00"
    assert found["most"] == "1700000000000000000 (timestamp[us, tz=UTC])"


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        (pa.array([999, 999, 3, 5, None]), (999,)),
        (pa.array([999.0, 999.0, 3.0, 5.0, None]), (999,)),
        (pa.array(["?", "NA", "3", "5", None]), ("?", "NA")),
        (pa.array([99, 99, 3, 5, None], pa.int8()), (99, 1e9)),
    ],
)
def test_a_code_that_means_missing_is_missing_in_every_figure(values: pa.Array, codes: tuple[object, ...]) -> None:
    seen = TableFacts({"amount": Codes.of(codes)})  # type: ignore[arg-type]  # texts and numbers
    seen.see(pa.record_batch({"amount": values}))
    found = cast("dict[str, dict[str, Any]]", seen.facts()["columns"])["amount"]
    assert (found["missing_share"], found["distinct"]) == (0.6, 2)
    assert [found.get(key) for key in ("least", "mean", "most")] in ([3, 4, 5], [None] * 3)


def test_whole_numbers_are_exact_however_long() -> None:
    long = [2**62 + 1, 2**62 + 3, -(2**62) - 7]
    found = facts(pa.table({"id": pa.array(long * 3)}), rows=4)["id"]
    assert (found["least"], found["most"], found["distinct"]) == (min(long), max(long), 3)
    assert found["mean"] == sum(long) / 3
    wide = facts(pa.table({"id": pa.array([2**64 - 1, 2**64 - 2], pa.uint64())}))["id"]
    assert (wide["least"], wide["most"], wide["distinct"]) == (2**64 - 2, 2**64 - 1, 2)


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64()])
@pytest.mark.parametrize("gaps", [0, 3])
def test_quantiles_of_whole_numbers_are_values_that_stand_there(kind: pa.DataType, gaps: int) -> None:
    long = [2**62 + 2 * step + 1 for step in range(101)]
    quantiles = facts(pa.table({"id": pa.array([*long, *[None] * gaps], kind)}), rows=40)["id"]["quantiles"]
    assert quantiles == {f"{share:g}": long[math.ceil(share * 101) - 1] for share in QUANTILES}


@pytest.mark.parametrize("rows", [2, 10])
def test_infinite_values_are_counted_and_move_no_bound(rows: int) -> None:
    endless, end = [math.inf, -math.inf, math.inf], [2.0, 5.0]
    found = facts(pa.table({"x": pa.array([*endless, *end, None])}), rows=rows)["x"]
    assert (found["infinite"], found["least"], found["most"], found.get("mean")) == (3, 2.0, 5.0, None)
    assert found["quantiles"]["0.5"] == 2.0
    assert "least" not in facts(pa.table({"x": pa.array(endless)}), rows=rows)["x"]
