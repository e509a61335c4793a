"""The prediction log by windows: who answered, where the next event is, what was written since."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flywheel.adapters.predictions.log import OUTSIDE, append, log_schema
from flywheel.adapters.predictions.windows import Answerer, answered_by, first_at, read_window, written_since
from tests.factories.serving import make_contract

START, DAY = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1)
FIRST, SECOND = "card-default:1", "card-default:2"


def log(root: Path, *days: int, version: str = FIRST, **said: Any) -> Path:
    """Write a segment with a row on each of these days."""
    schema = log_schema(make_contract())
    own = {**dict.fromkeys(schema.names), "at": START, "version": version, "served_by": "model", "flags": [], **said}
    rows = [{**own, "event_at": START + day * DAY, "entity": f"{version}:{day}"} for day in days]
    return append(root, "card-default", rows, schema)


def test_the_next_event_is_found_inside_and_between_segments(tmp_path: Path) -> None:
    days = [START + day * DAY for day in range(9)]
    assert first_at(tmp_path, "card-default", days[0]) is None
    log(tmp_path, 5, 6)
    log(tmp_path, 1, 2, 3)
    found = [first_at(tmp_path, "card-default", at) for at in days]
    assert found == [days[1], days[1], days[2], days[3], days[5], days[5], days[6], None, None]


def test_rows_are_counted_and_read_by_who_answered_them(tmp_path: Path) -> None:
    log(tmp_path, 1, 2, 9)
    log(tmp_path, 2, version=SECOND)
    log(tmp_path, 3, version=SECOND, served_by="rule")
    by = {Answerer(FIRST, "model"): 2, Answerer(SECOND, "model"): 1, Answerer(SECOND, "rule"): 1}
    assert answered_by(tmp_path, "card-default", START, START + 5 * DAY) == by
    for answerer, rows in by.items():
        assert read_window(tmp_path, "card-default", START, START + 5 * DAY, by=answerer).num_rows == rows
    assert read_window(tmp_path, "card-default", START, START + 5 * DAY).num_rows == 4


def test_what_an_approval_leaves_to_the_rule_counts_as_the_models(tmp_path: Path) -> None:
    log(tmp_path, 1, served_by="rule", flags=["out_of_range:age", OUTSIDE])
    log(tmp_path, 2, served_by="rule", flags=["out_of_range:age"])
    log(tmp_path, 3, flags=None)
    counted = answered_by(tmp_path, "card-default", START, START + 5 * DAY)
    assert counted == {Answerer(FIRST, "model"): 2, Answerer(FIRST, "rule"): 1}


def test_what_was_written_since_is_named_by_its_event_times(tmp_path: Path) -> None:
    os.utime(log(tmp_path, 1, 2), (1_000, 1_000))
    os.utime(log(tmp_path, 3, 4), (3_000, 3_000))
    since = datetime.fromtimestamp(2_000, UTC)
    found = written_since(tmp_path, "card-default", since, before=START + 9 * DAY)
    assert found == ((START + 3 * DAY, START + 4 * DAY),)
    assert written_since(tmp_path, "card-default", since, before=START + 3 * DAY) == ()
