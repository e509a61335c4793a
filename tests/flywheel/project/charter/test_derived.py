"""The charter's derived features: what is refused before any data is read, and where it points."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from flywheel.errors import Problem
from flywheel.project.charter.derived import derived_of
from flywheel.project.charter.preflight import contradictions
from flywheel.project.framing import Framing
from flywheel.project.loader import charter_from, problems_in
from flywheel.project.reading.kinds import Kind
from tests.factories.charters import whole
from tests.factories.every_key import document


def chartered(features: dict[str, Any], **columns: dict[str, Any]) -> Any:
    said = copy.deepcopy(document())
    said["features"] = {name: {"is": one} if isinstance(one, str) else one for name, one in features.items()}
    for name, more in columns.items():
        said["data"]["columns"][name] |= more
    return charter_from(said)


def problems(features: dict[str, Any], **columns: dict[str, Any]) -> list[Problem]:
    return [problem for _, problem in contradictions(chartered(features, **columns))]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("default_12m", "`default_12m` is the target, which is not known at the decision"),
        ("if default_12m then 1 else age", "`default_12m` is the target, which is not known at the decision"),
        ("is_missing(application_id)", "`application_id` tells whom a row is about, and no model decides by that"),
        ('lookup(gender, {"female": 1}, 0)', "`gender` is declared for fairness only"),
        ('lookup(postcode, {"1010": 1}, 0)', "`postcode` is not permitted"),
        ("if is_control then 1 else income", '`is_control` is kept aside (role = "kept")'),
    ],
)  # fmt: skip
def test_a_feature_is_made_of_nothing_that_no_model_may_decide_by(text: str, what: str) -> None:
    (problem,) = problems({"leak": text})
    assert (problem.key, problem.what) == ("features.leak.is", what)
    assert "^" in str(problem).splitlines()[-1]


def test_a_column_that_comes_too_late_gets_in_through_no_other_feature() -> None:
    late = {"income": {"known_at_decision": False}}
    features = {"share": "requested_limit / income", "double": "share * 2", "own": "age * 2"}
    (problem,) = problems(features, **late)
    assert problem.key == "features.share.is"
    meant = derived_of(
        chartered({"share": "requested_limit / income", "double": "share * 2", "own": "age * 2"}, **late)
    )
    assert list(meant.derivation.wanted) == ["own"]


def test_what_is_not_permitted_is_no_part_of_another() -> None:
    share = {"is": "requested_limit / income", "permitted": False}
    (problem,) = problems({"share": share, "double": "share * 2"})
    assert problem.what == "`share` is not permitted"
    assert [one.name for one in Framing(chartered({"share": share})).columns if one.name == "share"] == []


def test_when_a_decision_is_asked_for_is_known_then() -> None:
    assert problems({"month_asked": "month(applied_at)"}) == []


def test_a_circle_is_told_with_its_way() -> None:
    (problem,) = problems({"a": "b + 1", "b": "a + 1"})
    assert problem.what.startswith("is made of itself: ")


@pytest.mark.parametrize("name", ["income", "Income", "default_12m"])
def test_a_feature_has_a_name_of_its_own(name: str) -> None:
    assert any("is the name of a column too" in one.what for one in problems({name: "age * 2"}))


def test_an_expectation_of_a_category_is_refused() -> None:
    (problem,) = problems({"band": {"is": "bucket(age, 30)", "expect": "increasing"}})
    assert problem.key == "features.band.expect"


def test_units_are_held_against_each_other() -> None:
    units = {"income": {"unit": "€"}, "requested_limit": {"unit": "kg"}}
    (problem,) = problems({"sum": "income + requested_limit"}, **units)
    assert problem.what == "`income` is in EUR, and `requested_limit` in kg"
    (stated,) = problems({"rate": {"is": "income / requested_limit", "unit": "EUR"}}, **units)
    assert (stated.key, stated.what) == ("features.rate.unit", "is in EUR/kg, and not in EUR")
    assert derived_of(chartered({"rate": "income / requested_limit"}, **units)).unit("rate") == "EUR/kg"


def test_features_are_columns_of_the_framing_with_their_kinds() -> None:
    features = {"share": "requested_limit / income", "band": "bucket(age, 30)", "old": "age > 60"}
    kinds = {one.name: one.kind for one in Framing(chartered(features)).columns}
    assert (kinds["share"], kinds["band"], kinds["old"]) == (Kind.NUMBER, Kind.CATEGORY, Kind.BOOLEAN)


def test_a_mistake_is_told_with_its_line_and_a_caret() -> None:
    text = whole() + '\n[features.share]\nis = "requested_limit / incme"\n'
    (problem,) = problems_in(text)
    assert str(problem).splitlines()[1:] == ["    requested_limit / incme", "                      ^^^^^"]
    assert problem.line == len(text.splitlines())
    assert problem.suggestion == "income"
