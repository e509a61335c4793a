"""A charter says nothing to no effect: what would do nothing where it stands is refused, with what to do."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from flywheel.errors import Problem, some_of
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.idle import watched_columns
from flywheel.project.charter.mistakes import mistakes_of
from flywheel.project.charter.preflight import contradictions
from flywheel.project.framing import Framing
from tests.factories.every_key import document

SAID = document()
TARGET, ENTITY, TIME = (SAID["data"][key] for key in ("target", "entity", "time"))
IDLE: dict[str, dict[str, Any]] = {
    f"data.columns.{TARGET}.role": {"kind": "boolean", "role": "kept"},
    f"data.columns.{TARGET}.permitted": {"kind": "boolean", "permitted": False},
    f"data.columns.{TARGET}.known_at_decision": {"kind": "boolean", "known_at_decision": False},
    f"data.columns.{TARGET}.expect": {"kind": "integer", "expect": "increasing"},
    "data.columns.channel": {"expect": "increasing"},
    "data.columns.region": {"kind": "category", "categories": ["x"], "missing": {"codes": ["x"]}},
    "data.sources.survey.date_format": {"date_format": "%d.%m.%Y"},
    "validation.slices[1]": {"slices": [TARGET]},
    "validation.fairness.groups[1]": {"groups": [ENTITY]},
    "monitoring.signals[1]": {"watch": "parity", "columns": ["income"]},
    "delivery.rule.at_least": {"at_least": 1e9},
    f"data.columns.{TIME}": {"kind": "time", "expect": "increasing"},
    f"data.columns.{TIME}.known_at_decision": {"kind": "time", "known_at_decision": False},
    "validation.slices[2]": {"slices": ["channel", TIME]},
    "validation.fairness.at_most": {"at_most": 1.0},
    "validation.must_beat.champion": {"champion": -0.5},
    "monitoring.every": {"every": "900 years"},
    "research.split.equal_in[1]": {"equal_in": [TARGET]},
    "monitoring.signals[1].columns[1]": {"columns": [TARGET], "exempt": []},
    "monitoring.signals[1].exempt": {"columns": "all", "exempt": sorted(SAID["data"]["columns"].keys() - {TARGET})},
    "decision": {"positive": "act", "negative": "\u0430ct"},
    "data.checks[1].where[2]": {
        "expect_column_values_to_not_be_null": {"column": "region"},
        "where": [{"column": "income", "at_least": 5}, {"column": "income", "is": "high"}],
    },
    "data.checks[1]": {"expect_column_values_to_be_unique": {"column": "income", "mostly": 0.0}},
    "data.checks[1].where[1]": {
        "expect_column_values_to_not_be_null": {"column": "region"},
        "where": [{"column": "income", "is": "30"}],
    },
}


def _problems(said: dict[str, Any]) -> list[Problem]:
    try:
        return [problem for _, problem in contradictions(Charter.model_validate(said))]
    except ValidationError as error:
        return [problem for _, problem in mistakes_of(error, file="project.toml")]


def _steps(key: str) -> list[str | int]:
    parts = key.replace("[", ".[").split(".")
    return [int(part[1:-1]) - 1 if part.startswith("[") else part for part in parts]


def _changed(key: str, values: dict[str, Any]) -> dict[str, Any]:
    """Say something idle at a key: at the table that holds it, or in the very table that it names."""
    said = copy.deepcopy(SAID)
    here: Any = said
    for step in _steps(key):
        below = here.get(step, {}) if isinstance(here, dict) else here[step]
        if step in values or not isinstance(below, dict):
            break
        here = here.setdefault(step, {}) if isinstance(here, dict) else here[step]
    if isinstance(here, list) or "data.checks" in key:
        said["data"]["checks"][0] = values
    else:
        here |= values
    return said


def test_what_the_others_are_held_against_is_sound() -> None:
    assert _problems(document()) == []


@pytest.mark.parametrize("key", [key for key in IDLE if "date_format" not in key and "signals" not in key])
def test_what_does_nothing_is_refused_with_what_to_do(key: str) -> None:
    found = {problem.key: problem.allowed for problem in _problems(_changed(key, IDLE[key]))}
    assert found.get(key), found


def test_what_is_equal_in_columns_is_asked_only_of_rows_without_an_entity() -> None:
    said = document()
    said["research"]["split"]["equal_in"] = ["region"]
    assert _problems(said) == []
    del said["data"]["columns"][ENTITY]["missing"]
    assert [problem.key for problem in _problems(said)] == ["research.split.equal_in"]
    del said["data"]["entity"]
    assert _problems(said) == []


def test_a_signal_that_looks_at_no_columns_takes_none() -> None:
    said = document()
    said["monitoring"]["signals"][0] = IDLE["monitoring.signals[1]"] | {"action": "page"}
    (problem,) = _problems(said)
    assert (problem.key, problem.allowed) == ("monitoring.signals[1]", "leave columns and exempt out")


def test_a_signal_names_columns_that_are_watched_and_exempts_what_is_kept_aside_too() -> None:
    charter = Charter.model_validate(SAID)
    watched = {column.name for column in Framing(charter).columns}
    assert charter.data is not None
    assert {*watched_columns(charter.data), *charter.features} == watched
    assert charter.data.declared - watched
    keys_of_rows = {charter.data.target, charter.data.entity, charter.data.time}
    aside = set(charter.data.columns) - watched - keys_of_rows
    for name in sorted({*charter.data.declared, *charter.features}):
        for key, fitting in (("columns", watched), ("exempt", watched | aside)):
            said = document()
            said["monitoring"]["signals"][0] = {"watch": "drift", "action": "page", key: [name]}
            keys = {problem.key: problem.allowed for problem in _problems(said)}
            assert keys.get(f"monitoring.signals[1].{key}[1]", "") == (
                "" if name in fitting else some_of(sorted(watched))
            )


def test_a_format_of_dates_needs_a_column_of_times() -> None:
    said = document()
    said["data"]["sources"]["survey"]["date_format"] = "%d.%m.%Y"
    said["research"] = {}
    del said["data"]["time"]
    for column in said["data"]["columns"].values():
        if column["kind"] == "time":
            column |= {"kind": "text"}
            column.pop("between", None)
    assert "data.sources.survey.date_format" in {problem.key for problem in _problems(said)}


@pytest.mark.parametrize(
    "check",
    [
        {"expect_column_values_to_be_between": {"column": "income"}},
        {"expect_table_row_count_to_be_between": {}},
        {"expect_column_values_to_not_be_null": {"column": "income", "mostly": 0.0001}},
    ],
)
def test_a_check_that_nothing_breaks_is_refused(check: dict[str, Any]) -> None:
    said = document()
    said["data"]["checks"][0] = check
    assert [problem.key for problem in _problems(said)] == ["data.checks[1]"]


@pytest.mark.parametrize(("key", "end"), [("at_most", 1), ("at_least", 0)])
def test_a_limit_at_the_very_end_parts_nothing(key: str, end: int) -> None:
    said = document()
    rule = said["delivery"]["rule"]
    said["data"]["columns"][rule["column"]] |= {"between": [0, 200_000]}
    rule.pop("at_least", None)
    rule[key] = 200_000 * end
    assert f"delivery.rule.{key}" in {problem.key for problem in _problems(said)}
    rule[key] = 200_000 * (1 - end)
    assert f"delivery.rule.{key}" not in {problem.key for problem in _problems(said)}


@pytest.mark.parametrize("form", ["%Q%q", "%H:%M", "tomorrow", "%Y-%m-%", "%Y-%K"])
def test_a_format_that_reads_no_day_is_none(form: str) -> None:
    said = document()
    said["data"]["sources"]["survey"]["date_format"] = form
    assert [problem.what for problem in _problems(said)] == ["is not a format of dates"]


def _lists(node: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Find every list of plain values in a whole charter, but for ranges and the arguments of expectations."""
    if isinstance(node, dict):
        for key, below in node.items():
            if key != "between" and not key.startswith("expect_"):
                yield from _lists(below, (*path, key))
    elif isinstance(node, list) and node and not isinstance(node[0], dict):
        yield path
    elif isinstance(node, list):
        for place, below in enumerate(node):
            yield from _lists(below, (*path, place))


@pytest.mark.parametrize("path", list(_lists(SAID)), ids=str)
def test_no_list_says_a_thing_twice(path: tuple[str | int, ...]) -> None:
    said = copy.deepcopy(SAID)
    here: Any = said
    for step in path:
        here = here[step]
    here.append(here[0])
    found = [problem.what for problem in _problems(said) if tuple(_steps(problem.key)) == path]
    assert found in ([f"names {here[0]} twice"], ["is not allowed"])  # where there are too many already
