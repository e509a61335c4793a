"""Codes are permanent, documented, and looking one up costs no heavy import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from flywheel.domain.gate_catalogue import CATALOGUE
from validators.registry import GATES


def test_every_code_that_was_ever_given_out_is_a_gate() -> None:
    assert set(GATES) == set(CATALOGUE)


def test_a_gate_says_of_itself_what_the_catalogue_says() -> None:
    said = {code: (gate.title, getattr(gate, "may_not_apply", None)) for code, gate in GATES.items()}
    assert said == {code: (facts.title, facts.may_not_apply) for code, facts in CATALOGUE.items()}


def test_the_registry_loads_neither_great_expectations_nor_evidently() -> None:
    look = (
        "import sys, validators.registry; print([m for m in ('great_expectations', 'evidently') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    seen = subprocess.run([sys.executable, "-c", look], cwd=root, capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"
