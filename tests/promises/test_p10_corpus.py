"""P9 and P10: every bad input of the corpus that is about charters or data is tried by some test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

HOME = Path(__file__).resolve().parents[2]
CASES = HOME.parent / "shared" / "cases" / "bad_inputs.yaml"
GROUPS = ("spec", "data")
NOTHING_SO_FAR: frozenset[str] = frozenset()

IN_A_TEST_OF_MANY = {
    "SPEC-14": "tests/validators/test_data_expectations.py::test_a_condition_that_no_row_meets_does_not_pass",
    "SPEC-20": "tests/flywheel/project/test_loader.py::test_text_that_looks_like_a_template_stays_text",
    "SPEC-23": "tests/flywheel/project/test_loader.py::test_a_file_that_is_no_text_is_refused_by_name",
    "DATA-04": "tests/validators/test_fail_closed.py::test_no_gate_passes_a_hostile_frame",
    "DATA-05": "tests/validators/test_fail_closed.py::test_no_gate_passes_a_hostile_frame",
    "DATA-07": "tests/validators/test_fail_closed.py::test_no_gate_passes_a_hostile_frame",
    "DATA-08": "tests/validators/test_fail_closed.py::test_no_gate_passes_a_hostile_frame",
    "DATA-22": "tests/validators/test_leakage.py::test_a_feature_that_gives_the_outcome_away_is_named",
    "DATA-23": "tests/validators/test_fail_closed.py::test_no_gate_passes_a_hostile_frame",
    "DATA-26": "tests/validators/test_schema.py::test_a_target_of_one_class_fails_with_the_reason",
}
"""Cases that a test tries among others, under a name that says the rule and not the case."""


def test_every_bad_charter_and_every_bad_table_of_the_corpus_is_tried() -> None:
    if not CASES.is_file():
        pytest.skip("the corpus of bad inputs is not beside this repository")
    wanted = {
        case["id"] for case in yaml.safe_load(CASES.read_text(encoding="utf-8"))["cases"] if case["group"] in GROUPS
    }
    assert len(wanted) >= 34
    assert wanted - tried() == NOTHING_SO_FAR


@pytest.mark.parametrize("place", sorted(set(IN_A_TEST_OF_MANY.values())))
def test_the_tests_that_are_named_are_there(place: str) -> None:
    file, _, name = place.partition("::")
    assert f"def {name}(" in (HOME / file).read_text(encoding="utf-8")


def test_a_case_that_is_only_talked_about_is_not_tried() -> None:
    assert cases_in('"""SPEC-99 and DATA-99 are dangers."""\ndef test_data_98_is_refused(): ...\n') == {"DATA-98"}
    assert cases_in('REFUSED = {\n    "SPEC-97": [("a", "b")],\n    "SPEC-96": "elsewhere",\n}\n') == {"SPEC-97"}


def tried() -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in (HOME / "tests").rglob("test_*.py"))
    return set(IN_A_TEST_OF_MANY).union(*(cases_in(text) for text in texts))


def cases_in(text: str) -> set[str]:
    """Find cases by their test's name, or by an entry that holds inputs; a mere mention counts for nothing."""
    named = {f"{group}-{number}".upper() for group, number in re.findall(r"def test_(spec|data)_(\d\d)_", text)}
    return named | set(re.findall(r'"((?:SPEC|DATA)-\d\d)": \[', text))
