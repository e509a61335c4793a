"""Expectations of a charter: what does not exist or does not fit is said before any data is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from flywheel.project.charter.expectations import EXPECTATIONS, misfits

PAGE = Path(__file__).resolve().parents[4] / "docs" / "charter.md"

UNIQUE, BETWEEN = "expect_column_values_to_be_unique", "expect_column_values_to_be_between"
REGEX = "expect_column_values_to_match_regex"


@pytest.mark.parametrize(
    ("name", "given", "what", "allowed"),
    [
        ("expect_column_values_to_be_uniqe", {}, "there is no expectation", UNIQUE),
        ("expect_column_quantile_values_to_be_between", {}, "there is no expectation", "expect_column"),
        ("expect_query_results_to_match_comparison", {}, "there is no expectation", "docs/charter.md"),
        (UNIQUE, {}, "needs 'column'", "column, mostly"),
        (UNIQUE, {"column": "x", "mostyl": 0.9}, "takes no argument 'mostyl'", "column, mostly"),
        (
            UNIQUE,
            {"column": "x", "mostly": 95},
            "mostly of expect_column_values_to_be_unique does not fit: 95",
            "a share from 0.05 to 1",
        ),
        (UNIQUE, {"column": "x", "mostly": True}, "does not fit: True", "a share from 0.05 to 1"),
        (BETWEEN, {"column": "x", "min_value": 5, "max_value": 1}, "nothing lies between 5 and 1", "min_value"),
        (BETWEEN, {"column": "x", "strict_min": "yes"}, "does not fit: 'yes'", "true or false"),
        (REGEX, {"column": "x", "regex": "(unclosed"}, "regex of", "unterminated subpattern"),
        (
            "expect_column_values_to_match_regex_list",
            {"column": "x", "regex_list": ["a", "["]},
            "regex_list",
            "unterminated",
        ),
        ("expect_column_values_to_be_in_set", {"column": "x", "value_set": "abc"}, "value_set of", "a list of values"),
        ("expect_compound_columns_to_be_unique", {"column_list": ["x", 1]}, "column_list of", "a list of texts"),
        ("expect_column_values_to_not_be_outliers", {"column": "x", "method": "mad"}, "method of", "iqr or std"),
    ],
)
def test_what_does_not_fit_is_said_with_what_would(
    name: str, given: dict[str, object], what: str, allowed: str
) -> None:
    found = next(misfits(name, given))
    assert what in found.what
    assert allowed in found.allowed


def test_every_misfit_of_one_expectation_is_said() -> None:
    assert len(tuple(misfits(BETWEEN, {"colum": "x", "mostly": 2}))) == 4


def test_the_documentation_lists_each_with_its_arguments() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, shape in EXPECTATIONS.items():
        said = ", ".join(f"**{one}**" if one in shape.needed else one for one in shape.known)
        assert f"| `{name}` | {said} |" in page


def test_what_fits_passes_in_silence() -> None:
    assert tuple(misfits(BETWEEN, {"column": "x", "min_value": 0, "max_value": 1.5, "mostly": 0.99})) == ()
    assert tuple(misfits(BETWEEN, {"column": "x", "min_value": "2020-01-01"})) == ()
