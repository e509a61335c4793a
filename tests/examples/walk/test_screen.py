"""What the walk prints: numbered steps, plain facts, and no colour into a file."""

from __future__ import annotations

import pytest

from examples.walk.screen import Screen


def test_steps_are_numbered_and_each_is_timed(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.step("Ana writes a charter")
    screen.step("Ana trains a model")
    screen.close_step()
    printed = capsys.readouterr().out
    assert " 1. Ana writes a charter" in printed
    assert " 2. Ana trains a model" in printed
    assert list(screen.times) == ["Ana writes a charter", "Ana trains a model"]


def test_facts_are_marked_by_what_they_mean_and_without_colour_where_nobody_looks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen = Screen()
    screen.say("plain")
    screen.good("fine")
    screen.refused("no")
    screen.alarm("rang")
    assert capsys.readouterr().out == "    plain\n    ✓ fine\n    ✗ no\n    ! rang\n"


def test_figures_stand_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().table("Figures", [("a", "1"), ("longer", "2")])
    assert capsys.readouterr().out == "\nFigures\n    a       1\n    longer  2\n"
