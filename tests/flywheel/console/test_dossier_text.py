"""A dossier on the terminal: gaps first, gates with their findings, the digest that is signed."""

from __future__ import annotations

from html import unescape

import pytest

from flywheel.console.dossier_text import print_dossier
from flywheel.domain.digests import Json
from flywheel.services.dossier.judgement import brief, questions_of, to_judge
from flywheel.services.dossier.page import render
from flywheel.services.dossier.summary import summarise
from tests.factories.tellings import MET, told_by

DOCUMENT: dict[str, Json] = {
    "title": "Cards: version 3",
    "version": {"authors": ["ana@bank.example"]},
    "gaps": ["PERF-004 was required and did not run"],
    "gates": [{"code": "PERF-001", "title": "beats naive", "verdict": "failed", "findings": ["worse", "slower"]}],
    "leaderboard": [
        {"experiment": "e1", "recipe": {"kind": "linear"}, "kpi": "1010.5081", "low": "9", "high": "12.00"}
    ],
}


def test_the_questions_of_the_page_are_read_before_the_gates(capsys: pytest.CaptureFixture[str]) -> None:
    """One list in one order: on the page, on the terminal and in the form."""
    document: dict[str, Json] = {
        **DOCUMENT,
        "waivers": [{"code": "DATA-001", "until": "2026-12-31", "by": "vera", "reason": "<known>"}],
        "measured": {"kpi": {"value": "5", "low": "-7", "high": "18"}, "otherwise_before": 2},
        "return": {"chance_of_loss": 0.39},
    }
    print_dossier(document, digest="sha256:abc")
    out, page = capsys.readouterr().out, render(document, digest="sha256:abc")
    asked = questions_of(document)
    assert len(asked) == 6
    assert f"6 questions, worst first\n  {asked[0]}" in out
    assert out.index("sha256:abc") < out.index(asked[0]) < out.index(asked[-1]) < out.index("worse; slower")
    assert [one for one in asked if one not in out] == []
    assert [one.text for one in to_judge(document) if one.text not in unescape(page)] == []


def test_every_door_to_a_dossier_shows_what_its_money_rests_on(capsys: pytest.CaptureFixture[str]) -> None:
    document: dict[str, Json] = {
        **DOCUMENT,
        "purpose": {"currency": "EUR"},
        "measured": {
            "kpi": {"value": "5", "low": "3", "high": "8"},
            **MET,
        },
        **told_by(),
        "purposes": {"applications": "credit decisions", "bureau": None},
    }
    document["summary"] = summarise(document)
    print_dossier(document, digest="sha256:abc")
    doors = {
        "terminal": capsys.readouterr().out,
        "form": brief(document),
        "page": unescape(render(document | {"summary": ""}, digest="sha256:abc")),
    }
    wanted = (
        "11.00 EUR",
        "67.00 EUR",
        "23.00 EUR",
        "450.00 EUR",
        "0.2137",
        "41",
        "159",
        "credit decisions",
        "none declared",
    )
    assert [(door, one) for door, said in doors.items() for one in wanted if one not in said] == []


def test_experiment_is_named_by_its_recipe_and_judged_in_money(capsys: pytest.CaptureFixture[str]) -> None:
    print_dossier(DOCUMENT, digest="sha256:abc")
    assert "linear  1,011  9.00  12.00  e1" in capsys.readouterr().out


def test_dossier_of_another_form_is_shown_as_empty(capsys: pytest.CaptureFixture[str]) -> None:
    print_dossier({"gates": "none"}, digest="sha256:abc")
    assert "none ran" in capsys.readouterr().out
