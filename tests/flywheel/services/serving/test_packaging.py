"""What an endpoint takes in follows from the charter and from what the model has seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flywheel.adapters.bentoml import PACKAGE
from flywheel.domain.digests import plain
from flywheel.errors import Tampered
from flywheel.project.answer import ChanceAnswer, Decisions
from flywheel.project.charter.commitments import Population
from flywheel.project.contract import Contract, Feature
from flywheel.project.framing import Framing
from flywheel.project.loader import Project
from flywheel.project.manifest import write_manifest
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.model import FittedModel, fit, save
from flywheel.project.tabular.recipe import RecipeKind
from flywheel.services.dossier.earnings import measured
from flywheel.services.modelling.versions import VersionRecord, VersionState
from flywheel.services.serving import packaging
from tests.factories.examples import Ground, card_default
from tests.factories.serving import SEAL


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return card_default(tmp_path_factory.mktemp("bank"))


@pytest.fixture(scope="module")
def model(bank: Ground) -> FittedModel:
    framing = Framing(bank.project.charter)
    linear = next(rung for rung in framing.ladder() if rung.kind is RecipeKind.LINEAR)
    train, validation, _ = framing.split(bank.artifacts.get_frame(bank.prepared().digest))
    return fit(
        replace(linear, features=tuple(name for name in linear.features if name != "bureau_score")),
        train,
        validation,
        columns=framing.columns,
        goal=framing.problem,
    ).model


def version_of(project: Project, digest: str = "sha256:" + "1" * 64) -> VersionRecord:
    fields = dict.fromkeys(VersionRecord.__dataclass_fields__)
    known = {"id": "card-default:1", "project": "card-default", "number": 1, "state": VersionState.CANDIDATE}
    return VersionRecord(
        **{
            **fields,
            **known,
            "model_digest": digest,
            "project_digest": project.digest,
            "registered_at": datetime.now(UTC),
        }  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def contract(bank: Ground, model: FittedModel) -> Contract:
    return packaging.contract_of(bank.project, version_of(bank.project), model, settings=bank.settings)


def feature(contract: Contract, name: str) -> Feature:
    return next(one for one in contract.features if one.name == name)


def test_the_contract_and_the_dossier_name_the_same_categories_as_learned_as_one(
    bank: Ground, model: FittedModel
) -> None:
    learned = model.encoding.columns
    odd = tuple(replace(one, folded=(("Atlantis", 3),)) if one.name == "region" else one for one in learned)
    made = replace(model, encoding=replace(model.encoding, columns=odd))
    contract = packaging.contract_of(bank.project, version_of(bank.project), made, settings=bank.settings)
    assert {one.name: one.rare for one in contract.features if one.rare} == made.encoding.rare
    shown = measured({"measured": {"learned_as_one": plain(made.encoding.rare)}})
    assert "ategories of region learned as one" in shown
    assert "Atlantis" in shown
    many = measured({"measured": {"learned_as_one": {"region": [f"R{place}" for place in range(300)]}}})
    assert "<summary>300 categories: R0, R1, R2, R3, R4, R5 and others</summary>" in many
    assert many.count("R299") == 1


def test_the_rules_column_is_asked_for_even_where_the_model_does_not_use_it(
    contract: Contract, model: FittedModel
) -> None:
    assert "bureau_score" not in model.recipe.features
    assert [one.name for one in contract.features] == [*model.recipe.features, "bureau_score"]
    assert contract.rule is not None


def test_bounds_codes_and_categories_are_the_charters(contract: Contract) -> None:
    score = feature(contract, "bureau_score")
    assert (score.kind, score.between, score.missing_codes) == (Kind.NUMBER, (300.0, 850.0), (-1,))
    assert feature(contract, "channel").categories == ("web", "branch", "partner")


def test_a_row_outside_the_population_is_outside_the_contract(bank: Ground, model: FittedModel) -> None:
    few = {"who": "few", "columns": {"income": {"between": [100, 5_000]}, "channel": {"among": ["web"]}}}
    narrow = bank.chartered(population=Population.model_validate(few)).project
    contract = packaging.contract_of(narrow, version_of(narrow), model, settings=bank.settings)
    assert feature(contract, "income").between == (100.0, 5_000.0)
    assert feature(contract, "channel").categories == ("web",)


def test_categories_that_nobody_declared_are_those_that_the_model_has_seen(bank: Ground, model: FittedModel) -> None:
    data = bank.project.charter.data
    assert data is not None
    columns = {**data.columns, "channel": data.columns["channel"].model_copy(update={"categories": ()})}
    undeclared = bank.chartered(data=data.model_copy(update={"columns": columns})).project
    contract = packaging.contract_of(undeclared, version_of(undeclared), model, settings=bank.settings)
    assert set(feature(contract, "channel").categories) == {"web", "branch", "partner"}


def test_the_contract_answers_by_the_models_own_threshold_within_the_settings_limits(
    contract: Contract, model: FittedModel, bank: Ground
) -> None:
    words = bank.project.charter.decision
    assert isinstance(contract.answer, ChanceAnswer)
    assert contract.answer.threshold == model.threshold
    assert contract.answer.decisions == Decisions(words.positive, words.negative)
    assert contract.limits.max_rows == bank.settings.serving.max_rows
    assert (contract.entity, contract.time) == ("application_id", "applied_at")


def test_a_packaged_model_answers_only_after_its_bytes_are_proven(
    bank: Ground, model: FittedModel, tmp_path_factory: pytest.TempPathFactory
) -> None:
    package = tmp_path_factory.mktemp("package")
    inside = package / packaging.MODEL_IN_PACKAGE
    inside.parent.mkdir(parents=True)
    digest = save(model, inside)
    whole = write_manifest(package, kind=PACKAGE, about={}, signer=SEAL)
    rows = bank.artifacts.get_frame(bank.prepared().digest).head(5)
    answered = packaging.answers(package, digest, rows, public_key=SEAL.public_key, package=whole)
    assert answered.tolist() == model.said(rows).tolist()
    victim = next(path for path in inside.rglob("*") if path.is_file())
    victim.chmod(0o600)
    victim.write_bytes(victim.read_bytes() + b" ")
    with pytest.raises(Tampered, match="not what was sealed"):
        packaging.answers(package, digest, rows, public_key=SEAL.public_key, package=whole)
    again = write_manifest(package, kind=PACKAGE, about={}, signer=SEAL)
    with pytest.raises(Tampered, match="not those that were approved"):
        packaging.answers(package, digest, rows, public_key=SEAL.public_key, package=again)


def test_single_answers_of_a_packaged_model_are_timed_and_its_files_are_weighed(
    bank: Ground, model: FittedModel, tmp_path: Path
) -> None:
    inside = tmp_path / packaging.MODEL_IN_PACKAGE
    inside.parent.mkdir(parents=True)
    digest = save(model, inside)
    rows = bank.artifacts.get_frame(bank.prepared().digest).head(7)
    taken = packaging.answer_milliseconds(tmp_path, digest, rows, answers=30)
    assert len(taken) == 30
    assert all(milliseconds > 0 for milliseconds in taken)
    assert packaging.size_of(tmp_path) == sum(p.stat().st_size for p in inside.iterdir())
