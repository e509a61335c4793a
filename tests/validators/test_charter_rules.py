"""The charter's words become the rules of the checks."""

from __future__ import annotations

from flywheel.domain.gates import Severity
from flywheel.project.charter.charter import Charter
from flywheel.project.reading.kinds import Kind
from validators.charter_rules import expectations_from_charter, rules_from_charter
from validators.specs import ColumnRole, ColumnRule, Operator, Where

CHARTER = Charter.model_validate(
    {
        "name": "card",
        "title": "Cards",
        "owner": "ana@bank.example",
        "data": {
            "target": "default_12m",
            "entity": "application_id",
            "time": "applied_at",
            "sources": {"applications": {"uri": "a.parquet"}},
            "columns": {
                "score": {"kind": "number", "between": [300, 850], "missing": {"codes": [999], "at_most": 0.08}},
                "postcode": {"kind": "category", "permitted": False},
                "repaid": {"kind": "number", "known_at_decision": False},
                "gender": {"kind": "category", "role": "group"},
            },
            "checks": [
                {
                    "expect_column_values_to_be_unique": {"column": "application_id"},
                    "severity": "warning",
                    "where": [{"column": "score", "at_least": 300}],
                }
            ],
        },
    }
)


def test_a_declared_column_keeps_all_that_was_declared() -> None:
    rules = {rule.name: rule for rule in rules_from_charter(CHARTER)}
    assert rules["score"] == ColumnRule("score", Kind.NUMBER, (300, 850), (999,), 0.08)


def test_every_column_has_the_role_that_the_charter_gives_it() -> None:
    assert {rule.name: rule.role for rule in rules_from_charter(CHARTER)} == {
        "score": ColumnRole.FEATURE,
        "postcode": ColumnRole.KEPT,
        "repaid": ColumnRole.KEPT,
        "gender": ColumnRole.GROUP,
        "default_12m": ColumnRole.TARGET,
        "application_id": ColumnRole.ENTITY,
        "applied_at": ColumnRole.TIME,
    }


def test_checks_keep_their_severity_and_condition() -> None:
    (expectation,) = expectations_from_charter(CHARTER)
    assert expectation.type == "expect_column_values_to_be_unique"
    assert expectation.severity is Severity.WARNING
    assert expectation.where == (Where("score", Operator.AT_LEAST, 300),)


def test_a_charter_without_data_has_no_rules() -> None:
    bare = Charter(name="card", title="Cards", owner="ana@bank.example")
    assert rules_from_charter(bare) == ()
    assert expectations_from_charter(bare) == ()


def test_a_population_narrows_what_the_rules_of_its_columns_allow() -> None:
    bounds = {"score": {"between": [500, 900]}, "gender": {"among": ["f", "m"]}}
    bounded = Charter.model_validate(
        {
            "name": "card",
            "title": "Cards",
            "owner": "ana@bank.example",
            "data": {
                "target": "default_12m",
                "sources": {"applications": {"uri": "a.parquet"}},
                "columns": {
                    "score": {"kind": "number", "between": [300, 850], "missing": {"codes": [999]}},
                    "gender": {"kind": "category", "role": "group"},
                },
            },
            "population": {"who": "few", "columns": bounds},
        }
    )
    rules = {rule.name: rule for rule in rules_from_charter(bounded)}
    assert rules["score"].between == (500, 850)
    assert rules["gender"].categories == ("f", "m")
    assert rules["score"].missing_codes == (999,)
