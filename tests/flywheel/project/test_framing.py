"""A charter read as a modelling problem: its columns, its parts, its money."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from examples.card_default.generator import history
from flywheel.domain.digests import Digest, plain
from flywheel.errors import CharterError
from flywheel.project.charter.charter import Charter
from flywheel.project.framing import Framing
from flywheel.project.loader import load_project
from flywheel.project.problems.binary import EVEN_PAYOFF
from flywheel.project.tabular.recipe import RecipeKind
from tests.factories.charters import MINIMAL, ROOT, changed, whole, write

Framed = Callable[[str], Framing]


@pytest.fixture
def framed(tmp_path: Path) -> Framed:
    def read(text: str) -> Framing:
        return Framing(load_project(write(tmp_path, text)).charter)

    return read


def split_of(by: str, amount: object) -> str:
    old = 'split = { by = "time", validation = "3 months", test = "3 months" }'
    return changed(old, f'split = {{ by = "{by}", validation = {amount}, test = {amount} }}')


def test_a_model_may_use_features_that_are_permitted_and_known_when_it_decides(framed: Framed) -> None:
    text = changed('expect = "increasing"\n', 'expect = "increasing"\nknown_at_decision = false\n')
    names = {column.name for column in framed(text).columns}
    assert "utilisation" not in names, "not known at the decision"
    assert not names & {"postcode", "gender", "is_control", "default_12m", "application_id", "applied_at"}
    assert names == {
        *("age", "bureau_score", "channel", "income"),
        *("months_since_delinquency", "region", "requested_limit"),
    }


def test_codes_that_mean_missing_travel_with_their_column(framed: Framed) -> None:
    codes = {column.name: column.missing_codes for column in framed(whole()).columns}
    assert codes["bureau_score"] == (-1,)
    assert codes["income"] == ()


def test_the_ladder_begins_with_the_naive_answer_and_uses_the_usable_columns_alone(framed: Framed) -> None:
    framing = framed(whole())
    rungs = framing.ladder()
    assert rungs[0].kind is RecipeKind.NAIVE
    assert {name for rung in rungs for name in rung.features} == {column.name for column in framing.columns}
    assert {rung.seed for rung in rungs} == {framing.seed}


def test_money_comes_from_the_charter_and_without_it_a_hit_counts_one(framed: Framed) -> None:
    framing = framed(whole())
    assert (framing.unit, framing.currency) == ("application", "EUR")
    assert framing.problem.stakes == {
        "true_positive": "1900",
        "false_positive": "-140",
        "true_negative": "0",
        "false_negative": "-2100",
    }
    bare = framed(MINIMAL + '[data]\ntarget = "y"\nsources.main = { uri = "x.csv" }\ncolumns.x = { kind = "number" }\n')
    assert (bare.problem.stakes, bare.unit, bare.currency) == (plain(EVEN_PAYOFF), "row", "points")


def test_a_charter_without_data_is_told_what_it_lacks() -> None:
    empty = Framing(Charter.model_validate({"name": "tiny", "title": "Tiny", "owner": "ana@bank.example"}))
    with pytest.raises(CharterError, match="data: the block is missing"):
        _ = empty.problem


def test_by_time_the_last_rows_are_the_test_and_the_ones_before_them_validation(framed: Framed) -> None:
    train, validation, test = framed(whole()).split(history(rows=900, months=12))
    assert train["applied_at"].max() < validation["applied_at"].min()
    assert validation["applied_at"].max() < test["applied_at"].min()
    assert len(train) + len(validation) + len(test) == 900


def test_by_share_neither_the_seed_nor_more_rows_move_a_row(framed: Framed) -> None:
    text, rows = split_of("random", 0.25), history(rows=800, months=3)
    framing, reseeded = framed(text), framed(text.replace("[research]", "[research]\nseed = 8"))
    first, again = framing.split(rows), reseeded.split(rows)
    assert all(one.equals(other) for one, other in zip(first, again, strict=True))
    assert framing.rule.digest == reseeded.rule.digest
    assert [len(part) > 150 for part in first] == [True, True, True]
    grown = framing.split(pd.concat([rows, history(rows=100, months=1, seed=9)], ignore_index=True))
    assert all(set(one.index) <= set(other.index) for one, other in zip(first, grown, strict=True))


def test_a_figure_is_compared_on_the_same_rows_and_in_the_same_money_only(framed: Framed) -> None:
    framing, dearer = framed(whole()), framed(changed("true_positive = 1900", "true_positive = 1901"))
    assert framing.yardstick(Digest("rows")) == framing.yardstick(Digest("rows"))
    assert (
        len({framing.yardstick(Digest("rows")), framing.yardstick(Digest("else")), dearer.yardstick(Digest("rows"))})
        == 3
    )


def test_by_entity_nobody_is_in_two_parts(framed: Framed) -> None:
    rows = history(rows=400, months=3)
    rows["application_id"] = [f"person-{number // 4}" for number in range(len(rows))]
    parts = [set(part["application_id"]) for part in framed(split_of("entity", 0.25)).split(rows)]
    assert sum(len(part) for part in parts) == len(set().union(*parts)) == 100


def test_a_split_by_time_without_a_time_column_is_refused(framed: Framed) -> None:
    charter = framed(whole()).charter
    assert charter.data is not None
    untimed = charter.model_copy(update={"data": charter.data.model_copy(update={"time": None})})
    with pytest.raises(CharterError, match="needs the time column"):
        Framing(untimed).split(pd.DataFrame({"applied_at": [1]}))


def test_the_smallest_example_is_a_modelling_problem() -> None:
    framing = Framing(load_project(ROOT / "examples" / "breast_cancer").charter)
    assert (framing.problem.target, framing.data.positive, len(framing.columns)) == ("target", "malignant", 10)
