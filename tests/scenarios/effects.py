"""What a finished walk must have brought about exactly once, read from the record and from Prefect."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from flywheel.adapters.prefect_answers import list_of, object_of
from flywheel.domain.digests import Json
from flywheel.domain.events import Event, Verb
from flywheel.domain.stages import ORDER, Stage
from flywheel.services.approval import signoffs
from flywheel.services.data import datasets
from flywheel.services.modelling import versions
from flywheel.services.record import record
from flywheel.services.serving import endpoints
from flywheel.services.standing import gates
from flywheel.services.walk import stages
from tests.scenarios.lab import Lab

ONCE = (Verb.CYCLE_STARTED, Verb.DATASET_RECORDED, Verb.VERSION_REGISTERED, Verb.SIGNOFF_GIVEN, Verb.RELEASE_MADE)
EVERY_TIME = frozenset(
    {
        "begin_stage",
        "plan_ladder",
        "record_conclusion",
        "release",
        "request_signoffs",
        "show_standing",
        "stands_already",
        "submit",
        "weigh",
    }
)
"""Tasks that ask or tell the record, which itself knows what was done before, or that only read the charter."""


def faults_of(lab: Lab, project: str, *, person: str) -> tuple[str, ...]:
    """Say everything that is wrong with a walk that should have ended in monitoring."""
    now = lab.project(project)
    if now.stage is not Stage.MONITORING or now.cycle != 1:
        return (f"stands in {now.stage.value}, {now.next_stage_state.value}, cycle {now.cycle}: {now.detail}",)
    events = record.list_events(lab.bench.catalog, project=project, limit=5_000)
    faults = [*_effects(events), *_gates(lab, project), *_serving(lab, project), *_redone(lab, project)]
    signed = [event for event in events if event.verb is Verb.SIGNOFF_GIVEN and event.actor == person]
    version = versions.list_versions(lab.bench.catalog, project=project)[0]
    if len(signed) != 1 or not signoffs.standing_of(lab.bench.catalog, version=version.id).is_granted:
        faults.append(f"the acknowledged sign-off of {person} is not in force")
    checked = record.verify_events(lab.bench.catalog)
    if not checked.is_sound:
        faults.append(f"event {checked.first_bad}: {checked.reason}")
    return tuple(faults)


def _effects(events: tuple[Event, ...]) -> Iterator[str]:
    counted = Counter(event.verb for event in events)
    for verb in ONCE:
        if counted[verb] != 1:
            yield f"{verb.value} {counted[verb]} times"
    if counted[Verb.VERSION_RESUBMITTED] > 1:
        yield f"submitted again {counted[Verb.VERSION_RESUBMITTED]} times under one charter"
    concluded = Counter(str(event.payload["stage"]) for event in events if event.verb is Verb.STAGE_CONCLUDED)
    wanted = {stage.value: 1 for stage in ORDER[:-1]}
    if concluded != wanted:
        yield f"stages concluded: {dict(concluded)}"


def _gates(lab: Lab, project: str) -> Iterator[str]:
    catalog, policy = lab.bench.catalog, lab.bench.policy_of(project)
    subjects = [("dataset", one.id) for one in datasets.list_datasets(catalog, project=project)]
    subjects += [("version", one.id) for one in versions.list_versions(catalog, project=project)]
    judged = {
        result.code
        for kind, subject in subjects
        for result in gates.results_of(catalog, subject_kind=kind, subject_id=subject)
    }
    required = {code for codes in policy.required.values() for code in codes}
    if required - judged:
        yield f"gates skipped: {sorted(required - judged)}"


def _serving(lab: Lab, project: str) -> Iterator[str]:
    seen = endpoints.observation(lab.bench.catalog, name=project)
    if seen is None or not seen.is_ready:
        yield f"its endpoint does not answer: {seen.detail if seen else 'no steward keeps it up'}"


def _redone(lab: Lab, project: str) -> Iterator[str]:
    """Name tasks that were carried out to their end more than once in one stage."""
    done: dict[Stage, Counter[str]] = defaultdict(Counter)
    for run in stages.list_runs(lab.bench.catalog, project=project, limit=500):
        done[run.stage].update(finished_tasks(lab, run.run_id))
    for stage, tasks in done.items():
        again = {name: count for name, count in tasks.items() if count > 1 and name not in EVERY_TIME}
        if again:
            yield f"{stage.value} did again what was finished: {again}"


def finished_tasks(lab: Lab, run_id: str, *, state_name: str = "Completed") -> list[str]:
    """Name the tasks of a run that ended in a state: `Completed` was carried out, `Cached` was found finished."""
    body: dict[str, Json] = {"flow_runs": {"id": {"any_": [run_id]}}, "limit": 200}
    rows = list_of(lab.prefect._request("POST", "/task_runs/filter", body))
    return [
        re.sub(r"-[0-9a-f]{3}$", "", str(row["name"])) for row in rows if object_of(row["state"])["name"] == state_name
    ]
