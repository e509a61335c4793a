"""Experiments in the record, the leaderboard, and who met the test rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from flywheel.catalog.dataset import dataset_by_digest
from flywheel.catalog.engine import Catalog
from flywheel.catalog.experiment import ExperimentRecord, find_experiment, read_board, read_experiment
from flywheel.catalog.look import Look, find_look
from flywheel.catalog.project import lock_project
from flywheel.domain.digests import Json
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.experiments import ExperimentFacts
from flywheel.domain.payloads.making import ExperimentRecorded, LookTaken

__all__ = ["ExperimentFacts", "ExperimentRecord", "Look", "leaderboard", "record_experiments"]


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
            said = ExperimentRecorded(**vars(facts), project=project, dataset=dataset.id, run_id=run_id)
            work.append(
                Draft(Verb.EXPERIMENT_RECORDED, actor, SubjectKind.EXPERIMENT, facts.id, facts.model_digest, said)
            )


def ranked(facts: Iterable[ExperimentFacts]) -> tuple[ExperimentFacts, ...]:
    """Order candidates by money on validation rows; of equals the first, which is the simpler, stays first."""
    return tuple(sorted(facts, key=lambda one: one.kpi, reverse=True))


def get_experiment(catalog: Catalog, *, experiment: str) -> ExperimentRecord:
    """Read an experiment."""
    with catalog.begin() as work:
        return read_experiment(work.session, experiment)


def leaderboard(catalog: Catalog, *, beside: str) -> tuple[ExperimentRecord, ...]:
    """List the candidates that were measured on the very rows of one of them, the most valuable first."""
    with catalog.begin() as work:
        return read_board(work.session, read_experiment(work.session, beside))


def record_look(
    catalog: Catalog,
    *,
    project: str,
    experiment: str,
    figures: Mapping[str, Json],
    actor: str,
) -> Look:
    """Take into the record that a candidate met the test rows; the same model on the same rows is one look."""
    with catalog.begin() as work:
        lock_project(work.session, project)
        one = read_experiment(work.session, experiment)
        known = look_of(work.session, one)
        if known is not None:
            return known
        said = LookTaken(project, one.split.rule, one.split.judged_on, figures)
        work.append(Draft(Verb.EXPERIMENT_MET_TEST_ROWS, actor, SubjectKind.EXPERIMENT, one.id, one.model_digest, said))
        look = look_of(work.session, one)
        assert look is not None
        return look


def look_at_test(catalog: Catalog, *, experiment: str) -> Look | None:
    """Read what came out when a candidate met the test rows."""
    with catalog.begin() as work:
        return look_of(work.session, read_experiment(work.session, experiment))


def look_of(session: Session, one: ExperimentRecord) -> Look | None:
    """Find the look of a candidate at its test rows."""
    return find_look(
        session,
        project=one.project,
        judged_on=one.split.judged_on,
        model_digest=one.model_digest,
        table=one.dataset_digest,
    )
