"""A dossier on the terminal: gaps first, gates with their findings, the digest that is signed."""

from __future__ import annotations

import pytest

from flywheel.console.dossier_text import print_dossier
from flywheel.domain.digests import Json

DOCUMENT: dict[str, Json] = {
    "title": "Cards: version 3",
    "version": {"authors": ["ana@bank.example"]},
    "gaps": ["PERF-004 was required and did not run"],
    "gates": [{"code": "PERF-001", "title": "beats naive", "verdict": "failed", "findings": ["worse", "slower"]}],
    "leaderboard": [
        {"experiment": "e1", "recipe": {"kind": "linear"}, "kpi": "1010.5081", "low": "9", "high": "12.00"}
    ],
}


def test_gaps_are_read_before_the_gates(capsys: pytest.CaptureFixture[str]) -> None:
    print_dossier(DOCUMENT, digest="sha256:abc")
    out = capsys.readouterr().out
    assert out.index("sha256:abc") < out.index("GAP  PERF-004") < out.index("beats naive")
    assert "worse; slower" in out


def test_experiment_is_named_by_its_recipe_and_judged_in_money(capsys: pytest.CaptureFixture[str]) -> None:
    print_dossier(DOCUMENT, digest="sha256:abc")
    assert "linear  1,010.51  9.00  12.00  e1" in capsys.readouterr().out


def test_dossier_of_another_form_is_shown_as_empty(capsys: pytest.CaptureFixture[str]) -> None:
    print_dossier({"gates": "none"}, digest="sha256:abc")
    assert "none ran" in capsys.readouterr().out
