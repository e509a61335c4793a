"""What became of each declaration, as a page for people (failed first) and as JSON for programs; counts, never rows."""

from __future__ import annotations

import json
from collections.abc import Iterable

from flywheel.domain.digests import plain
from flywheel.domain.gates import Severity
from flywheel.errors import counted
from flywheel.pages.figures import figure
from validators.outcomes import Outcome, place_of
from validators.protocol import Report
from validators.rendering import Mark, Tone, table_report
from validators.suites import allowed_by

COLUMNS = ("outcome", "column", "what was declared", "what was found", "rows against it", "share", "missing")
_ASKED = {
    "expect_column_values_to_be_between": "every value lies in the range",
    "expect_column_values_to_not_be_null": "values are not missing",
    "expect_column_values_to_be_in_set": "every value is one of the list",
    "expect_column_values_to_not_be_in_set": "no value is one of the list",
    "expect_column_values_to_be_unique": "no value comes twice",
    "expect_table_row_count_to_be_between": "the number of rows lies in the range",
}
_WEIGHT = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.QUESTION: 2, Severity.INFO: 3}


def reports_of(outcomes: Iterable[Outcome], *, rows: int, seen_whole: bool) -> tuple[Report, ...]:
    """Write both; `seen_whole` says whether Great Expectations saw every row or a sample beside the pre-check."""
    ordered = sorted(outcomes, key=lambda one: (one.is_met, _WEIGHT[one.expectation.severity]))
    entries = [
        {
            "expectation": outcome.expectation.type,
            "arguments": plain(outcome.expectation.arguments),
            "where": plain(outcome.expectation.where),
            "severity": outcome.expectation.severity.value,
            "met": outcome.is_met,
            "counts": dict(outcome.counts),
        }
        for outcome in ordered
    ]
    document = json.dumps({"rows": rows, "expectations": entries}, indent=1, sort_keys=True, default=str)
    unmet = sum(not outcome.is_met for outcome in ordered)
    lead = (
        f"{unmet} of {counted(len(ordered), 'declaration', 'are')} not met" if unmet else f"All {len(ordered)} are met"
    )
    who = "by two examiners" if seen_whole else "by the pre-check, and a sample of them by Great Expectations too"
    note = f"{lead}. {counted(rows, 'row', 'were')} judged, {who}. The page holds counts and no rows."
    page = table_report("expectations.html", "What the charter declares", COLUMNS, map(_line, ordered), note=note)
    return (Report("expectations.json", "application/json", document.encode()), page)


def _line(outcome: Outcome) -> tuple[object, ...]:
    expectation, counts = outcome.expectation, outcome.counts
    asked = _ASKED.get(expectation.type, expectation.type.removeprefix("expect_").replace("_", " "))
    limits = allowed_by(expectation)
    parts = [f"{one.column} {one.operator.replace('_', ' ')} {_said(one.value)}".strip() for one in expectation.where]
    condition = " and ".join(parts)
    asked += (f": {limits}" if limits else "") + (f" (where {condition})" if condition else "")
    against, share = counts.get("unexpected_count"), counts.get("unexpected_percent")
    missing = counts.get("missing_percent")
    found = outcome.finding.what if outcome.finding else _observed(counts.get("observed_value"))
    return (
        _mark(outcome),
        place_of(expectation),
        asked,
        found,
        "" if against is None else int(against),
        "" if share is None else _percent(share),
        "" if missing is None else _percent(missing),
    )


def _mark(outcome: Outcome) -> Mark:
    if outcome.is_met:
        return Mark("met", Tone.GOOD)
    if outcome.is_broken or not outcome.is_judged:
        return Mark("not judged", Tone.BAD)
    is_light = outcome.expectation.severity is not Severity.CRITICAL
    return Mark(f"not met ({outcome.expectation.severity.value})", Tone.WARN if is_light else Tone.BAD)


def _observed(value: float | None) -> str:
    return "" if value is None else f"it is {figure(value)}"


def _percent(value: float) -> str:
    return f"{value:.1f} %" if value == 0 or value >= 0.1 else "under 0.1 %"


def _said(value: object) -> str:
    return "" if value is None else figure(value) if isinstance(value, int | float | str) else str(value)
