"""docs/gates.md says what the catalogue says."""

from __future__ import annotations

import pytest

from benchmarks.gate_page import PAGE, between, with_tables


def test_the_tables_of_the_page_are_those_of_the_catalogue() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_tables(page), "run ./run bench gate_page"


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no marks of gates"):
        between("# Gates", "gates", "a table")
