"""The page of the declarations: what failed comes first, with counts and words, and nothing of any row."""

from __future__ import annotations

from flywheel.domain.gates import Severity
from validators.expectation_page import reports_of
from validators.outcomes import outcome_of
from validators.specs import ExpectationRule

RANGE = ExpectationRule("expect_column_values_to_be_between", {"column": "ratio", "min_value": 0, "max_value": 1})
LIST = ExpectationRule("expect_column_values_to_be_in_set", {"column": "<b>", "value_set": ["<i>"]}, Severity.WARNING)
COUNTS = {"element_count": 1000, "missing_count": 20, "missing_percent": 2.0}
MET = outcome_of(RANGE, COUNTS | {"unexpected_count": 0, "unexpected_percent": 0.0}, is_met=True)
UNMET = outcome_of(LIST, COUNTS | {"unexpected_count": 38, "unexpected_percent": 3.9}, is_met=False)


def page(*, seen_whole: bool = True) -> str:
    return reports_of([MET, UNMET], rows=1_000, seen_whole=seen_whole)[1].content.decode()


def test_what_is_not_met_comes_first_and_is_counted_above() -> None:
    assert "1 of 2 declarations are not met. 1,000 rows were judged, by two examiners." in page()
    assert page().index("not met (warning)") < page().index(">met<")


def test_counts_stand_beside_each_declaration() -> None:
    assert '<td class="number">38</td><td>3.9 %</td><td>2.0 %</td>' in page()


def test_a_sample_is_said_to_be_one() -> None:
    assert "a sample of them by Great Expectations" in page(seen_whole=False)


def test_text_from_a_charter_is_escaped_and_nothing_is_loaded() -> None:
    assert "<i>" not in page()
    assert "://" not in page()
