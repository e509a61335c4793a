"""What a person must judge: worst first, from the dossier's own figures."""

from __future__ import annotations

import pytest

from flywheel.domain.digests import Json
from flywheel.services.dossier.judgement import Weight, brief, to_judge
from flywheel.services.dossier.summary import NO_ESTIMATE

CHOSEN: Json = {"candidate": "boosted trees", "kpi": "5", "low": "-7", "high": "18", "is_this_version": True}


def said(document: dict[str, Json]) -> list[str]:
    return [one.text for one in to_judge(document)]


def test_gaps_come_before_what_went_wrong_and_that_before_questions() -> None:
    gates: Json = [
        {"code": "PERF-001", "title": "Earns", "verdict": "failed", "findings": ["less than nothing"]},
        {"code": "PERF-009", "title": "Agrees", "verdict": "warned", "questions": ["why does age help?"]},
    ]
    found = to_judge({"gaps": ["PERF-003 did not run"], "gates": gates})
    assert [one.weight for one in found] == [Weight.GAP, Weight.WRONG, Weight.QUESTION]
    assert found[2].text == "PERF-009: why does age help?"


def test_a_gate_with_nothing_to_look_at_asks_nothing() -> None:
    gates: Json = [{"code": "PERF-010", "verdict": "not_applicable", "findings": ["no groups are declared"]}]
    assert said({"gates": gates}) == []


def test_an_interval_over_zero_is_a_question() -> None:
    assert said({"measured": {"kpi": {"low": "-7", "high": "18"}}}) == [
        "It may lose money: per row the interval is -7.00 to 18.00."
    ]


def test_test_rows_that_were_used_up_are_asked_about() -> None:
    assert said({"measured": {"others_before": 0, "rows_left_out_as_seen": 0}}) == []
    counts: Json = {"others_before": 12, "otherwise_before": 2, "since_release": 1, "elsewhere_before": 3}
    assert isinstance(counts, dict)
    found = said({"measured": {**counts, "rows_left_out_as_seen": 3}})
    assert found[0].startswith("It had seen 3 of its test rows")
    assert found[1].startswith("12 other models were tested on exactly these test rows before it")
    assert found[2].startswith("2 earlier tests in this project, 1 since its last")
    assert found[3].startswith("3 tests by other projects used test rows of the same table before it")


def test_one_look_is_one_look() -> None:
    found = said({"measured": {"others_before": 1, "otherwise_before": 1, "elsewhere_before": 1}})
    assert [text.partition(" used ")[0].partition(" tested ")[0].partition(", ")[0] for text in found] == [
        "1 other model was",
        "1 earlier test in this project",
        "1 test by other projects",
    ]


def test_a_simpler_model_within_the_interval_is_a_question() -> None:
    board: Json = [
        {**CHOSEN, "low": "1", "recipe": {"kind": "boosted"}} if isinstance(CHOSEN, dict) else {},
        {"candidate": "linear model", "kpi": "4", "recipe": {"kind": "linear"}},
    ]
    assert any("simpler linear model" in text for text in said({"leaderboard": board}))


def test_few_rows_and_a_likely_loss_are_questions() -> None:
    gates: Json = [{"code": "PERF-001", "verdict": "passed", "figures": {"rows": 300}}]
    found = said({"gates": gates, "return": {"chance_of_loss": 0.39}})
    assert any("39 %" in text for text in found)
    assert any("300 unseen rows" in text for text in found)


def test_an_expectation_that_was_not_measured_is_a_question() -> None:
    figures: Json = {"gain_per_row": 7.74, "gain_per_row_low": 5.0, "gain_per_row_high": 9.0}
    gates: Json = [{"code": "PERF-001", "verdict": "passed", "figures": figures}]
    far: dict[str, Json] = {"likely": "2500.00", "cost": "0", "decisions": 10_000}
    found = said({"gates": gates, "return": far})
    assert any("expects 2,500" in text and "50,000 to 90,000" in text for text in found)
    assert said({"gates": gates, "return": {**far, "likely": "70000"}}) == []


def test_open_findings_waivers_and_a_failed_reproduction_are_asked_about() -> None:
    document: dict[str, Json] = {
        "findings": [{"state": "open", "severity": "high", "kind": "issue", "title": "leak"}, {"state": "closed"}],
        "waivers": [{"code": "DATA-001", "until": "2026-12-31", "by": "vera", "reason": "known"}],
        "reproduction": {"state": "failed", "first_differing_stage": "training"},
    }
    assert len(said(document)) == 3


def test_the_brief_counts_the_questions_that_the_page_asks() -> None:
    document: dict[str, Json] = {
        "gaps": [NO_ESTIMATE, "nobody has reproduced it"],
        "gates": [{"code": "PERF-001", "title": "Money", "verdict": "passed"}],
    }
    assert [one.text for one in to_judge(document)][-1] == f"Missing: {NO_ESTIMATE}.", "it says nothing against a model"
    assert f"; {len(to_judge(document))} questions wait for your judgement." in brief(document)
    assert "1 of 1 gate passed; nothing waits" in brief(document | {"gaps": []})


@pytest.mark.parametrize(("rule", "is_asked"), [("-5.00", True), ("-5.05", True), ("-5.06", False), (None, False)])
def test_a_rule_that_earns_as_much_as_the_model_is_a_question(rule: str | None, is_asked: bool) -> None:
    ruled: dict[str, Json] = {} if rule is None else {"rule": {"value": rule}}
    document: dict[str, Json] = {
        "purpose": {"currency": "EUR", "unit": "case"},
        "measured": {"kpi": {"value": "-5.05", "low": "-5.3", "high": "-4.8"}, **ruled},
    }
    asked = [one.text for one in to_judge(document) if "business rule" in one.text]
    assert bool(asked) is is_asked
    assert not asked or "-5.05 EUR: what is the model needed for?" in asked[0]
