"""Making a version again: the same model comes out, and whatever was changed is named as the first to differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from examples.card_default.generator import write_history
from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Digest, Json, canonical_json
from flywheel.domain.gates import Verdict
from flywheel.domain.reproduction import Compared, Outcome, Reproduction, ReproductionState, Step
from flywheel.errors import InputRefused, NotFound, Refused
from flywheel.project.loader import load_project
from flywheel.project.tabular.answering import Chances
from flywheel.project.tabular.model import load_verified
from flywheel.project.tabular.recipe import RecipeKind
from flywheel.services.again import remaking
from flywheel.services.again.remaking import Asked, reproduce
from flywheel.services.again.tracking import made_with
from flywheel.services.data import preparation
from flywheel.services.data.datasets import record_dataset
from flywheel.services.modelling.experiments import record_experiments
from flywheel.services.modelling.research import Candidate, keep
from flywheel.services.modelling.versions import register_version
from flywheel.services.workbench import Workbench, code_state, making_code
from flywheel.settings import Settings
from tests.factories.datasets import owned_table, reader
from tests.factories.examinations import POLICY, facts_of, fitted_on
from tests.factories.examples import Ground, card_default
from tests.factories.projects import submitted

VERSION = "card-default:1"


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return card_default(tmp_path, rows=600)


@pytest.fixture
def bench(ground: Ground, catalog: Catalog) -> Iterator[Workbench]:
    _forget()
    bench = Workbench(ground.settings, catalog, ground.artifacts)
    made(bench, ground)
    yield bench
    _forget()


def _forget() -> None:
    code_state.cache_clear()
    making_code.cache_clear()


def made(bench: Workbench, ground: Ground, candidate: Candidate | None = None) -> None:
    """Take the linear model through the record, as research does."""
    tables, project, catalog = ground.ingested(), ground.project, bench.catalog
    dataset, slug = ground.prepared(tables).digest, ground.project.charter.name
    linear = candidate or fitted_on(ground, RecipeKind.LINEAR, dataset=dataset)
    submitted(catalog, project=project, policy=POLICY, actor=project.charter.owner)
    record_dataset(
        catalog,
        project=slug,
        name="training",
        digest=dataset,
        facts={},
        source_digests=tables,
        run_id="r",
        actor="flow:x",
    )
    facts = replace(facts_of(RecipeKind.LINEAR, linear, dataset=dataset), made_with=made_with(bench))
    record_experiments(catalog, project=slug, run_id="r", actor="flow:x", experiments=(facts,))
    register_version(
        catalog, project=slug, experiment_id=facts.id, authors=("ana@bank.example",), run_id="r", actor="flow:x"
    )


def again(bench: Workbench) -> Reproduction:
    return reproduce(bench, version=VERSION)


def outcomes(seen: Reproduction) -> dict[Step, Outcome]:
    return {one.step: one.outcome for one in seen.steps}


def with_other(bench: Workbench, table: str, column: str, **changed: Json) -> None:
    """Change a document of the record behind its back."""
    with bench.catalog.begin() as work:
        kept = work.session.scalar(text(f"SELECT {column} FROM {table}"))  # noqa: S608  names of this file
        told = canonical_json({**kept, **changed})
        work.session.execute(text(f"UPDATE {table} SET {column} = :told"), {"told": told})  # noqa: S608  as above


def spoilt(place: Path) -> None:
    """Change one byte of what the store keeps."""
    place.chmod(0o644)
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 1
    place.write_bytes(content)


def test_nothing_changed_gives_the_same_model_row_by_row(bench: Workbench) -> None:
    seen = again(bench)
    assert set(outcomes(seen).values()) == {Outcome.SAME}
    assert (seen.state, seen.first_differing_stage) == (ReproductionState.PASSED, "")
    assert (seen.largest_difference, seen.rows > 50) == (0.0, True)


def test_sources_that_hold_something_else_today_are_named_beside_a_success(bench: Workbench, ground: Ground) -> None:
    write_history(ground.project.path, rows=650, months=9)
    seen = again(bench)
    assert (seen.state, seen.first_differing_stage) == (ReproductionState.PASSED, "sources")
    assert "has changed since this version was made" in seen.detail


def test_a_kept_table_that_was_touched_is_named(bench: Workbench, ground: Ground) -> None:
    spoilt(bench.artifacts.path_of(next(iter(ground.ingested().values()))))
    seen = again(bench)
    assert (seen.state, seen.first_differing_stage) == (ReproductionState.FAILED, "ingest")
    assert outcomes(seen)[Step.TRAINING] is Outcome.NOT_REACHED


def test_a_dataset_without_recorded_sources_is_not_called_the_same(bench: Workbench) -> None:
    with bench.catalog.begin() as work:
        work.session.execute(text("UPDATE dataset SET sources = '{}'"))
    seen = again(bench)
    assert (seen.state, outcomes(seen)[Step.INGEST]) == (ReproductionState.FAILED, Outcome.UNKNOWN)


def test_a_preparation_that_gives_another_table_is_named(bench: Workbench, ground: Ground) -> None:
    rows = bench.artifacts.get_frame(ground.prepared().digest)
    other = bench.artifacts.put_frame(rows.iloc[:-1].reset_index(drop=True))
    with bench.catalog.begin() as work:
        for table, column in (("dataset", "digest"), ("version", "dataset_digest")):
            work.session.execute(text(f"UPDATE {table} SET {column} = :other"), {"other": other})  # noqa: S608  as above
    seen = again(bench)
    assert (seen.state, seen.first_differing_stage) == (ReproductionState.FAILED, "prepare")
    assert "give another dataset now" in seen.detail


def test_tables_that_can_no_longer_be_prepared_are_named(bench: Workbench) -> None:
    with bench.catalog.begin() as work:
        kept = work.session.scalar(text("SELECT sources FROM dataset"))
    assert kept is not None
    one, two = sorted(kept)[:2]
    with_other(bench, "dataset", "sources", **{one: kept[two]})
    assert again(bench).first_differing_stage in {"sources", "prepare"}
    assert outcomes(again(bench))[Step.PREPARE] is Outcome.DIFFERS


def test_a_charter_that_was_edited_since_is_not_what_it_was_made_with(bench: Workbench, ground: Ground) -> None:
    file = ground.project.path / "project.toml"
    file.write_text(file.read_text().replace("[research]", "[research]\nseed = 99", 1))
    submitted(bench.catalog, project=load_project(ground.project.path), policy=POLICY, actor="ana@bank.example")
    assert again(bench).state is ReproductionState.PASSED


def test_a_recorded_charter_that_was_altered_is_named(bench: Workbench) -> None:
    with_other(bench, "charter", "document", title="Another")
    assert again(bench).first_differing_stage == "charter"


@pytest.mark.parametrize(("changed", "stage"), [("code", "code"), ("lock", "environment"), ("python", "environment")])
def test_other_code_and_another_environment_are_named_before_what_follows_from_them(
    bench: Workbench, changed: str, stage: str
) -> None:
    with_other(bench, "experiment", "made_with", **{changed: "sha256:" + "0" * 64})
    with_other(bench, "version", "recipe", seed=1_000)
    assert again(bench).first_differing_stage == stage


def test_another_seed_is_named(bench: Workbench) -> None:
    with_other(bench, "version", "recipe", seed=1_000)
    seen = again(bench)
    assert (seen.state, seen.first_differing_stage) == (ReproductionState.FAILED, "recipe")
    assert "another seed" in seen.detail


def test_a_kept_model_that_was_touched_is_never_read(bench: Workbench) -> None:
    with bench.catalog.begin() as work:
        model = work.session.scalar(text("SELECT model_digest FROM version"))
    spoilt(next(path for path in bench.artifacts.path_of(Digest(str(model))).iterdir() if path.suffix == ".json"))
    seen = again(bench)
    assert (seen.state, seen.first_differing_stage) == (ReproductionState.FAILED, "training")


def test_a_model_that_the_recipe_does_not_give_is_named_by_training(ground: Ground, catalog: Catalog) -> None:
    bench, dataset = Workbench(ground.settings, catalog, ground.artifacts), ground.prepared().digest
    honest = fitted_on(ground, RecipeKind.LINEAR, dataset=dataset)
    model = load_verified(ground.artifacts.path_of(honest.model_digest), honest.model_digest)
    moved = keep(replace(model, answering=Chances(model.threshold / 2, True)), artifacts=ground.artifacts)
    made(bench, ground, replace(honest, model_digest=moved))
    seen = again(bench)
    assert (seen.state, seen.first_differing_stage) == (ReproductionState.FAILED, "training")
    assert outcomes(seen)[Step.PREDICTIONS] is Outcome.DIFFERS


def test_a_clean_environment_that_cannot_be_had_is_an_error_where_it_was_asked_for(bench: Workbench) -> None:
    with_other(bench, "experiment", "made_with", lock="sha256:" + "0" * 64)
    with pytest.raises(NotFound):
        reproduce(bench, version=VERSION, asked=Asked(clean_environment=True))


def test_a_tolerance_that_would_allow_anything_is_refused(bench: Workbench) -> None:
    with pytest.raises(InputRefused):
        reproduce(bench, version=VERSION, asked=Asked(tolerance=1.0))


def test_a_version_made_in_an_unknown_way_is_refused(bench: Workbench) -> None:
    with_other(bench, "version", "recipe", kind="magic")
    with pytest.raises(Refused, match="unknown here"):
        again(bench)


def test_the_dataset_of_another_project_is_read_again_and_a_newer_version_of_it_is_told(
    catalog: Catalog, settings: Settings
) -> None:
    bench, project = Workbench(settings, catalog, Artifacts(settings.artifacts_root)), reader()
    owned_table(catalog, bench.artifacts)
    read = preparation.ingest(project, settings=settings, artifacts=bench.artifacts, catalog=catalog)
    tables = {name: one.digest for name, one in read.items()}
    assert remaking._sources(bench, project, tables) == Compared(Step.SOURCES, Outcome.SAME)
    owned_table(catalog, bench.artifacts, rows=5)
    newer = remaking._sources(bench, project, tables)
    assert newer.outcome is Outcome.DIFFERS
    assert "rows has changed since this version was made" in newer.detail
    owned_table(catalog, bench.artifacts, rows=6, verdict=Verdict.FAILED)
    withheld = remaking._sources(bench, project, tables)
    assert withheld.outcome is Outcome.UNKNOWN
    assert "did not pass its own data gates" in withheld.detail
