"""DATA-004: a forbidden column is no feature, nor is its copy, and no row is younger than its source allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from flywheel.domain.gates import Verdict
from flywheel.project.charter.charter import Charter
from flywheel.project.reading.kinds import Kind
from validators import permissions
from validators.charter_rules import forbidden_in, lateness_of
from validators.permissions import Forbidden, Lateness
from validators.protocol import Checked
from validators.specs import ColumnRole, ColumnRule

NOW = datetime(2026, 11, 21, tzinfo=UTC)
BANNED = (Forbidden("postcode", "is not permitted"), Forbidden("repaid", "is not known when the decision is taken"))
RULES = (
    ColumnRule("income", Kind.NUMBER),
    ColumnRule("area", Kind.CATEGORY),
    ColumnRule("score", Kind.NUMBER),
    ColumnRule("postcode", Kind.CATEGORY, role=ColumnRole.KEPT),
    ColumnRule("repaid", Kind.NUMBER, role=ColumnRole.KEPT),
    ColumnRule("at", Kind.TIME, role=ColumnRole.TIME),
)


def table(rows: int = 2_000) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "income": rng.lognormal(10, 0.5, rows),
            "area": rng.choice(["n", "s", "e", "w"], rows),
            "score": rng.normal(600, 50, rows),
            "postcode": rng.choice([f"p{i}" for i in range(30)], rows),
            "repaid": rng.normal(0, 1, rows),
            "at": pd.date_range("2026-01-01", periods=rows, freq="h", tz="UTC"),
        }
    )


def check(
    frame: pd.DataFrame, *, banned: tuple[Forbidden, ...] = BANNED, late: Lateness | None = None, **rules: ColumnRole
) -> Checked:
    roles = tuple(replace(rule, role=rules.get(rule.name, rule.role)) for rule in RULES)
    return permissions.check(frame, rules=roles, forbidden=banned, lateness=late, now=NOW)


def test_features_of_their_own_pass() -> None:
    result = check(table()).result
    assert result.verdict is Verdict.PASSED
    assert result.figures["compared"] == 6


def test_a_forbidden_column_declared_as_a_feature_is_a_finding() -> None:
    result = check(table(), postcode=ColumnRole.FEATURE).result
    assert result.findings[0].what == "postcode is not permitted, and yet it is declared as a feature."


COPIES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "an exact copy": lambda f: f.assign(score=f["repaid"]),
    "another scale": lambda f: f.assign(score=-3 * f["repaid"] + 10),
    "a little noise": lambda f: f.assign(score=f["repaid"] + 0.001 * np.arange(len(f)) / len(f)),
    "another curve": lambda f: f.assign(score=np.exp(f["repaid"])),
    "other names for the levels": lambda f: f.assign(area="x" + f["postcode"].str[1:]),
    "a number for each level": lambda f: f.assign(income=pd.factorize(f["postcode"])[0].astype(float)),
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_of_a_forbidden_column_is_a_finding(how: str) -> None:
    result = check(COPIES[how](table())).result
    assert result.verdict is Verdict.FAILED
    assert "a copy may not be used either" in result.findings[0].what


def test_a_coarse_cousin_and_a_rare_flag_are_no_copies() -> None:
    frame = table()
    frame["area"] = np.where(frame["postcode"].isin([f"p{i}" for i in range(10)]), "n", "s")
    frame["income"] = np.where(np.arange(len(frame)) < 3, 1.0, 0.0)
    frame["repaid"] = np.where(np.arange(len(frame)) % 700 == 5, 1.0, 0.0)
    assert check(frame).result.verdict is Verdict.PASSED


def test_a_forbidden_column_that_nobody_declared_is_compared_all_the_same() -> None:
    late = (Forbidden("limit", "comes with bureau 30 days after the decision"),)
    frame = table().assign(limit=lambda f: f["income"] * 2)
    assert check(frame, banned=late).result.verdict is Verdict.FAILED


def test_a_forbidden_column_that_left_the_table_is_no_pass() -> None:
    assert check(table().drop(columns="postcode")).result.verdict is Verdict.WARNED
    assert check(table().drop(columns=["postcode", "repaid"])).result.verdict is Verdict.NOT_EVALUATED


@pytest.mark.parametrize("values", [0, 49])
def test_a_forbidden_column_of_hardly_any_value_is_no_pass(values: int) -> None:
    frame = table()
    frame["repaid"] = frame["income"].where(np.arange(len(frame)) < values)
    result = check(frame).result
    assert result.verdict is Verdict.WARNED
    assert result.figures["compared"] == 3
    assert result.findings[0].locator == "repaid"


def test_rows_younger_than_their_source_allows_are_a_finding() -> None:
    frame = table()
    late = Lateness("applications", 250)
    result = check(frame, late=late).result
    assert "although applications comes 250 days late" in result.findings[0].what
    assert check(frame[frame["at"] < NOW - timedelta(days=250)], late=late).result.verdict is Verdict.PASSED


def test_a_charter_that_forbids_nothing_has_nothing_to_look_at() -> None:
    assert check(table(), banned=()).result.verdict is Verdict.NOT_APPLICABLE


def test_the_charter_names_what_is_forbidden_and_what_comes_late() -> None:
    charter = Charter.model_validate(
        {
            "name": "card",
            "title": "Cards",
            "owner": "ana@bank.example",
            "data": {
                "target": "bad",
                "entity": "id",
                "sources": {
                    "applications": {"uri": "a.parquet", "available_after_days": 2},
                    "bureau": {"uri": "b.parquet", "join": "id", "available_after_days": 30},
                },
                "columns": {
                    "postcode": {"kind": "category", "permitted": False},
                    "repaid": {"kind": "number", "known_at_decision": False},
                    "gender": {"kind": "category", "role": "group"},
                    "income": {"kind": "number"},
                    "score": {"kind": "number"},
                },
            },
        }
    )
    found = {one.name: one.why for one in forbidden_in(charter, {"bureau": ["id", "score", "bad"]})}
    assert set(found) == {"postcode", "repaid", "gender", "score"}
    assert found["score"] == "comes with bureau 30 days after the decision"
    assert lateness_of(charter) == Lateness("applications", 2)
