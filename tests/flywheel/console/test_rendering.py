"""Tables and JSON: aligned, on one line a row, free of control characters."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from flywheel.console.rendering import print_json, print_table, shown


def test_columns_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "n"), [("a", 1), ("longer", 22)], empty="none")
    assert capsys.readouterr().out == "NAME    N\na       1\nlonger  22\n"


def test_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name",), [], empty="nothing yet")
    assert capsys.readouterr().out == "nothing yet\n"


def test_text_from_outside_cannot_move_the_cursor() -> None:
    assert shown("a\x1b[2Jb\nc") == "a [2Jb c"


def test_json_keeps_money_and_times_exact(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"money": Decimal("1.10"), "at": datetime(2026, 1, 2, tzinfo=UTC)})
    assert capsys.readouterr().out == '{\n  "money": "1.10",\n  "at": "2026-01-02T00:00:00+00:00"\n}\n'
