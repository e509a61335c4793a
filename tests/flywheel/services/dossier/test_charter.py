"""What a charter itself says that a signer must see."""

from __future__ import annotations

from pathlib import Path

import pytest

from flywheel.domain.digests import Json
from flywheel.project.loader import load_project
from flywheel.project.stage_inputs import Change
from flywheel.services.dossier.charter import changed, purposes, told, waivers, ways
from flywheel.services.dossier.judgement import to_judge
from tests.factories.charters import MINIMAL, write

WAIVED = """[stakeholders]
validator = ["vera@bank.example"]
[data]
target = "y"
sources.main = { uri = "main.csv" }
columns.age = { kind = "number" }
[[data.waivers]]
check = "DATA-003"
column = "age"
owner = "vera@bank.example"
reason = "the code 999 is gone from May on"
until = 2026-12-31
"""


def test_what_the_charter_waives_is_for_the_signers_to_judge(tmp_path: Path) -> None:
    charter = load_project(write(tmp_path, MINIMAL + WAIVED)).charter
    (waived,) = waivers(charter)
    asked = [one.text for one in to_judge({"waivers": [waived]})]
    assert any("DATA-003 is waived until 2026-12-31" in words and "999 is gone" in words for words in asked)


def test_it_says_what_each_decision_brings_in_its_words_and_for_what_each_source_may_be_used(tmp_path: Path) -> None:
    more = """[value]
unit = "case"
volume_per_year = 10
payoff = { true_positive = 1, false_positive = -2, true_negative = 3, false_negative = -4 }
[decision]
positive = "call"
negative = "leave it"
[data]
target = "y"
sources.main = { uri = "main.csv", purpose = "service" }
sources.more = { uri = "more.csv", join = "id" }
columns.id = { kind = "integer" }
"""
    charter = load_project(write(tmp_path, MINIMAL + more)).charter
    paid = told(charter, {}, None)["payoff"]
    assert isinstance(paid, dict)
    assert isinstance(paid["cases"], list)
    assert paid["is_stated"] is True
    assert [(one["title"], float(one["each"]), one["cases"]) for one in paid["cases"]] == [  # type: ignore[index,call-overload,arg-type]
        ("“call” and right", 1, None),
        ("“call” and wrong", -2, None),
        ("“leave it” and right", 3, None),
        ("“leave it” and wrong", -4, None),
    ]
    assert purposes(charter) == {"main": "service", "more": None}


def test_a_charter_that_waives_nothing_lists_nothing(tmp_path: Path) -> None:
    assert waivers(load_project(write(tmp_path, MINIMAL)).charter) == []


def test_what_is_said_otherwise_is_written_in_one_line_and_of_lists_what_went_and_came() -> None:
    signals: list[Json] = [{"watch": "input", "action": "page", "exempt": []}, {"watch": "drift", "action": "page"}]
    since = [
        Change("monitoring.signals", signals, [signals[0], {"watch": "drift", "action": "fallback"}]),
        Change("monitoring.every", "1 week", "1 day"),
        Change("risk.regulated", None, True),
    ]
    assert [tuple(one.values()) for one in changed(since) if isinstance(one, dict)] == [
        ("monitoring.signals", "watch drift, action page", "watch drift, action fallback"),
        ("monitoring.every", "1 week", "1 day"),
        ("risk.regulated", "not stated", "true"),
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[decision]\npositive = "call"\nnegative = "leave it"\n', ("to “call”", "to “leave it”")),
        ('[research]\ntask = "regression"\n', ("to “more”", "to “less”")),
    ],
)
def test_what_changes_is_told_in_the_words_of_its_kind(tmp_path: Path, more: str, said: tuple[str, str]) -> None:
    data = '[data]\ntarget = "y"\nsources.main = { uri = "main.csv" }\ncolumns.x = { kind = "number" }\n'
    assert tuple(ways(load_project(write(tmp_path, MINIMAL + data + more)).charter).values()) == said
