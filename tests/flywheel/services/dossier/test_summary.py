"""The dossier's first words follow from its figures."""

from __future__ import annotations

import pytest

from flywheel.domain.digests import Json
from flywheel.services.dossier.summary import summarise

DOCUMENT: dict[str, Json] = {
    "gaps": [],
    "purpose": {
        "objective": "Decline the riskiest applications.",
        "decision": "decide",
        "predicts": "the probability of “default” for each application",
        "unit": "application",
        "currency": "EUR",
    },
    "measured": {
        "rows": 3278,
        "kpi": {"value": "5.070165", "low": "-7.085418", "high": "18.598536"},
        "naive": {"value": "-41.671751", "low": "-50", "high": "-30"},
    },
    "leaderboard": [
        {
            "candidate": "boosted trees, depth 5",
            "recipe": {"kind": "boosted"},
            "kpi": "5.070165",
            "low": "-7.085418",
            "high": "18.598536",
            "is_this_version": True,
        },
        {"candidate": "baseline", "recipe": {"kind": "naive"}, "kpi": "-41.671751", "is_this_version": False},
    ],
    "data_gates": [{"code": "DATA-001", "title": "Declared", "verdict": "passed"}],
    "gates": [
        {
            "code": "PERF-001",
            "title": "Earns more",
            "verdict": "passed",
            "figures": {
                "gain_per_row": 46.7419,
                "gain_per_row_low": 30.62,
                "gain_per_row_high": 62.67,
                "confidence": 0.95,
                "rows": 3278,
            },
        }
    ],
}


def test_an_objective_without_a_full_stop_ends_as_a_sentence_all_the_same() -> None:
    purpose = DOCUMENT["purpose"]
    assert isinstance(purpose, dict)
    said = summarise(DOCUMENT | {"purpose": purpose | {"objective": "Decline fewer good customers"}})
    assert said.startswith("Decline fewer good customers. The model serves")


def test_it_says_what_is_decided_what_it_earns_and_by_how_much_more_than_the_naive_answer() -> None:
    assert summarise(DOCUMENT) == (
        "Decline the riskiest applications. The model serves the step “decide”: "
        "it predicts the probability of “default” for each application.\n\n"
        "The model (boosted trees, depth 5) earns 5.07 EUR per application on 3,278 unseen rows, which had no "
        "part in training or choosing it (90 % confidence interval: -7.09 to 18.60). "
        "The baseline costs 41.67 EUR on the same rows; against it the model is worth 46.74 EUR more per application "
        "(95 % confidence interval: 30.62 to 62.67).\n\n"
        "All 2 gates passed.\n\n"
        "Nothing is missing from this dossier."
    )


def test_a_gate_that_is_not_passed_is_named_and_never_counted_as_passed() -> None:
    gates: Json = [
        {"code": "PERF-004", "title": "Probabilities", "verdict": "not_evaluated"},
        {"code": "PERF-005", "title": "Leakage", "verdict": "error"},
    ]
    said = summarise({**DOCUMENT, "gates": gates})
    assert "1 of 3 gates passed. Not passed: PERF-004 Probabilities: not evaluated; PERF-005 Leakage: error." in said


def test_a_gap_is_said_as_a_gap() -> None:
    assert "Missing: nobody has estimated the return." in summarise(
        {**DOCUMENT, "gaps": ["nobody has estimated the return"]}
    )


def test_the_expected_return_is_told_with_its_risk() -> None:
    said = summarise({**DOCUMENT, "return": {"likely": "152000.00", "chance_of_loss": 0.41}})
    assert "152,000 EUR in the first year" in said
    assert "losing money 41 %, with no costs stated." in said


def test_what_the_charter_expects_is_held_against_what_was_measured() -> None:
    estimate: Json = {"likely": "152000.00", "chance_of_loss": 0.1, "cost": "50000", "decisions": 10_000}
    said = summarise({**DOCUMENT, "return": estimate})
    assert (
        "The measured gain comes to 417,419 EUR for 10,000 decisions a year more than the baseline, costs paid: "
        "256,200 to 576,700, which excludes the expectation."
    ) in said
    assert "chance of losing money 10 %. The measured gain" in said


def test_a_gate_with_nothing_to_look_at_is_counted_apart() -> None:
    gates: Json = [{"code": "PERF-010", "title": "Groups", "verdict": "not_applicable"}]
    assert "All 1 gate passed. 1 other did not apply." in summarise({**DOCUMENT, "gates": gates})


def test_an_empty_document_claims_nothing() -> None:
    said = summarise({})
    assert said == "No gate has judged this version.\n\nNothing is missing from this dossier."


@pytest.mark.parametrize(
    ("value", "says", "said"),
    [
        ("-60.5", "x", "costs 60.50 EUR there, less than the baseline: is it really the intended fallback?"),
        ("-1", "x", "costs 1.00 EUR there."),
        ("-60.5", "another rule", ""),
    ],
)
def test_what_the_rule_that_stands_in_brings_is_told_to_those_who_sign(value: str, says: str, said: str) -> None:
    """A rule that was changed since has no figure; one that does worse than one answer for all is asked about."""
    measured = DOCUMENT["measured"]
    assert isinstance(measured, dict)
    ruled = DOCUMENT | {
        "measured": measured | {"rule": {"says": says, "value": value}},
        "plan": {"the business rule": "x"},
    }
    told = summarise(ruled)
    assert said in told
    assert ("business rule" in told) is bool(said)
