"""What events about data, experiments, versions and their gates say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flywheel.domain.digests import Digest, Json
from flywheel.domain.experiments import ExperimentFacts
from flywheel.domain.gates import GateDecision, GateResult
from flywheel.domain.reproduction import Reproduction
from flywheel.domain.stages import Stage


@dataclass(frozen=True)
class Raw:
    """What a source was read from: a file, a query, another dataset."""

    kind: str
    name: str
    digest: str


@dataclass(frozen=True)
class DatasetRecorded:
    """A dataset version, from which sources it was made and what those were read from."""

    project: str
    name: str
    facts: Mapping[str, Json]
    sources: Mapping[str, str]
    origins: Mapping[str, tuple[Raw, ...]]
    run_id: str


@dataclass(frozen=True, kw_only=True)
class ExperimentRecorded(ExperimentFacts):
    """A candidate that was trained and scored, and on which dataset."""

    project: str
    dataset: str
    run_id: str


@dataclass(frozen=True)
class LookTaken:
    """A candidate met the test rows."""

    project: str
    rule: Digest
    judged_on: Digest
    figures: Mapping[str, Json]


@dataclass(frozen=True)
class VersionRegistered:
    """A model became a numbered version, with its authors and its pinned policy."""

    project: str
    number: int
    experiment_id: str
    mlflow_run_id: str
    dataset_digest: Digest
    recipe: Mapping[str, Json]
    authors: tuple[str, ...]
    authorship: Mapping[str, Json]
    policy_digest: Digest
    project_digest: Digest
    run_id: str


@dataclass(frozen=True)
class VersionResubmitted:
    """A version is held to the charter and policy of now; its authors can only grow."""

    project: str
    policy_digest: Digest
    project_digest: Digest
    authors: tuple[str, ...]
    authorship: Mapping[str, Json]


@dataclass(frozen=True)
class GatesJudged:
    """What the gates of a stage said about a thing, and what followed."""

    project: str
    stage: Stage
    results: tuple[GateResult, ...]
    decision: GateDecision
    run_id: str


@dataclass(frozen=True)
class ReproductionRecorded:
    """How an attempt to make a version again ended."""

    project: str
    badge: Reproduction


@dataclass(frozen=True)
class DossierFiled:
    """A version has this dossier from now on: its page, and the terms that it was written under."""

    project: str
    evidence_digest: Digest
    terms: Digest
    run_id: str
