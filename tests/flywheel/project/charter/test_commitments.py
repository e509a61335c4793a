"""What people agree on besides purpose and money: each key is typed, told in one sentence, and held somewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flywheel.domain.stages import Stage
from flywheel.errors import CharterError
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.preflight import preflight
from flywheel.project.charter.tightening import tightened
from flywheel.project.loader import load_project, problems_in
from tests.factories.charters import MINIMAL, write
from tests.factories.projects import make_policy

RISK = '[[risks]]\nwhat = "the bureau goes away"\nlikelihood = "{0}"\nharm = "{1}"\n'


def read(folder: Path, text: str) -> Charter:
    return load_project(write(folder, MINIMAL + text)).charter


@pytest.mark.parametrize(("likelihood", "harm"), [("high", "low"), ("low", "high")])
def test_a_high_risk_without_answer_and_owner_keeps_ideation_from_beginning(
    tmp_path: Path, likelihood: str, harm: str
) -> None:
    problems = preflight(read(tmp_path, RISK.format(likelihood, harm)), Stage.IDEATION)
    assert [(one.key, one.found) for one in problems if one.key.startswith("risks")] == [
        ("risks[1].answer", "the bureau goes away"),
        ("risks[1].owner", "the bureau goes away"),
    ]


def test_a_risk_that_is_answered_for_or_is_not_high_keeps_nothing(tmp_path: Path) -> None:
    answered = RISK.format("high", "high") + 'answer = "a second bureau"\nowner = "ben@bank.example"\n'
    charter = read(tmp_path, answered + RISK.format("medium", "medium"))
    assert not [one for one in preflight(charter, Stage.IDEATION) if one.key.startswith("risks")]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (RISK.format("certain", "low"), "risks[1].likelihood"),
        ("[it]\nmax_latency_ms = 0", "it.max_latency_ms"),
        ("[it]\nmax_package_mb = -1", "it.max_package_mb"),
        ("[timeline]\nresearch_by = 2027-05-01\ndelivery_by = 2027-04-01", "timeline"),
    ],
)
def test_what_makes_no_sense_is_named_by_its_key(text: str, key: str) -> None:
    assert [problem.key for problem in problems_in(MINIMAL + text)] == [key]


def test_it_that_allows_another_deliverable_than_is_wished_is_refused(tmp_path: Path) -> None:
    write(tmp_path, MINIMAL + '[it]\ndeliverable = "batch"')
    with pytest.raises(CharterError, match=r"it\.deliverable.*another deliverable than deliver_as.*batch"):
        load_project(tmp_path)


def test_limits_of_it_are_those_of_the_packages_gate_and_never_looser_than_the_policys(tmp_path: Path) -> None:
    charter = read(tmp_path, "[it]\nmax_latency_ms = 10\nmax_package_mb = 900")
    policy = replace(make_policy(), thresholds={"PERF-014": {"package_megabytes_at_most": 200.0}})
    held = tightened(policy, charter)
    assert held.thresholds["PERF-014"] == {"p95_milliseconds_at_most": 10.0, "package_megabytes_at_most": 200.0}
    assert "PERF-014" in held.required_in(Stage.DELIVERY)
    assert "PARITY-001" in held.required_in(Stage.DELIVERY)


def test_without_terms_of_it_the_policy_stays_as_it_is(tmp_path: Path) -> None:
    assert tightened(make_policy(), read(tmp_path, "")) == make_policy()


DATA = """
[data]
target = "y"
sources.main = { uri = "x.csv" }
columns.y = { kind = "boolean" }
columns.age = { kind = "integer", between = [18, 100] }
columns.region = { kind = "category", categories = ["north", "south"] }
columns.free = { kind = "category" }
[population]
who = "few"
"""


@pytest.mark.parametrize(
    ("bound", "what"),
    [
        ("age = { between = [101, 120] }", "lies outside the column's own between"),
        ('age = { among = ["18"] }', "has among, and is no category"),
        ('region = { among = ["east"] }', "names what the column does not list"),
        ("region = { between = [1, 2] }", "has between, and is no number or time"),
        ("heaven = { between = [1, 2] }", "is not a declared column"),
        ("age = {}", "needs one bound"),
        ("age = { between = [2026-01-01T00:00:00Z, 2026-02-01T00:00:00Z] }", "bounds do not fit the kind"),
    ],
)
def test_a_population_that_no_column_can_keep_is_refused_at_its_bound(bound: str, what: str) -> None:
    (problem,) = problems_in(f"{MINIMAL}{DATA}columns.{bound}")
    assert problem.key.startswith("population.columns")
    assert what in problem.what


def test_a_population_narrows_its_columns_and_leaves_the_others(tmp_path: Path) -> None:
    charter = read(tmp_path, f'{DATA}columns.age = {{ between = [0, 90] }}\ncolumns.free = {{ among = ["a"] }}')
    held = charter.held_data
    assert held is not None
    assert (held.columns["age"].between, held.columns["free"].categories) == ((18, 90), ("a",))
    assert charter.data is not None
    assert held.columns["region"] == charter.data.columns["region"]
