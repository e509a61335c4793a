"""A derived feature means the same wherever it is computed: fitted, kept, packaged, asked at the endpoint, watched."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from deployments.service.requests import RequestReader
from deployments.service.scorers import make_scorer, model_scorer
from flywheel.domain.digests import Digest
from flywheel.domain.gates import Verdict
from flywheel.errors import InputRefused, Tampered
from flywheel.project.charter.features import DerivedFeature
from flywheel.project.contract import Contract, Mode, read_contract
from flywheel.project.examination import Examination
from flywheel.project.expressions.derivation import Derivation
from flywheel.project.framing import Framing
from flywheel.project.tabular.model import FittedModel, load_verified
from flywheel.project.tabular.recipe import Recipe, RecipeKind
from flywheel.services.dossier import charter as dossier
from flywheel.services.dossier.sections import version as version_page
from flywheel.services.modelling import research
from flywheel.services.modelling.scorers import load_model
from flywheel.services.serving import packaging
from tests.deployments.programs.test_check_data import Case, checked, written
from tests.deployments.programs.test_check_data import rows as rows_of
from tests.factories.examinations import examined
from tests.factories.examples import Ground, card_default
from tests.flywheel.services.serving.test_packaging import version_of
from validators import battery, skew
from validators.skew import OneWay

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TEXTS = {
    "share": {"is": "requested_limit / income", "expect": "increasing", "unit": "years"},
    "worn": {"is": "log(utilisation + 0.01) * exp(-age / 40)"},
    "late": {"is": "coalesce(exp(-months_since_delinquency / 12), 0)"},
    "band": {"is": 'if region == "capital" then "capital" else bucket(age, 30, 50)'},
    "asked_in": {"is": "month(applied_at)"},
    "double": {"is": "share * 2 > 1 and not is_missing(bureau_score)"},
}


def derived(ground: Ground) -> Ground:
    return ground.chartered(features={name: DerivedFeature.model_validate(one) for name, one in TEXTS.items()})


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return derived(card_default(tmp_path_factory.mktemp("bank")))


@pytest.fixture(scope="module")
def frame(bank: Ground) -> pd.DataFrame:
    return bank.artifacts.get_frame(bank.prepared().digest)


@pytest.fixture(scope="module", params=[RecipeKind.LINEAR, RecipeKind.BOOSTED])
def candidate(bank: Ground, request: pytest.FixtureRequest) -> research.Candidate:
    recipe = next(rung for rung in Framing(bank.project.charter).ladder() if rung.kind is request.param)
    return research.fit_candidate(bank.project, artifacts=bank.artifacts, dataset=bank.prepared().digest, recipe=recipe)


@pytest.fixture(scope="module")
def model(bank: Ground, candidate: research.Candidate) -> FittedModel:
    return load_model(candidate.model_digest, artifacts=bank.artifacts)


@pytest.fixture(scope="module")
def contract(bank: Ground, model: FittedModel, candidate: research.Candidate) -> Contract:
    version = version_of(bank.project, candidate.model_digest)
    return packaging.contract_of(bank.project, version, model, settings=bank.settings)


def requests_of(frame: pd.DataFrame, contract: Contract) -> bytes:
    names = [feature.name for feature in contract.features]
    rows = packaging.records_of(frame, [*names, "applied_at", "application_id"])
    rows = [row | {"applied_at": row["applied_at"].isoformat()} for row in rows]
    return json.dumps({"rows": rows}).encode()


def test_the_model_learns_from_derived_features_and_its_recipe_says_so(
    model: FittedModel, candidate: research.Candidate
) -> None:
    recipe = Recipe.from_json(candidate.recipe)
    assert set(TEXTS) <= set(recipe.features)
    assert dict(recipe.derived)["share"] == "requested_limit / income"
    assert recipe == model.recipe
    assert set(recipe.inputs) == set(model.encoding.inputs)
    assert not set(TEXTS) & set(recipe.inputs)
    assert "applied_at" in recipe.inputs


def test_a_version_names_the_columns_that_it_decides_by(bank: Ground, candidate: research.Candidate) -> None:
    version = replace(version_of(bank.project), recipe=candidate.recipe)
    assert {"requested_limit", "income", "months_since_delinquency", "applied_at"} <= set(version.recipe_inputs)
    assert not set(TEXTS) & set(version.recipe_inputs)


def test_another_expression_is_another_model(bank: Ground, candidate: research.Candidate) -> None:
    other = TEXTS | {"worn": {"is": "log(utilisation + 0.01) * exp(-age / 41)"}}
    changed = bank.chartered(features={name: DerivedFeature.model_validate(one) for name, one in other.items()})
    again = research.fit_candidate(
        changed.project,
        artifacts=bank.artifacts,
        dataset=bank.prepared().digest,
        recipe=Recipe.from_json(candidate.recipe),
    )
    assert again.recipe != candidate.recipe, "it is no renewal of the same recipe"
    assert again.model_digest != candidate.model_digest


def test_a_request_is_answered_with_raw_columns_to_the_bit(
    model: FittedModel, contract: Contract, frame: pd.DataFrame
) -> None:
    asked = {feature.name for feature in contract.features}
    assert not asked & {*TEXTS, "applied_at"}
    rows = frame.sample(200, random_state=1)
    read = RequestReader(contract).read(requests_of(rows, contract), NOW)
    served = [score for score, _ in model_scorer(contract, model)(read)]
    np.testing.assert_array_equal(served, model.said(rows))


def test_the_contract_shows_what_is_derived_and_its_example_is_answered(model: FittedModel, contract: Contract) -> None:
    assert contract.derived == {name: one["is"] for name, one in TEXTS.items()}
    assert read_contract(contract.to_json()).derived == contract.derived
    read = RequestReader(contract).read(json.dumps(contract.example()).encode(), NOW)
    ((score, _),) = model_scorer(contract, model)(read)
    assert score is not None
    assert 0 <= score <= 1


def test_a_row_without_a_column_that_a_feature_needs_is_refused(model: FittedModel, frame: pd.DataFrame) -> None:
    (record,) = packaging.records_of(frame.head(1), model.encoding.inputs)
    del record["requested_limit"]
    with pytest.raises(InputRefused, match="lacks a feature"):
        model.encoding.rows([record])


def test_a_contract_that_derives_otherwise_than_the_model_serves_nothing(
    bank: Ground, contract: Contract, candidate: research.Candidate
) -> None:
    folder = bank.artifacts.path_of(candidate.model_digest)
    make_scorer(contract, Mode.MODEL, folder)
    other = replace(contract, derived={**contract.derived, "share": "income / requested_limit"})
    with pytest.raises(Tampered, match="derives other features"):
        make_scorer(other, Mode.MODEL, folder)


def test_what_is_kept_is_read_only_whole(bank: Ground, candidate: research.Candidate, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for file in bank.artifacts.path_of(candidate.model_digest).iterdir():
        content = file.read_bytes().replace(b"requested_limit / income", b"income / requested_limit")
        (folder / file.name).write_bytes(content)
    with pytest.raises(Tampered):
        load_verified(folder, Digest(candidate.model_digest))


def both_ways(model: FittedModel, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(packaging, "_load", lambda *_: model)
    read = packaging.read_both_ways(Path(), Digest(""), frame)
    by_columns, by_rows = OneWay(read.columns, read.said_of_columns), OneWay(read.rows, read.said_of_rows)
    return skew.check(by_columns, by_rows, names=read.names).result


def test_both_ways_agree_on_every_row(model: FittedModel, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    assert both_ways(model, frame, monkeypatch).verdict is Verdict.PASSED


def test_a_planted_difference_closes_the_gate_and_is_named(
    model: FittedModel, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the rows' logarithm is one bit off."""
    fresh = load_again(model)
    log = np.log
    monkeypatch.setattr(np, "log", lambda value: np.nextafter(log(value), np.inf) if np.isscalar(value) else log(value))
    result = both_ways(fresh, frame, monkeypatch)
    assert result.verdict is Verdict.FAILED
    assert "worn" in {finding.column for finding in result.findings}


def load_again(model: FittedModel) -> FittedModel:
    """The same model, none of whose features is compiled yet."""
    fresh = Derivation.from_json(model.encoding.derivation.to_json())
    return replace(model, encoding=replace(model.encoding, derivation=fresh))


def test_the_dossier_shows_features_as_written(bank: Ground, candidate: research.Candidate) -> None:
    said = dossier.derived(bank.project.charter, dict.fromkeys(TEXTS, ""))
    assert said["share"] == {"is": "requested_limit / income", "unit": "years", "expect": "increasing"}
    shown = version_page({"version": {"recipe": dict(candidate.recipe), "derived": {"x": {"is": 'a < "<script>"'}}}})
    assert "<code>x = a &lt; &#34;&lt;script&gt;&#34;</code>" in shown


def test_a_column_that_is_barred_later_bars_the_model_that_derives_from_it(
    bank: Ground, candidate: research.Candidate
) -> None:
    charter = bank.project.charter
    assert charter.data is not None
    income = charter.data.columns["income"].model_copy(update={"permitted": False})
    data = charter.data.model_copy(update={"columns": {**charter.data.columns, "income": income}})
    later = charter.model_copy(update={"data": data, "features": {}})
    assert dossier.forbidden(later, candidate.recipe) == ("income",)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Examination:
    ground = derived(card_default(tmp_path_factory.mktemp("examined")))
    return examined(tmp_path_factory.mktemp("aside"), ground=ground)


def test_expectations_and_leaks_are_judged_of_derived_features_too(seen: Examination) -> None:
    leaks, moves = battery.examine(seen, ["PERF-005", "PERF-012"])
    assert leaks.result.verdict in {Verdict.PASSED, Verdict.WARNED}
    assert moves.result.figures["asked"] == 4, "score, income, utilisation and the share"
    assert any(b"share" in report.content for report in moves.reports)


def test_every_gate_of_validation_judges_a_version_with_derived_features(seen: Examination) -> None:
    codes = sorted(set(battery.CHECKS) - {"DIFF-001", "PERF-002", "DRIFT-003", "DRIFT-004"})
    broken = [one.result.code for one in battery.examine(seen, codes) if one.result.verdict is Verdict.ERROR]
    assert broken == []


LOW_RISK = '[risk]\nexposure = "low"\npurpose = "insight"\nregulated = false\n'


@pytest.mark.usefixtures("foreign_examiners")
def test_a_check_of_the_data_tells_of_own_code_what_research_would_end_at(tmp_path: Path) -> None:
    line = "import numpy as np\ndef features(frame):\n    return frame.assign({})\n"
    folder = written(Case("", hook=line.format("rank=frame.age.rank()")), tmp_path)
    (folder / "project.toml").write_text((folder / "project.toml").read_text() + LOW_RISK)
    (fault,) = checked(folder).faults
    assert fault.where == "hooks.py"
    assert "does not compute rank row by row" in fault.what
    (folder / "hooks.py").write_text(line.format("lost=np.where(frame.age > 0, 7.0, 0.0), told=frame.f * 2"))
    rows_of(Case("")).assign(f=lambda frame: frame["y"] * 3.0 + frame["age"] * 0.01).to_csv(
        folder / "d.csv", index=False
    )
    found = checked(folder)
    assert found.faults == ()
    told = {note.column: note for note in found.notes}
    assert told["features.lost"].what.startswith("is the same in all of the 400 rows")
    assert told["features.told"].what.startswith("PERF-005: Feature told alone almost determines the outcome")


@pytest.mark.usefixtures("foreign_examiners")
def test_a_check_of_the_data_names_features_that_tell_nothing_or_everything(tmp_path: Path) -> None:
    folder = written(Case(""), tmp_path)
    text = (folder / "project.toml").read_text()
    features = '[features.lost]\nis = \'lookup(region, {"seven": 1})\'\n[features.told]\nis = "f * 2"\n'
    (folder / "project.toml").write_text(f"{text}\n{features}")
    rows_of(Case("")).assign(f=lambda frame: frame["y"] * 3.0 + frame["age"] * 0.01).to_csv(
        folder / "d.csv", index=False
    )
    told = {note.column: note for note in checked(folder).notes}
    assert told["features.lost"].what.startswith("is missing in all of the 400 rows")
    given_away = told["features.told"]
    assert given_away.what.startswith("PERF-005: Feature told alone almost determines the outcome")
    assert given_away.cure.startswith("leave it out")
