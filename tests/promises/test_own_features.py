"""Features by a project's own code mean the same wherever they are computed, and follow from the row alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from deployments.service.requests import RequestReader
from deployments.service.scorers import model_scorer
from flywheel.adapters.cell.lasting import Allowance, LastingCell
from flywheel.domain.digests import Digest
from flywheel.domain.gates import Verdict
from flywheel.errors import InputRefused
from flywheel.project.charter.charter import Risk
from flywheel.project.contract import Contract, read_contract
from flywheel.project.framing import Framing
from flywheel.project.tabular.model import FittedModel
from flywheel.project.tabular.recipe import Recipe, RecipeKind
from flywheel.services.dossier import charter as dossier
from flywheel.services.modelling import research
from flywheel.services.modelling.own_features import framing_of
from flywheel.services.modelling.scorers import derivation_of, load_model
from flywheel.services.serving import packaging
from tests.factories.examinations import examined
from tests.factories.examples import Ground, card_default
from tests.flywheel.services.serving.test_packaging import version_of
from validators import battery, skew
from validators.skew import OneWay

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TEXT = """
import numpy as np

def features(frame):
    share = frame.requested_limit / frame.income
    return frame.assign(
        share=share,
        worn=np.log(frame.utilisation + 0.01) * np.exp(-frame.age / 40),
        where=frame.region.str.cat(frame.channel, sep=" by ").where(frame.region != "capital", "capital"),
        is_new=frame.months_since_delinquency.isna() & (share > 0.1),
        asked_on=frame.applied_at.dt.weekday,
    )
"""
ADDED = {"share", "worn", "where", "is_new", "asked_on"}


def of_low_risk(ground: Ground) -> Ground:
    """The same project where own code runs without every guard too, such as here as root."""
    return ground.chartered(risk=Risk(exposure="low", purpose="insight", regulated=False))


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return of_low_risk(card_default(tmp_path_factory.mktemp("bank"))).hooked(TEXT)


@pytest.fixture(scope="module")
def dataset(bank: Ground) -> Digest:
    return bank.prepared().digest


@pytest.fixture(scope="module")
def frame(bank: Ground, dataset: Digest) -> pd.DataFrame:
    return bank.artifacts.get_frame(dataset)


@pytest.fixture(scope="module", params=[RecipeKind.LINEAR, RecipeKind.BOOSTED])
def candidate(bank: Ground, dataset: Digest, request: pytest.FixtureRequest) -> research.Candidate:
    framing = framing_of(bank.project, artifacts=bank.artifacts, dataset=dataset)
    recipe = next(rung for rung in framing.ladder() if rung.kind is request.param)
    return research.fit_candidate(bank.project, artifacts=bank.artifacts, dataset=dataset, recipe=recipe)


@pytest.fixture(scope="module")
def model(bank: Ground, candidate: research.Candidate) -> FittedModel:
    return load_model(candidate.model_digest, artifacts=bank.artifacts)


@pytest.fixture(scope="module")
def contract(bank: Ground, model: FittedModel, candidate: research.Candidate) -> Contract:
    version = version_of(bank.project, candidate.model_digest)
    return packaging.contract_of(bank.project, version, model, settings=bank.settings)


def refused(bank: Ground, line: str) -> str:
    """What is said before anything is learned with a hook of one line."""
    hooked = bank.hooked(f"def features(frame):\n    return frame.assign({line})\n")
    with pytest.raises(InputRefused) as told:
        framing_of(hooked.project, artifacts=bank.artifacts, dataset=hooked.prepared().digest)
    return told.value.sentence()


def test_the_model_learns_from_them_and_its_recipe_names_the_code(
    bank: Ground, model: FittedModel, candidate: research.Candidate
) -> None:
    recipe = Recipe.from_json(candidate.recipe)
    source = bank.project.hook_source
    assert source is not None
    assert set(recipe.features) >= ADDED
    assert dict(recipe.derived)["worn"] == f"features() of hooks.py, {source.digest}"
    assert recipe == model.recipe
    assert set(recipe.inputs) == set(model.encoding.inputs)
    assert "default_12m" not in set(recipe.inputs)
    assert "gender" not in set(recipe.inputs), "what no model may decide by is not shown to the code"


def test_other_code_is_another_model(bank: Ground, dataset: Digest, candidate: research.Candidate) -> None:
    other = bank.hooked(TEXT.replace("/ 40", "/ 41"))
    again = research.fit_candidate(
        other.project, artifacts=bank.artifacts, dataset=dataset, recipe=Recipe.from_json(candidate.recipe)
    )
    assert again.recipe != candidate.recipe, "it is no renewal of the same recipe"
    assert again.model_digest != candidate.model_digest


def test_the_same_code_gives_the_same_model(bank: Ground, dataset: Digest, candidate: research.Candidate) -> None:
    again = research.fit_candidate(
        bank.project, artifacts=bank.artifacts, dataset=dataset, recipe=Recipe.from_json(candidate.recipe)
    )
    assert again.model_digest == candidate.model_digest


def test_a_request_is_answered_with_raw_columns_to_the_bit(
    model: FittedModel, contract: Contract, frame: pd.DataFrame
) -> None:
    asked = {feature.name for feature in contract.features}
    assert not asked & {*ADDED, "applied_at"}
    rows = frame.sample(60, random_state=1)
    records = packaging.records_of(rows, [*asked, "applied_at", "application_id"])
    records = [record | {"applied_at": record["applied_at"].isoformat()} for record in records]
    read = RequestReader(contract).read(json.dumps({"rows": records}).encode(), NOW)
    score = model_scorer(contract, model)
    np.testing.assert_array_equal([value for value, _ in score(read)], model.said(rows))
    alone = [model.encoding.rows([row.values | {"applied_at": row.event_at}])[0] for row in read]
    np.testing.assert_array_equal(alone, model.encoding.matrix(rows))


def test_the_contract_says_which_code_and_under_which_terms(bank: Ground, contract: Contract) -> None:
    assert set(contract.derived) == ADDED
    assert contract.own_code is not None
    assert contract.own_code.seconds == bank.settings.cell.call_seconds
    assert read_contract(contract.to_json()) == contract


def test_what_computes_them_can_be_read_without_the_model(bank: Ground, candidate: research.Candidate) -> None:
    read = derivation_of(Digest(candidate.model_digest), artifacts=bank.artifacts)
    assert set(read.wanted) == ADDED
    assert read.only(["share"]).wanted == ("share",)


def test_the_dossier_says_which_code_computes_them(bank: Ground, candidate: research.Candidate) -> None:
    shown = dossier.derived(bank.project.charter, dict(Recipe.from_json(candidate.recipe).derived))
    assert str(shown["worn"]["is"]).startswith("features() of hooks.py, sha256:")  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("rank=frame.income.rank()", "does not compute rank row by row"),
        ("mean=frame.income - frame.income.mean()", "does not compute mean row by row"),
        ("before=frame.income.shift()", "does not compute before row by row"),
        ("chance=__import__('random').random()", "does not compute chance row by row"),
        ("income_=frame.default_12m", "AttributeError"),
        ("AGE=1.0", "adds AGE, which there is already"),
        ("**{'a b': 1.0}", "whose name is none"),
        ("", "adds no column"),
        ("income=0.0", "altered a column that it was given: income"),
        ("gone=frame.gender", "AttributeError"),
    ],
)
def test_what_cannot_be_a_feature_is_said_before_anything_is_learned(bank: Ground, line: str, what: str) -> None:
    assert what in refused(bank, line)


def both_ways(model: FittedModel, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(packaging, "_load", lambda *_: model)
    monkeypatch.setattr(packaging, "ALONE_AT_MOST", 150)
    read = packaging.read_both_ways(Path(), Digest(""), frame)
    by_columns, by_rows = OneWay(read.columns, read.said_of_columns), OneWay(read.rows, read.said_of_rows)
    return skew.check(by_columns, by_rows, names=read.names, among_others=read.among_others).result


def with_code(model: FittedModel, change: Callable[[str], str]) -> FittedModel:
    """The same model, whose code is another than that which it learned with."""
    derivation = model.encoding.derivation
    assert derivation.own is not None
    cell = LastingCell(change(derivation.own.text), Allowance(60.0, 2_000_000_000, 65_533))
    own = replace(derivation.own, code=cell)
    return replace(model, encoding=replace(model.encoding, derivation=replace(derivation, own=own)))


def test_the_gate_finds_every_row_the_same_alone_shuffled_and_in_parts(
    model: FittedModel, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = both_ways(model, frame, monkeypatch)
    assert result.verdict is Verdict.PASSED
    assert result.figures["rows"] > 100


@pytest.mark.parametrize(
    "planted",
    [
        "share - 0 * share.rank() + 1e-16 * share.rank()",
        "share + 1e-15 * (share.index == 0)",
        "share + 1e-15 * len(frame)",
    ],
)
def test_a_planted_difference_between_rows_alone_and_together_closes_the_gate(
    planted: str, model: FittedModel, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: what follows from the rows beside differs in its last bits."""
    planting = with_code(model, lambda text: text.replace("share=share,", f"share={planted},"))
    result = both_ways(planting, frame, monkeypatch)
    assert result.verdict is Verdict.FAILED
    assert "share" in {finding.column for finding in result.findings}


def test_code_that_remembers_rows_is_found_by_their_order(
    model: FittedModel, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembers = "_seen = []\n"
    planting = with_code(
        model,
        lambda text: (
            remembers
            + text.replace("    share =", "    _seen.append(1)\n    share =").replace(
                "share=share,", "share=share + 1e-9 * len(_seen),"
            )
        ),
    )
    assert both_ways(planting, frame, monkeypatch).verdict is Verdict.FAILED


def test_every_gate_of_validation_judges_them_and_a_leak_is_found(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    ground = of_low_risk(card_default(tmp_path_factory.mktemp("examined"))).hooked(TEXT)
    seen = examined(tmp_path_factory.mktemp("aside"), ground=ground)
    assert set(seen.computed.wanted) == ADDED
    codes = sorted(set(battery.CHECKS) - {"DIFF-001", "PERF-002", "DRIFT-003", "DRIFT-004"})
    broken = [one.result.code for one in battery.examine(seen, codes) if one.result.verdict is Verdict.ERROR]
    assert broken == []


def test_a_project_without_the_hook_has_no_cell(bank: Ground, dataset: Digest) -> None:
    plain = bank.hooked("def prepare(frame):\n    return frame\n")
    assert framing_of(plain.project, artifacts=bank.artifacts, dataset=dataset) == Framing(plain.project.charter)
