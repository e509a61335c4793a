"""Errors say what was wrong, what was found, what is allowed and what next; each kind has its exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from flywheel import errors
from flywheel.errors import LONGEST_LINE, CharterError, FlywheelError, Problem, Refused, counted, ending_of, shorten

EXIT_CODES = {
    "CharterError": 2,
    "SettingsError": 2,
    "InputRefused": 2,
    "Refused": 3,
    "NotFound": 4,
    "Conflict": 5,
    "Tampered": 6,
    "Unavailable": 7,
}


def test_exit_codes_are_as_documented() -> None:
    kinds = [getattr(errors, name) for name in EXIT_CODES]
    assert {kind.__name__: kind.exit_code for kind in kinds} == EXIT_CODES
    assert all(issubclass(kind, FlywheelError) for kind in kinds)


def test_the_tree_is_drawn_as_it_is() -> None:
    assert all(f"── {name} " in (errors.__doc__ or "") for name in EXIT_CODES)


def test_sentence_tells_what_found_allowed_and_next() -> None:
    error = Refused("no", found=3, allowed="1 or 2", next_step="choose one")
    assert str(error) == "no; found 3; allowed: 1 or 2; next: choose one"


def test_nothing_found_is_told_apart_from_not_looked() -> None:
    assert "found" not in str(Refused("no"))
    assert "found 0" in str(Refused("no", found=0))


def test_charter_error_lists_every_problem_on_its_line() -> None:
    first = Problem("project.toml", "owner", "is missing", line=3)
    second = Problem("project.toml", "titel", "is unknown", found="'x'", allowed="title", suggestion="title")
    assert str(CharterError((first, second))).split("\n") == [
        "project.toml:3: owner: is missing",
        "project.toml: titel: is unknown; found 'x'; allowed: title; did you mean title?",
    ]


@pytest.mark.parametrize("value", ["x" * 1_000, "\x1b[2J", "a\nb", list(range(1_000))])
def test_value_from_outside_is_shown_on_one_bounded_line(value: object) -> None:
    shown = shorten(value)
    assert len(shown) <= 80
    assert shown.isprintable()


def test_last_lines_are_whole_and_the_cause_is_among_them() -> None:
    path = "/" + "/".join(["a very long folder"] * 200)
    said = "\n".join([*(f"line {number}" for number in range(500)), f"cannot read {path}: Permission denied", "", ""])
    assert ending_of(said).splitlines()[-1] == f"cannot read {path}: Permission denied"
    assert ending_of(said.encode(), lines=2).splitlines()[0] == "line 499"


def test_an_endless_line_loses_its_middle_and_keeps_its_ends() -> None:
    shown = ending_of(f"reading {'x ' * 10_000}failed at /data/table.csv")
    assert shown.startswith("reading x")
    assert shown.endswith("failed at /data/table.csv")
    assert len(shown) < LONGEST_LINE


def test_what_would_steer_a_terminal_is_left_out() -> None:
    assert ending_of("\x1b[31mred\x07") == " [31mred"


def test_a_path_is_shown_whole_and_a_value_bounded() -> None:
    path = Path("/") / ("folder" * 40)
    assert shorten(path) == repr(str(path))
    assert len(shorten("x" * 500)) == 80


def test_one_of_a_thing_is_no_number_of_things() -> None:
    assert [counted(number, "row") for number in (0, 1, 2, 1_000)] == ["0 rows", "1 row", "2 rows", "1,000 rows"]
