"""A received model walks like any other: one walk, its bringer an author, its threshold by money, never retrained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Digest, digest_of
from flywheel.domain.reproduction import Outcome, ReproductionState, Step
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import CycleKind, Stage
from flywheel.errors import InputRefused, Refused
from flywheel.project.framing import Framing
from flywheel.project.tabular.answering import Chances
from flywheel.project.tabular.recipe import Recipe, RecipeKind
from flywheel.services.again.remaking import reproduce
from flywheel.services.again.tracking import made_with
from flywheel.services.data.datasets import record_dataset
from flywheel.services.dossier import dossiers
from flywheel.services.modelling import external, research, trial
from flywheel.services.modelling.examinations import examination_of
from flywheel.services.modelling.experiments import record_experiments
from flywheel.services.modelling.external import Received
from flywheel.services.modelling.scorers import load_model
from flywheel.services.modelling.versions import VersionRecord, register_version
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
from flywheel.services.workbench import Workbench
from tests.factories.examinations import POLICY, facts_of
from tests.factories.examples import Ground, card_default
from tests.factories.external import hand_over, sign
from tests.factories.people import OWNER, enrolled, logged_in
from tests.factories.projects import submitted
from tests.fakes.json_server import json_server
from tests.flywheel.services.outgoing import messages_of

SLUG = "card-default"
BRINGER = "bea@bank.example"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return card_default(tmp_path_factory.mktemp("bank"), rows=600)


@pytest.fixture(scope="module")
def received(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Received:
    frame = ground.artifacts.get_frame(ground.prepared().digest)
    signature = hand_over("xgboost", tmp_path_factory.mktemp("maker"), frame)
    return external.receive(ground.project, signature, settings=ground.settings, artifacts=ground.artifacts)


@pytest.fixture
def registered(ground: Ground, catalog: Catalog) -> Catalog:
    submitted(catalog, project=ground.project, policy=POLICY, actor=OWNER)
    return catalog


@pytest.fixture
def proof(catalog: Catalog, identity: Identity) -> Proof:
    """What the bringer shows, who holds a role in the project."""
    enrolled(catalog, identity, BRINGER, roles={SLUG: {Role.IT}})
    return logged_in(catalog, identity, BRINGER, key="one")


def bring(catalog: Catalog, received: Received, proof: Proof, *, key: str = "one") -> int:
    return external.bring_in(catalog, project=SLUG, received=received, proof=replace(proof, key=key), reason="").cycle


def test_a_model_that_takes_too_long_is_given_up_in_a_process_of_its_own(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signature = hand_over("onnx", tmp_path, ground.artifacts.get_frame(ground.prepared().digest))
    monkeypatch.setattr(trial, "SECONDS", 0.05)
    with pytest.raises(InputRefused, match=r"kills the process: .* did not end within"):
        external.receive(ground.project, signature, settings=ground.settings, artifacts=ground.artifacts)


def test_a_model_that_wants_too_much_memory_is_given_up_in_a_process_of_its_own(ground: Ground, tmp_path: Path) -> None:
    signature = hand_over("onnx", tmp_path, ground.artifacts.get_frame(ground.prepared().digest))
    graph = onnx.load(tmp_path / "score.onnx")
    size = helper.make_tensor("size", TensorProto.INT64, [1], [1 << 35])
    giant = helper.make_node("ConstantOfShape", ["size"], ["giant"])
    one = helper.make_node("ReduceMax", ["giant"], ["one"], keepdims=0)
    first = graph.graph.node[0]
    added = helper.make_node("Add", [first.input[0], "one"], ["moved"])
    first.input[0] = "moved"
    graph.graph.initializer.append(size)
    for place, node in enumerate((giant, one, added)):
        graph.graph.node.insert(place, node)
    onnx.save(graph, tmp_path / "score.onnx")
    with pytest.raises(InputRefused, match=r"kills the process|does not take the graph|cannot answer"):
        external.receive(ground.project, signature, settings=ground.settings, artifacts=ground.artifacts)


def test_bringing_a_model_in_starts_a_walk_about_it(registered: Catalog, received: Received, proof: Proof) -> None:
    record = external.bring_in(registered, project=SLUG, received=received, proof=proof, reason="")
    assert (record.cycle, record.cycle_kind, record.stage) == (1, CycleKind.EXTERNAL, Stage.IDEATION)
    assert external.brought_in(registered, project=SLUG) == received.recipe
    assert [one["stage"] for one in messages_of(registered, "start_stage")] == ["ideation"]


def test_the_same_model_again_goes_on_with_its_walk(registered: Catalog, received: Received, proof: Proof) -> None:
    assert [bring(registered, received, proof, key=key) for key in ("one", "one", "two")] == [1, 1, 1]


def test_another_model_begins_another_walk(registered: Catalog, received: Received, proof: Proof) -> None:
    other = replace(received.model, answering=Chances(0.4, positive=True))
    newer = replace(received, model=other, digest=Digest(received.digest[:-1] + "0"))
    assert [bring(registered, received, proof), bring(registered, newer, proof, key="two")] == [1, 2]


def test_a_model_is_brought_in_by_a_proven_person(registered: Catalog, received: Received, proof: Proof) -> None:
    with pytest.raises(Refused, match="not known here"):
        bring(registered, received, replace(proof, person="cli:root"))


def test_where_nobody_brought_one_there_is_none(registered: Catalog) -> None:
    with pytest.raises(Refused, match="no external model is registered"):
        external.brought_in(registered, project=SLUG)


def test_it_is_held_against_the_naive_and_the_simple_model_and_nothing_else_is_searched(
    ground: Ground, received: Received
) -> None:
    rungs = research.plan_ladder(Framing(ground.project.charter), brought=received.recipe)
    assert [rung.kind for rung in rungs] == [RecipeKind.NAIVE, RecipeKind.LINEAR, RecipeKind.EXTERNAL]


def test_its_threshold_is_set_by_money_unless_its_maker_set_one(ground: Ground, received: Received) -> None:
    dataset = ground.prepared().digest

    def threshold_of(recipe: Recipe) -> float:
        made = research.fit_candidate(ground.project, artifacts=ground.artifacts, dataset=dataset, recipe=recipe)
        return load_model(made.model_digest, artifacts=ground.artifacts).threshold

    given = received.recipe.with_params(received.recipe.settings | {"threshold": "given"})
    assert threshold_of(given) == received.model.threshold == 0.5
    assert threshold_of(received.recipe) < 0.3


@pytest.fixture
def version(registered: Catalog, ground: Ground, received: Received, proof: Proof) -> tuple[Workbench, VersionRecord]:
    bench = Workbench(ground.settings, registered, ground.artifacts)
    bring(registered, received, proof)
    tables = ground.ingested()
    prepared = ground.prepared(tables)
    record_dataset(
        registered,
        project=SLUG,
        name="training",
        digest=prepared.digest,
        facts={"rows": prepared.rows},
        source_digests=tables,
        run_id="r",
        actor="flow:x",
    )
    made = research.fit_candidate(
        ground.project, artifacts=ground.artifacts, dataset=prepared.digest, recipe=received.recipe
    )
    experiment = replace(facts_of(RecipeKind.EXTERNAL, made, dataset=prepared.digest), made_with=made_with(bench))
    record_experiments(registered, project=SLUG, run_id="r", actor=OWNER, experiments=(experiment,))
    one = register_version(
        registered, project=SLUG, experiment_id=experiment.id, authors=(OWNER,), run_id="r", actor="flow:research"
    )
    return bench, one


def test_whoever_brought_it_is_its_author(version: tuple[Workbench, VersionRecord]) -> None:
    assert BRINGER in version[1].authors


def test_it_is_not_retrained_here(version: tuple[Workbench, VersionRecord]) -> None:
    external.refuse_retraining(None)
    with pytest.raises(Refused, match="Scores Ltd made card-default:1, so it is not retrained here"):
        external.refuse_retraining(version[1])


def test_what_nobody_here_can_know_of_it_is_a_gap_of_its_dossier(version: tuple[Workbench, VersionRecord]) -> None:
    gaps = dossiers.assemble(version[0].catalog, version=version[1].id)["gaps"]
    assert isinstance(gaps, list)
    assert [gap for gap in gaps if "Scores Ltd made the model, from unknown rows" in str(gap)]


def test_it_is_read_again_in_a_clean_process_and_not_said_to_be_trained(
    version: tuple[Workbench, VersionRecord],
) -> None:
    badge = reproduce(version[0], version=version[1].id)
    outcomes = {one.step: one.outcome for one in badge.steps}
    assert (badge.state, outcomes[Step.TRAINING]) == (ReproductionState.PASSED, Outcome.UNKNOWN)
    assert badge.detail.startswith("External model: read and scored again")


def test_the_battery_examines_it_like_any_other(version: tuple[Workbench, VersionRecord], ground: Ground) -> None:
    bench, one = version
    seen = examination_of(ground.project, one, catalog=bench.catalog, artifacts=bench.artifacts, policy=POLICY)
    assert seen.features == ("bureau_score", "age", "channel")
    assert len(seen.said) == len(seen.test)
    assert isinstance(seen.scorer.said(pd.DataFrame(seen.test)), type(seen.said))


def test_only_an_address_is_asked_again(version: tuple[Workbench, VersionRecord]) -> None:
    assert external.ask_again(version[1], artifacts=version[0].artifacts) is None


def test_an_address_that_answers_otherwise_or_not_at_all_is_told_why(
    ground: Ground, version: tuple[Workbench, VersionRecord], tmp_path: Path
) -> None:
    rows = pd.DataFrame({"age": [20, 30, 40, 50, 60], "expected": [0.1, 0.2, 0.3, 0.4, 0.5]})
    rows.to_csv(tmp_path / "golden.csv", index=False)
    with json_server(score=(200, {"probabilities": rows["expected"].tolist()})) as vendor:
        terms = {"form": "http", "url": f"{vendor.url}/score", "inputs": [{"column": "age"}]}
        taken = external.receive(
            ground.project, sign(tmp_path, terms), settings=ground.settings, artifacts=ground.artifacts
        )
        remote = replace(version[1], recipe=taken.recipe.to_json(), model_digest=taken.digest)
        assert external.ask_again(remote, artifacts=ground.artifacts) == (5, "")
        vendor.answers["/score"] = (200, {"probabilities": [0.1, 0.2, 0.3, 0.4, 0.9]})
        changed = external.ask_again(remote, artifacts=ground.artifacts)
        vendor.answers["/score"] = (503, {})
        asked = len(vendor.sent)
        gone = external.ask_again(remote, artifacts=ground.artifacts, pauses=(0.0, 0.0))
        assert len(vendor.sent) == asked + 3
    lost = external.ask_again(replace(remote, model_digest=digest_of("lost")), artifacts=ground.artifacts)
    assert changed is not None
    assert gone is not None
    assert "answers 1 of 5 golden rows differently" in changed[1]
    assert "refused the question" in gone[1]
    assert lost is not None
    assert "does not hold this" in lost[1]
