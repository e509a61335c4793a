"""What is told of a kind is read from what research recorded, and nothing where nothing was."""

from __future__ import annotations

from flywheel.domain.digests import Json
from flywheel.project.problems.telling import Headline, Measured


def test_what_was_measured_is_read_from_the_record() -> None:
    met: dict[str, Json] = {"metrics": {"auc": 0.8}, "decided": {"tp": 1, "fn": "2"}, "threshold": 0.25}
    assert Measured.of(met) == Measured({"auc": 0.8}, {"tp": 1, "fn": 2}, 0.25)
    assert Measured.of({**met, "threshold": None}) == Measured({"auc": 0.8}, {"tp": 1, "fn": 2})


def test_what_met_no_test_rows_has_nothing_measured() -> None:
    assert Measured.of({}) is None
    assert Measured.of({"metrics": {"auc": 0.8}}) is None


def test_a_headline_is_written_as_a_ratio_or_as_an_amount_and_a_gap_as_a_gap() -> None:
    auc, error = Headline("auc", "AUC", is_ratio=True), Headline("mae", "mean absolute error")
    assert (auc.written({"auc": 0.81234}), error.written({"mae": 12.34567})) == ("0.812", "12.35")
    assert auc.written({}) == error.written({"auc": 0.5}) == "—"
