"""Experiments in the record, and the leaderboard."""

from __future__ import annotations

from flywheel.catalog.dataset import dataset_by_digest
from flywheel.catalog.engine import Catalog
from flywheel.catalog.experiment import ExperimentFacts, ExperimentRecord, find_experiment, read_board
from flywheel.catalog.project import lock_project
from flywheel.domain.digests import plain
from flywheel.domain.events import Draft, SubjectKind, Verb

__all__ = ["ExperimentFacts", "ExperimentRecord", "leaderboard", "record_experiments"]


def record_experiments(
    catalog: Catalog, *, project: str, run_id: str, actor: str, experiments: tuple[ExperimentFacts, ...]
) -> None:
    """Take candidates into the record; one that is known already is left as it is."""
    with catalog.begin() as work:
        lock_project(work.session, project)
        for facts in experiments:
            if find_experiment(work.session, facts.id) is not None:
                continue
            dataset = dataset_by_digest(work.session, project=project, digest=facts.dataset_digest)
            payload = plain(facts)
            assert isinstance(payload, dict)
            payload |= {"project": project, "run_id": run_id, "dataset": dataset.id}
            work.append(
                Draft(Verb.EXPERIMENT_RECORDED, actor, SubjectKind.EXPERIMENT, facts.id, facts.model_digest, payload)
            )


def leaderboard(catalog: Catalog, *, project: str, run_id: str | None = None) -> tuple[ExperimentRecord, ...]:
    """List candidates, the most valuable first: all of the project's, or those of one run."""
    with catalog.begin() as work:
        return read_board(work.session, project=project, run_id=run_id)
