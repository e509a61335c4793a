"""MLflow: experiments are tracked there with all that made them, and versions are registered; it decides nothing."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from flywheel.domain.digests import Digest
from flywheel.errors import InputRefused, NotFound, Tampered
from flywheel.project.tabular.folder import folder_digest

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
KEY = re.compile(r"[A-Za-z0-9:._/-]{1,200}")
MODEL_PATH = "model"
KEY_TAG = "flywheel.key"
DIGEST_TAG = "flywheel.model_digest"
TRAINING = {"mlflow.experimentKind": "custom_model_development"}
"""What keeps MLflow's pages from showing an experiment as one with language models."""
OPENING_LOCK = 7_305_001
ARTIFACT_ROOT = "_MLFLOW_SERVER_ARTIFACT_ROOT"
"""Where MLflow's own first experiment is kept: by default below the working directory, whose name it misquotes."""
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_ENABLE_ASYNC_LOGGING": "false",
}


@dataclass(frozen=True)
class Provenance:
    """What must be known to make a run again, and what it cost."""

    code_commit: str
    diff_digest: str
    data_digest: str
    lock_digest: str
    seed: int
    hardware: str
    cost: Decimal

    def tags(self) -> dict[str, str]:
        """As MLflow's tags."""
        return {f"flywheel.{name}": str(value) for name, value in vars(self).items()}


@dataclass(frozen=True)
class ExperimentRun:
    """One experiment to be tracked; the key says which attempts are one, a series holds a figure of each candidate."""

    key: str
    name: str
    params: Mapping[str, object]
    metrics: Mapping[str, float]
    provenance: Provenance
    model_folder: Path
    model_digest: Digest
    tags: Mapping[str, str] = field(default_factory=dict)
    series: Mapping[str, Sequence[float]] = field(default_factory=dict)


class Tracking:
    """A client of one MLflow store; it opens its connection at the first call."""

    def __init__(self, uri: str, artifacts: Path) -> None:
        self._uri = uri
        self._artifacts = artifacts
        self._opened: Any = None
        self._experiments: dict[str, str] = {}

    def prepare(self) -> None:
        """Make the store's tables where they are missing: a second and a half that no experiment should wait for."""
        self._client()

    def log_experiment(self, *, project: str, run: ExperimentRun) -> str:
        """Track one experiment and return its run's id; a second attempt finds the first and completes it."""
        _refuse_unfit(project, run)
        client, experiment = self._client(), self._experiment(project)
        known = client.search_runs([experiment], f"tags.`{KEY_TAG}` = '{run.key}'", max_results=1)
        if known and known[0].info.status == "FINISHED":
            return str(known[0].info.run_id)
        begun = known[0] if known else client.create_run(experiment, tags=_tags(run), run_name=run.name)
        self._write(begun, run)
        return str(begun.info.run_id)

    def register_version(self, name: str, *, run_id: str, model_digest: Digest) -> int:
        """Register a tracked run's model; the same run gives the same version."""
        # mlflow costs two seconds to import
        from mlflow.exceptions import MlflowException

        _refuse_name(name)
        client = self._client()
        run = client.get_run(run_id)
        if run.data.tags.get(DIGEST_TAG) != model_digest:
            raise Tampered(
                "the tracked run is of another model", found=run.data.tags.get(DIGEST_TAG), allowed=model_digest
            )
        for known in client.search_model_versions(f"name = '{name}' and run_id = '{run.info.run_id}'"):
            return int(known.version)
        with suppress(MlflowException):  # it is there already, or the next call says what is wrong
            client.create_registered_model(name)
        source = f"{run.info.artifact_uri}/{MODEL_PATH}"
        made = client.create_model_version(name, source, run_id=run_id, tags={DIGEST_TAG: str(model_digest)})
        return int(made.version)

    def move_alias(self, name: str, *, alias: str, version: int) -> None:
        """Point an alias at a version; MLflow keeps no history of it, our record does."""
        _refuse_name(name)
        self._client().set_registered_model_alias(name, alias, str(version))

    def alias_target(self, name: str, *, alias: str) -> tuple[int, Digest]:
        """The version that an alias points at now, and the digest it was registered with."""
        # mlflow costs two seconds to import
        from mlflow.exceptions import MlflowException

        _refuse_name(name)
        try:
            found = self._client().get_model_version_by_alias(name, alias)
        except MlflowException as error:
            raise NotFound("MLflow knows no such alias", found=f"{name}@{alias}") from error
        return int(found.version), Digest(found.tags.get(DIGEST_TAG, ""))

    def _write(self, begun: Any, run: ExperimentRun) -> None:
        # mlflow costs two seconds to import
        from mlflow.entities import Metric, Param

        client, run_id, at = self._client(), begun.info.run_id, begun.info.start_time
        client.log_batch(
            run_id,
            metrics=[Metric(name, value, at, step) for name, step, value in _figures(run)],
            params=[Param(name, str(value)) for name, value in sorted(run.params.items())],
        )
        client.log_artifacts(run_id, str(run.model_folder), MODEL_PATH)
        client.set_terminated(run_id)

    def runs_page(self, project: str, *, pages: str) -> str:
        """Give the page of a project's runs, below the address of MLflow's pages."""
        return f"{pages}/#/experiments/{self._experiment(project)}/runs"

    def _experiment(self, project: str) -> str:
        if project not in self._experiments:
            # mlflow costs two seconds to import
            from mlflow.exceptions import MlflowException

            client = self._client()
            with suppress(MlflowException):  # it is there already, or the next call says what is wrong
                if not client.get_experiment_by_name(project):
                    place = (self._artifacts / project).as_uri()
                    client.create_experiment(project, artifact_location=place, tags=TRAINING)
            found = client.get_experiment_by_name(project)
            if found is None:
                raise NotFound("MLflow could not make the experiment", found=project)
            self._experiments[project] = str(found.experiment_id)
        return self._experiments[project]

    def _client(self) -> Any:
        if self._opened is None:
            os.environ.update({**ENVIRONMENT, ARTIFACT_ROOT: self._artifacts.absolute().as_uri()})
            # mlflow costs two seconds to import, and reads its environment when it is imported
            from mlflow import MlflowClient

            with _alone(self._uri):
                self._opened = MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)
        return self._opened


@contextmanager
def _alone(uri: str) -> Iterator[None]:
    """Let one of us at a time open a database: the first makes MLflow's tables, and two at once would fail."""
    if not uri.startswith("postgresql"):
        yield
        return
    place = make_url(uri).set(drivername="postgresql+psycopg")
    _, address = place.get_dialect()().create_connect_args(place)
    with psycopg.connect(**address) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (OPENING_LOCK,))
        yield


def _tags(run: ExperimentRun) -> dict[str, str]:
    return {**run.tags, **run.provenance.tags(), DIGEST_TAG: str(run.model_digest), KEY_TAG: run.key}


def _figures(run: ExperimentRun) -> list[tuple[str, int, float]]:
    single = [(name, 0, float(value)) for name, value in sorted(run.metrics.items())]
    return single + [
        (name, step, float(v)) for name, values in sorted(run.series.items()) for step, v in enumerate(values)
    ]


def _refuse_unfit(project: str, run: ExperimentRun) -> None:
    _refuse_name(project)
    if not KEY.fullmatch(run.key):
        raise InputRefused("an experiment's key has signs that it may not have", found=run.key, allowed=KEY.pattern)
    if wild := sorted({name for name, _, value in _figures(run) if not math.isfinite(value)}):
        raise InputRefused("a metric is not a finite number", found=wild)
    if (found := folder_digest(run.model_folder)) != run.model_digest:
        raise Tampered("the model folder is not the one that was fitted", found=found, allowed=run.model_digest)


def _refuse_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise InputRefused("not a project's short name", found=name, allowed="small letters, digits, . _ -")
