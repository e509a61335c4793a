"""A project that walks through its stages with its real record and tasks; only the data and the models are made up."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from flywheel.adapters.git import Commits
from flywheel.catalog.engine import Catalog
from flywheel.catalog.project import StageState
from flywheel.domain.digests import Json, digest_of
from flywheel.domain.gates import GateDecision
from flywheel.domain.reproduction import Compared, Outcome, Step, judge
from flywheel.domain.signoffs import Answer, Role
from flywheel.domain.stages import CycleKind, Stage
from flywheel.errors import FlywheelError
from flywheel.project.loader import Project, charter_from, digest_of_files
from flywheel.project.stage_inputs import part_digest
from flywheel.services.again.reproductions import record_reproduction
from flywheel.services.approval import signoffs
from flywheel.services.modelling import versions
from flywheel.services.modelling.experiments import record_experiments
from flywheel.services.people.people import Enrolment
from flywheel.services.serving import releases
from flywheel.services.walk import cycles, projects, stages
from flywheel.services.workbench import Workbench
from tests.factories.people import BEN, OWNER, VERA, VIKTOR, code_of
from tests.factories.projects import SLUG, make_policy, submitted
from tests.factories.versions import judged, make_facts, make_package, put_dossier, recorded_dataset
from tests.fakes.clock import SettableClock

POLICY = replace(make_policy(), thresholds={"PERF-001": {"at_least": 0.0}})
MADE_AGAIN = judge(
    [Compared(step, Outcome.SAME) for step in Step], tolerance=1e-9, rows=10, largest_difference=0.0, environment="here"
)
MOST_STEPS = 12
"""Twice round the walk; what has not ended by then turns in a circle."""

STAGE_TASK = sys.modules.get("tasks.stage") or __import__("tasks.stage", fromlist=["stage"])


@dataclass
class Walker:
    """A project that walks with its real record and tasks; only the data and the models are made up."""

    bench: Workbench
    people: dict[str, Enrolment]
    clock: SettableClock
    run_id: list[str]
    is_asked: bool = True
    runs: Any = field(default_factory=lambda: count(1))

    @property
    def catalog(self) -> Catalog:
        return self.bench.catalog

    def submit(self, said: dict[str, Any], *, actor: str = OWNER) -> Project:
        """Register a charter."""
        project = Project(Path("projects") / SLUG, charter_from(said), None, digest_of_files(said), said)
        submitted(self.catalog, project=project, policy=POLICY, actor=actor)
        return project

    def walk(self) -> list[Stage]:
        """Start the lifecycle and go on to its end; name the stages that were done, and not passed over."""
        key = f"walk:{next(self.runs)}"
        cycles.start_cycle(self.catalog, project=SLUG, kind=CycleKind.LIFECYCLE, actor=OWNER, reason="changed", key=key)
        done: list[Stage] = []
        for _ in range(MOST_STEPS):
            record = projects.get_project(self.catalog, project=SLUG)
            if record.stage is Stage.MONITORING:
                return done
            done += [record.stage] if self.step(record.stage) else []
            now = projects.get_project(self.catalog, project=SLUG)
            assert now.next_stage_state is not StageState.BLOCKED, f"{now.stage} is blocked: {now.detail}"
            if not self.is_asked and record.stage is Stage.VALIDATION:
                return done
        raise AssertionError(f"the walk turns in a circle: {done}")

    def step(self, stage: Stage) -> bool:
        """Run one stage; say whether it was done or its earlier result stood."""
        self.run_id[0] = f"run-{next(self.runs)}"
        try:
            ticket = STAGE_TASK.begin_stage.fn(SLUG, stage, "")
        except FlywheelError as error:
            stages.block_stage(
                self.catalog, project=SLUG, stage=stage, run_id=self.run_id[0], actor="flow:x", reason=error.sentence()
            )
            return True
        asked: dict[str, Any] = {"project": SLUG, "stage": stage, "run_id": self.run_id[0], "actor": "flow:x"}
        if ticket["is_settled"]:
            stages.settle_stage(self.catalog, **asked, input_digest=ticket["input_digest"])
            return False
        output = _WORK[stage](self, ticket)
        if output is not None:
            stages.conclude_stage(
                self.catalog,
                **asked,
                decision=GateDecision(is_open=True),
                output=output,
                input_digest=ticket["input_digest"],
            )
        return True

    def serving(self) -> Project:
        """What was signed for what serves."""
        signed = self.bench.signed(SLUG)
        assert signed is not None
        return signed

    def sign(self, version: str, dossier: str, person: str, role: Role, answer: Answer = Answer.APPROVE) -> None:
        """Give one answer."""
        self.clock.move(timedelta(seconds=30))
        signoffs.sign(
            self.catalog,
            identity=self.bench.identity,
            version=version,
            dossier_digest=dossier,
            person=person,
            role=role,
            answer=answer,
            comment="looked at it",
            code=code_of(self.people[person], self.clock()),
            channel="test",
            key=f"{person}:{self.clock().isoformat()}",
        )


def _ideate(_walker: Walker, _ticket: Any) -> dict[str, Json]:
    return {"estimate": None}


def _prepare(walker: Walker, _ticket: Any) -> dict[str, Json]:
    dataset = recorded_dataset(walker.catalog)
    return {"dataset": {"id": dataset, "digest": digest_of("data"), "rows": 1_000}}


def _search(walker: Walker, ticket: Any) -> dict[str, Json]:
    """Whatever changed, the same model comes out: the hardest case, for no new version hides what is stale."""
    facts = make_facts(f"{SLUG}-m1")
    record_experiments(walker.catalog, project=SLUG, run_id="r", actor="flow:research", experiments=(facts,))
    version = versions.register_version(
        walker.catalog,
        project=SLUG,
        experiment_id=facts.id,
        authors=tuple(ticket["authors"]),
        run_id="r",
        actor="flow:research",
        commits=Commits(),
    )
    return {"version": version.id}


def _validate(walker: Walker, ticket: Any) -> dict[str, Json] | None:
    catalog, version = walker.catalog, str(ticket["inputs"]["version"])
    record = versions.resubmit_version(
        catalog,
        version=version,
        project_digest=ticket["project_digest"],
        authors=tuple(ticket["authors"]),
        actor="flow:validation",
        commits=Commits(),
    )
    policy = walker.bench.policy_pinned(version)
    judged(catalog, record, codes=tuple(policy.required_for_release | {"PARITY-001"}), key=ticket["run_id"])
    record_reproduction(
        catalog, version=version, model_digest=record.model_digest, made=MADE_AGAIN, actor="flow:validation"
    )
    _, project = walker.bench.registered(SLUG, ticket["project_digest"])
    dossier = digest_of([version, part_digest(project, Stage.VALIDATION), policy.digest])
    said = {"version": version, "run_id": ticket["run_id"], "actor": "flow:validation"}
    put_dossier(catalog, version=version, digest=dossier, evidence_digest=dossier, run_id=ticket["run_id"])
    signoffs.request_signoff(catalog, **said, dossier_digest=dossier)
    if not walker.is_asked:
        return None
    signers = [(VERA, Role.VALIDATOR), (VIKTOR, Role.VALIDATOR)][: policy.quorum[Role.VALIDATOR]]
    for person, role in [*signers, (BEN, Role.BUSINESS)]:
        if person not in signoffs.standing_of(catalog, version=version).approved_by:
            walker.sign(version, dossier, person, role)
    assert signoffs.standing_of(catalog, version=version).is_granted
    return {"version": version, "dossier": dossier}


def _deliver(walker: Walker, ticket: Any) -> dict[str, Json]:
    version = str(ticket["inputs"]["version"])
    record = versions.get_version(walker.catalog, version=version)
    assert ticket["project_digest"] == record.project_digest
    releases.make_release(
        walker.catalog, version=version, run_id="r", actor="flow:delivery", package=make_package(record)
    )
    return {"version": version, "endpoint": "http://127.0.0.1:1"}


_WORK = {
    Stage.IDEATION: _ideate,
    Stage.DATA_PREPARATION: _prepare,
    Stage.RESEARCH: _search,
    Stage.VALIDATION: _validate,
    Stage.DELIVERY: _deliver,
}
