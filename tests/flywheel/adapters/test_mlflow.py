"""MLflow on a real embedded PostgreSQL: tracked once, registered once, aliases that move."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from flywheel.adapters.mlflow import ExperimentRun, Provenance, Tracking
from flywheel.adapters.postgres.postgres import database_url, running
from flywheel.domain.digests import Digest
from flywheel.errors import InputRefused, NotFound, Tampered
from flywheel.project.tabular.estimators import ESTIMATOR_FILE
from flywheel.project.tabular.folder import folder_digest
from flywheel.project.tabular.model import load_verified, save
from flywheel.project.tabular.recipe import RecipeKind
from flywheel.settings import Settings
from tests.factories.tabular import applications, fitted

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of MLflow's own code
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # MLflow's pool is closed with the interpreter
]


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    root = Path(tempfile.mkdtemp(prefix="Ñew cömer's ", dir="/tmp"))
    root.chmod(0o755)
    settings = Settings(home=root, data_root=root / "d")
    with running(settings):
        yield settings
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def tracking(settings: Settings) -> Tracking:
    return Tracking(database_url(settings, settings.database.mlflow_name), settings.artifacts_root / "mlflow")


@pytest.fixture
def run(tmp_path: Path) -> ExperimentRun:
    folder = tmp_path / "model"
    digest = save(fitted(RecipeKind.BOOSTED).model, folder)
    made = Provenance("c" * 40, "sha256:d", "sha256:e", "sha256:f", 7, "2 cores", Decimal("0.02"))
    return ExperimentRun(
        key=f"card/{tmp_path.name}",
        name="boosted",
        params={"eta": 0.1},
        metrics={"kpi": 12.5},
        provenance=made,
        model_folder=folder,
        model_digest=digest,
        series={"trial_auc": [0.6, 0.7]},
    )


def read(tracking: Tracking, run_id: str) -> Any:
    return tracking._client().get_run(run_id)


def test_a_run_keeps_what_made_it_and_what_it_reached(tracking: Tracking, run: ExperimentRun) -> None:
    kept = read(tracking, tracking.log_experiment(project="card", run=run)).data
    assert kept.params == {"eta": "0.1"}
    assert kept.metrics == {"kpi": 12.5, "trial_auc": 0.7}
    assert kept.tags["flywheel.code_commit"] == "c" * 40
    assert {kept.tags[f"flywheel.{n}"] for n in ("data_digest", "lock_digest", "seed", "hardware", "cost")} == {
        "sha256:e",
        "sha256:f",
        "7",
        "2 cores",
        "0.02",
    }


def test_the_tracked_folder_is_the_model_byte_for_byte(tracking: Tracking, run: ExperimentRun) -> None:
    kept = read(tracking, tracking.log_experiment(project="card", run=run))
    folder = Path(unquote(kept.info.artifact_uri.removeprefix("file://"))) / "model"
    assert folder_digest(folder) == run.model_digest


def test_a_second_attempt_finds_the_first(tracking: Tracking, run: ExperimentRun) -> None:
    first = tracking.log_experiment(project="card", run=run)
    assert tracking.log_experiment(project="card", run=run) == first


def test_an_attempt_that_died_halfway_is_completed(tracking: Tracking, run: ExperimentRun) -> None:
    tracking.log_experiment(project="card", run=replace(run, key=run.key + "-other"))
    begun = tracking._client().create_run(tracking._experiment("card"), tags={"flywheel.key": run.key})
    assert tracking.log_experiment(project="card", run=run) == begun.info.run_id
    assert read(tracking, begun.info.run_id).info.status == "FINISHED"


@pytest.mark.parametrize(
    "change",
    [{"key": "x' OR 1=1"}, {"metrics": {"kpi": float("nan")}}, {"series": {"trial_auc": [float("inf")]}}],
)
def test_what_cannot_be_recorded_rightly_is_refused(
    tracking: Tracking, run: ExperimentRun, change: dict[str, Any]
) -> None:
    with pytest.raises(InputRefused):
        tracking.log_experiment(project="card", run=replace(run, **change))


def test_a_folder_that_is_not_the_fitted_model_is_not_tracked(tracking: Tracking, run: ExperimentRun) -> None:
    (run.model_folder / "MLmodel").write_text("loader_module: evil")
    with pytest.raises(Tampered):
        tracking.log_experiment(project="card", run=run)


def test_a_run_is_registered_once_and_an_alias_points_at_it(tracking: Tracking, run: ExperimentRun) -> None:
    run_id = tracking.log_experiment(project="card", run=run)
    version = tracking.register_version("card", run_id=run_id, model_digest=run.model_digest)
    assert tracking.register_version("card", run_id=run_id, model_digest=run.model_digest) == version
    tracking.move_alias("card", alias="champion", version=version)
    assert tracking.alias_target("card", alias="champion") == (version, run.model_digest)


def test_a_run_of_another_model_is_not_registered(tracking: Tracking, run: ExperimentRun) -> None:
    run_id = tracking.log_experiment(project="card", run=run)
    with pytest.raises(Tampered):
        tracking.register_version("card", run_id=run_id, model_digest=Digest("sha256:" + "0" * 64))


def test_an_unknown_alias_is_not_found(tracking: Tracking) -> None:
    with pytest.raises(NotFound, match="no such alias"):
        tracking.alias_target("card", alias="nobody")


@pytest.mark.parametrize("kind", ESTIMATOR_FILE)
def test_mlflow_itself_reads_our_model_folders(
    kind: RecipeKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true")  # we made this folder a moment ago

    model = fitted(kind).model
    digest = save(model, tmp_path / "m")
    loaders = {RecipeKind.LINEAR: mlflow.sklearn.load_model, RecipeKind.BOOSTED: mlflow.xgboost.load_model}
    assert mlflow.models.Model.load(str(tmp_path / "m")).flavors
    if load := loaders.get(kind):
        theirs, ours = load(str(tmp_path / "m")), load_verified(tmp_path / "m", digest)
        matrix = ours.encoding.matrix(applications(20))
        if kind is RecipeKind.BOOSTED:
            assert list(theirs.inplace_predict(matrix)) == list(ours.said_of(matrix))
        else:
            chances = theirs.predict_proba(ours.encoding.design(matrix))[:, 1]
            assert chances == pytest.approx(ours.said_of(matrix))
