"""Requests are counted by the hour, and what was counted outlives the server."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flywheel.adapters.request_tally import FOLDER, MOST_REASONS, OTHER, TallyWriter, prune, read_tally

NOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def test_counts_of_several_servers_and_hours_are_added_up(tmp_path: Path) -> None:
    moments = [NOON, NOON + timedelta(hours=1)]
    for moment in moments:
        writer = TallyWriter(tmp_path, "card", clock=lambda moment=moment: moment)  # type: ignore[misc]
        writer.count()
        writer.count(["not a category: channel", "not a category: channel"])
        writer.close()
    both = read_tally(tmp_path, "card", since=NOON, until=moments[1])
    assert (both.asked, both.refused, both.share) == (4, 2, 0.5)
    assert both.sentence() == "2 of 4 requests refused; most: not a category: channel (2)"
    assert read_tally(tmp_path, "card", since=NOON, until=NOON).asked == 2
    assert read_tally(tmp_path, "other", since=NOON, until=NOON).sentence() == "0 of 0 requests refused"


def test_reasons_are_bounded(tmp_path: Path) -> None:
    writer = TallyWriter(tmp_path, "card", clock=lambda: NOON)
    for n in range(MOST_REASONS + 10):
        writer.count([f"reason {n}"])
    writer.close()
    reasons = dict(read_tally(tmp_path, "card", since=NOON, until=NOON).reasons)
    assert (len(reasons), reasons[OTHER]) == (MOST_REASONS + 1, 10)


def test_counts_of_hours_long_over_are_removed_and_the_rest_stays(tmp_path: Path) -> None:
    for hours in (0, 1, 30):
        moment = NOON - timedelta(hours=hours)
        writer = TallyWriter(tmp_path, "card", clock=lambda moment=moment: moment)  # type: ignore[misc]
        writer.count()
        writer.close()
    assert prune(tmp_path, before=NOON - timedelta(hours=1)) == 1
    assert read_tally(tmp_path, "card", since=NOON - timedelta(days=9), until=NOON).asked == 2
    assert prune(tmp_path / "nothing", before=NOON) == 0


ODD = {
    "rubbish": b"\xff\xfe\x00",
    "no counts": b"[]",
    "a word": b'"x"',
    "null": b"null",
    "words for counts": b'{"asked": "2", "refused": 0, "reasons": {}}',
    "yes for a count": b'{"asked": true, "refused": 0, "reasons": {}}',
    "less than none": b'{"asked": -5, "refused": 0, "reasons": {}}',
    "without end": b'{"asked": Infinity, "refused": 0, "reasons": {}}',
    "reasons that are none": b'{"asked": 1, "refused": 0, "reasons": [1]}',
    "a reason counted in words": b'{"asked": 1, "refused": 0, "reasons": {"a": "b"}}',
    "deep": b"[" * 100_000,
    "large": b" " * 2_000_000,
    "empty": b"",
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_a_file_that_holds_no_counts_is_named_and_the_others_count(tmp_path: Path, content: bytes) -> None:
    writer = TallyWriter(tmp_path, "card", clock=lambda: NOON)
    writer.count(["a"])
    writer.close()
    odd = tmp_path / FOLDER / "card" / "2026-03-01T12_odd.json"
    odd.write_bytes(content)
    tally = read_tally(tmp_path, "card", since=NOON, until=NOON)
    assert (tally.asked, tally.refused, tally.unread) == (1, 1, (odd.name,))
    assert tally.sentence() == f"1 of 1 request refused; most: a (1); {odd.name} holds no counts"


def test_a_folder_and_a_pipe_among_the_counts_stop_neither_reading_nor_removing(tmp_path: Path) -> None:
    writer = TallyWriter(tmp_path, "card", clock=lambda: NOON)
    writer.count()
    writer.close()
    (tmp_path / FOLDER / "card" / "2026-03-01T12_a.json").mkdir()
    os.mkfifo(tmp_path / FOLDER / "card" / "2026-03-01T12_b.json")
    tally = read_tally(tmp_path, "card", since=NOON, until=NOON)
    assert (tally.asked, len(tally.unread)) == (1, 2)
    assert prune(tmp_path, before=NOON + timedelta(days=9)) == 2
