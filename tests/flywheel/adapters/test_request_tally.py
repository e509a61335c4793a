"""Requests are counted by the hour, and what was counted outlives the server."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from flywheel.adapters.request_tally import MOST_REASONS, OTHER, TallyWriter, prune, read_tally

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
