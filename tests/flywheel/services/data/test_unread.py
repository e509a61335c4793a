"""Sources that changed since they were read are named where a run goes on without reading them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Json, digest_of
from flywheel.domain.gates import GateDecision
from flywheel.domain.stages import ORDER, Stage
from flywheel.services.data import preparation
from flywheel.services.data.datasets import record_dataset
from flywheel.services.data.unread import not_read
from flywheel.services.walk import stages
from flywheel.services.workbench import Workbench
from tests.factories.examples import Ground, card_default
from tests.factories.people import OWNER
from tests.factories.projects import make_policy, submitted

SLUG = "card-default"


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return card_default(tmp_path, rows=60, months=3)


@pytest.fixture
def bench(ground: Ground, catalog: Catalog) -> Workbench:
    """A project whose data preparation ended well."""
    submitted(catalog, project=ground.project, policy=make_policy(), actor=OWNER)
    read = preparation.ingest(ground.project, settings=ground.settings, artifacts=ground.artifacts)
    dataset = record_dataset(
        catalog,
        project=SLUG,
        name="training",
        digest=digest_of("data"),
        facts={},
        source_digests={name: one.digest for name, one in read.items()},
        origins={name: preparation.listed(one.origins, ground.artifacts) for name, one in read.items()},
        run_id="r",
        actor="flow:x",
    )
    outputs: dict[Stage, dict[str, Json]] = {
        Stage.IDEATION: {},
        Stage.DATA_PREPARATION: {"dataset": {"id": dataset.id}},
    }
    for stage, output in outputs.items():
        run: dict[str, Any] = {"project": SLUG, "stage": stage, "run_id": stage.value, "actor": "flow:x"}
        stages.begin_stage(catalog, **run, input_digest="d")
        stages.conclude_stage(catalog, **run, input_digest="d", decision=GateDecision(True), output=output)
    return Workbench(ground.settings, catalog, ground.artifacts)


def changed(ground: Ground) -> Path:
    source = ground.project.path / "bureau.parquet"
    source.write_bytes(source.read_bytes() + b" ")
    return source


def test_nothing_is_said_of_sources_that_are_as_they_were_read(bench: Workbench) -> None:
    assert {not_read(bench, project=SLUG, stage=stage) for stage in ORDER} == {""}


def test_a_stage_that_does_not_read_the_sources_names_those_that_changed_and_the_way_to_have_them_read(
    bench: Workbench, ground: Ground
) -> None:
    changed(ground)
    for stage in (Stage.RESEARCH, Stage.VALIDATION, Stage.DELIVERY):
        said = not_read(bench, project=SLUG, stage=stage)
        assert "bureau" in said
        assert "applications" not in said
        assert f"`flywheel move-back {SLUG} data_preparation" in said


def test_a_stage_that_reads_them_says_nothing(bench: Workbench, ground: Ground) -> None:
    changed(ground)
    assert not_read(bench, project=SLUG, stage=Stage.DATA_PREPARATION) == ""


def test_a_source_that_is_gone_is_named_too(bench: Workbench, ground: Ground) -> None:
    changed(ground).unlink()
    assert "bureau" in not_read(bench, project=SLUG, stage=Stage.VALIDATION)
