"""Codes are permanent, documented, and looking one up costs no heavy import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from validators.registry import GATES, title_of

CODES = {
    "DATA-001",
    "DATA-002",
    "DATA-003",
    "DATA-004",
    "DIFF-001",
    "DRIFT-001",
    "DRIFT-002",
    "DRIFT-003",
    "DRIFT-004",
    "INPUT-001",
    "PARITY-001",
    "PARITY-002",
    "PERF-001",
    "PERF-002",
    "PERF-003",
    "PERF-004",
    "PERF-005",
    "PERF-006",
    "PERF-007",
    "PERF-008",
    "PERF-009",
    "PERF-010",
    "PERF-011",
    "PERF-012",
    "PERF-013",
    "PERF-014",
}


def test_the_codes_are_those_that_were_ever_given_out() -> None:
    assert set(GATES) == CODES


def test_every_gate_is_in_the_documentation_under_its_title() -> None:
    page = (Path(__file__).parents[2] / "docs" / "gates.md").read_text()
    assert [code for code in CODES if f"| {code} | {title_of(code)} |" not in page] == []


def test_the_registry_loads_neither_great_expectations_nor_evidently() -> None:
    look = (
        "import sys, validators.registry; print([m for m in ('great_expectations', 'evidently') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    seen = subprocess.run([sys.executable, "-c", look], cwd=root, capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"
