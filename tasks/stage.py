"""A stage's run in the record: begun, settled by an earlier equal one, or concluded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

from prefect import Flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun, State
from prefect.runtime import flow_run as this_run
from prefect.states import Completed, Failed

from flywheel.catalog.project import ProjectRecord
from flywheel.domain.digests import Json, digest_of, plain
from flywheel.domain.events import SubjectKind
from flywheel.domain.gates import GateDecision
from flywheel.domain.stages import CycleKind, Stage
from flywheel.domain.ways_on import blocked
from flywheel.errors import CharterError, FlywheelError, counted
from flywheel.project.charter.preflight import preflight
from flywheel.project.loader import Project
from flywheel.project.stage_inputs import GIVEN, Given, part_digest, policy_part
from flywheel.services.approval import waivers
from flywheel.services.data import preparation
from flywheel.services.modelling import external, versions
from flywheel.services.walk import cycles, following, stages, timeline
from tasks.options import is_final, is_worth_retrying
from tasks.shapes import Decision, Output, Ticket
from tasks.tags import tag_run
from tasks.workbench import code_digest, workbench
from validators.charter_rules import waivers_from_charter


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1, retry_condition_fn=is_worth_retrying)
def begin_stage(project: str, stage: Stage, started_by: str) -> Ticket:
    """Open the stage in the record, or learn that equal work is already settled; what lacks for it is said at once."""
    bench = workbench()
    inputs, run_id = stages.inputs_of(bench.catalog, project=project, stage=stage), str(this_run.get_id() or "")
    begun_under = stages.charter_of_run(bench.catalog, project=project, stage=stage, run_id=run_id)
    record, loaded = bench.registered(project, begun_under or _signed_under(stage, inputs))
    actor = started_by or f"flow:{stage.value}"
    people = (loaded.charter.owner.casefold(), started_by, cycles.started_by(bench.catalog, project=project))
    authors = sorted({person for person in people if "@" in person})
    opened = partial(
        stages.begin_stage,
        bench.catalog,
        project=project,
        stage=stage,
        run_id=run_id,
        actor=actor,
        project_digest=loaded.digest,
    )
    tag_run(project=project, charter=loaded.digest, version=str(inputs.get("version", "")))
    try:
        if not begun_under:  # a run that comes again is held to nothing new: it ends what it began
            _must_be_ready(loaded, stage)
        given = {one: _GIVENS[one](record, loaded, stage) for one in GIVEN[stage] - {Given.BEFORE}}
    except FlywheelError:
        opened(input_digest=digest_of(["not read", run_id]))
        raise  # once the stage is open, so that what is said of it stands in the record
    if Given.BEFORE in GIVEN[stage]:
        given[Given.BEFORE] = plain(inputs)
    input_digest = digest_of([stage, part_digest(loaded, stage), given])
    ticket = opened(input_digest=input_digest)
    timeline.tell_late(bench.catalog, project=project, stage=stage, run_id=run_id, actor=actor)
    return Ticket(
        project=project,
        stage=stage.value,
        run_id=run_id,
        actor=actor,
        authors=authors,
        cycle=ticket.cycle,
        cycle_kind=record.cycle_kind.value,
        project_digest=loaded.digest,
        input_digest=input_digest,
        fingerprint=str(given.get(Given.SOURCES, "")),
        inputs=cast("Output", inputs),
        is_settled=ticket.is_settled,
    )


def _signed_under(stage: Stage, inputs: Mapping[str, Json]) -> str:
    """Name the charter that a stage goes by: what is delivered is what was signed, whatever was submitted since."""
    if stage is not Stage.DELIVERY or not inputs.get("version"):
        return ""
    return versions.get_version(workbench().catalog, version=str(inputs["version"])).project_digest


def _must_be_ready(project: Project, stage: Stage) -> None:
    """Refuse a stage that lacks something in the charter, or that would go on from what another charter brought."""
    bench, name = workbench(), project.charter.name
    if problems := preflight(project.charter, stage, policy=bench.policy_of(name)):
        raise CharterError(problems)
    if stage is not Stage.DELIVERY:
        following.must_follow(bench.catalog, project=name, stage=stage)


def _sources(_record: ProjectRecord, project: Project, _stage: Stage) -> Json:
    bench = workbench()
    return preparation.fingerprint_sources(project, settings=bench.settings, catalog=bench.catalog)


def _policy(record: ProjectRecord, _project: Project, stage: Stage) -> Json:
    return policy_part(workbench().policy_of(record.slug), stage)


def _walk(record: ProjectRecord, _project: Project, stage: Stage) -> Json:
    """Say what is repeated or brought in; validation sees it in the version and asks only whether it is a renewal."""
    catalog = workbench().catalog
    recipe: Json = None
    if stage is Stage.RESEARCH and record.cycle_kind is CycleKind.EXTERNAL:
        recipe = external.brought_in(catalog, project=record.slug).to_json()
    if stage is Stage.RESEARCH and record.cycle_kind is CycleKind.RETRAINING:
        champion = versions.last_in_use(catalog, project=record.slug)
        recipe = plain(champion.recipe) if champion else None
    return [record.cycle_kind.value, recipe]


_WAIVED_ON = {
    Stage.DATA_PREPARATION: frozenset({SubjectKind.DATASET, SubjectKind.PROJECT}),
    Stage.VALIDATION: frozenset({SubjectKind.VERSION, SubjectKind.PROJECT}),
}
"""What a stage's gates look at: recorded waivers on it are among the stage's inputs, and so is their end."""


def _waivers(record: ProjectRecord, project: Project, stage: Stage) -> Json:
    """Name the waivers that hold today, so that a result that leaned on one does not stand when it has ended."""
    granted = waivers.in_force(workbench().catalog, project=record.slug, kinds=_WAIVED_ON[stage])
    own = waivers_from_charter(project.charter) if stage is Stage.DATA_PREPARATION else ()
    holding = [[waiver.code, waiver.subject, plain(waiver.until)] for waiver in own if waiver.holds(datetime.now(UTC))]
    return plain([*granted, *holding])


def _code(_record: ProjectRecord, _project: Project, stage: Stage) -> Json:
    return code_digest(f"flows.{stage}")


_GIVENS: Mapping[Given, Callable[[ProjectRecord, Project, Stage], Json]] = {
    Given.SOURCES: _sources,
    Given.POLICY: _policy,
    Given.WALK: _walk,
    Given.WAIVERS: _waivers,
    Given.CODE: _code,
}


def settle_stage(ticket: Ticket) -> State[None]:
    """Pass a stage whose inputs have not changed, on the strength of its earlier result."""
    record_settled(ticket)
    return Completed(message="nothing has changed since this stage last ended: its result stands")


def conclude_stage(ticket: Ticket, decision: Decision, output: Output) -> State[None]:
    """Say how the stage ended: an open gate starts the next stage, a closed one stops here with its reasons."""
    record_conclusion(ticket, decision, output)
    if decision["is_open"]:
        return Completed(message=decided(ticket["stage"], output))
    version = str(output.get("version", ""))
    said = blocked(ticket["project"], Stage(ticket["stage"]), decision["reasons"], version=version)
    return Failed(name="Gate closed", message=said)


def conclude_unchanged(ticket: Ticket, version: str, dossier: str) -> State[None]:
    """End a retraining's validation that has nothing new to judge: the signatures of what serves stand."""
    record_conclusion(ticket, Decision(is_open=True, reasons=[]), {"version": version, "dossier": dossier})
    return Completed(
        message=f"{version} is the same model that already serves: its signatures stand, and nobody is asked"
    )


def decided(stage: str, output: Output) -> str:
    """Say what a stage that ended well has decided, for whoever looks at its run."""
    match Stage(stage):
        case Stage.IDEATION:
            return "the charter is accepted"
        case Stage.DATA_PREPARATION:
            dataset = output["dataset"]
            return f"{dataset['id']} passed the data gates: {counted(dataset['rows'], 'row')}"
        case Stage.RESEARCH:
            return f"{output['version']} is the best candidate and goes to validation"
        case Stage.VALIDATION:
            return f"{output['version']} has its signatures and may serve"
        case Stage.DELIVERY:
            return f"{output['version']} answers at {output['endpoint']}"
    return f"{stage} concluded"


def block_on_refusal(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Say in the record what was refused, so that a person corrects it; trying again would not help."""
    fault = state.result(raise_on_failure=False)
    if isinstance(fault, FlywheelError) and is_final(fault):
        stages.block_stage(
            workbench().catalog,
            project=str(flow_run.parameters["project"]),
            stage=Stage(flow.name),
            run_id=str(flow_run.id),
            actor=f"flow:{flow.name}",
            reason=fault.sentence(),
        )


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def record_settled(ticket: Ticket) -> None:
    """Write down that an earlier result stands, and move on."""
    stages.settle_stage(
        workbench().catalog,
        project=ticket["project"],
        stage=Stage(ticket["stage"]),
        run_id=ticket["run_id"],
        actor=ticket["actor"],
        input_digest=ticket["input_digest"],
    )


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def record_conclusion(ticket: Ticket, decision: Decision, output: Output) -> None:
    """Write down how the stage ended, and move on if it may."""
    stages.conclude_stage(
        workbench().catalog,
        project=ticket["project"],
        stage=Stage(ticket["stage"]),
        run_id=ticket["run_id"],
        actor=ticket["actor"],
        decision=GateDecision(decision["is_open"], tuple(decision["reasons"])),
        output=cast("dict[str, Json]", output),
        input_digest=ticket["input_digest"],
    )
