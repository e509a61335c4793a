"""What nothing acts on is refused, with what it comes with and what to do meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from pydantic import ValidationError

from flywheel.errors import Problem
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.coming import ANY, KEYS, VALUES
from flywheel.project.charter.mistakes import mistakes_of
from tests.factories.charters import ROOT

START = {"name": "tiny", "title": "A tiny project", "owner": "ana@bank.example"}
PLACES = {"columns": "income"}
"""What a name of the author's stands for below a key; elsewhere it is the first place of a list."""


def problems(path: tuple[str, ...], value: object) -> list[Problem]:
    with pytest.raises(ValidationError) as caught:
        Charter.model_validate(START | nested(path, value))
    return [problem for _, problem in mistakes_of(caught.value, file="project.toml")]


def nested(path: tuple[str, ...], value: object) -> dict[str, object]:
    """A document that holds a value at a path."""
    for before, key in reversed([("", path[0]), *pairwise(path)]):
        value = ({PLACES[before]: value} if before in PLACES else [value]) if key == ANY else {key: value}
    assert isinstance(value, dict)
    return value


def values() -> Iterator[tuple[tuple[str, ...], str]]:
    for path, known in VALUES.items():
        yield from ((path, value) for value in known)


@pytest.mark.parametrize("path", KEYS, ids=".".join)
def test_a_key_that_does_nothing_is_refused_with_what_to_do(path: tuple[str, ...]) -> None:
    named = [one for one in problems(path, 1) if one.key.endswith(path[-1])]
    assert [one.what for one in named] == [f"does nothing yet: it comes with {KEYS[path].comes_with}"]
    assert named[0].allowed


@pytest.mark.parametrize(("path", "value"), list(values()), ids=str)
def test_a_value_that_does_nothing_is_refused_with_what_to_do(path: tuple[str, ...], value: str) -> None:
    named = [one for one in problems(path, value) if value in one.found]
    assert ["it comes with" in one.what and bool(one.allowed) for one in named] == [True]


def test_a_value_that_has_another_name_now_is_told_it() -> None:
    (problem,) = problems(("research", "task"), "classification")
    assert (problem.what, problem.allowed) == ("is called binary now", 'write "binary"')


def test_what_is_refused_is_listed_in_the_documentation() -> None:
    page = (
        (ROOT / "docs" / "charter.md").read_text(encoding="utf-8").partition("## What a charter cannot ask for yet")[2]
    )
    names = {path[-1] for path in KEYS}
    assert sorted(name for name in names if f"`{name}`" not in page and f".{name}`" not in page) == []
