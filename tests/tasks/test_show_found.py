"""Windows are laid out with what was found first."""

from __future__ import annotations

from flywheel.pages.markdown import literal
from tasks.shapes import Alarmed, JudgedWindow
from tasks.show_found import rows_of, whole_clauses


def window(*reasons: str, words: str = "") -> JudgedWindow:
    """A window in which this rang."""
    return JudgedWindow(
        start_at="2026-03-02T00:00:00+00:00",
        rows=900,
        cases=900,
        decided=900,
        answered_seconds=604_800.0,
        state="bad" if reasons else "judged",
        words=words,
        telling="",
        clocks="",
        flood="",
        stuck="",
        alarms=[Alarmed(watch="input", action="fallback", reasons=[reason], columns=[]) for reason in reasons],
        kept_back=[],
        waiting="",
        verdicts={},
        columns={},
        evidence={},
    )


def test_the_telling_column_comes_first_and_tells() -> None:
    bad, good = rows_of([window("income: x100", "income: x100"), window(words="nothing rang")])
    assert next(iter(bad)) == "found"
    assert (bad["found"], good["found"]) == (literal("income: x100"), "nothing rang")


def test_a_long_name_ends_between_what_it_tells() -> None:
    name = f"churn: 2 windows, 1 alert: income is about 100 times larger; {'the values are spread ' * 5}"
    assert whole_clauses(name) == "churn: 2 windows, 1 alert: income is about 100 times larger"
    assert len(whole_clauses("x" * 300)) == 120
    assert whole_clauses("churn: 1 window, 0 alerts") == "churn: 1 window, 0 alerts"
