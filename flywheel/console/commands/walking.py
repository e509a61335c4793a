"""`flywheel run`, `status`, `move-back` and `close`: where projects stand, and how they go on."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.adapters.deployment_names import deployment_of
from flywheel.console import outcome
from flywheel.console.commands.projects import take_in
from flywheel.console.opening import Acting, ActingCode, opened, proof_for_more, proof_of
from flywheel.console.projects_text import print_projects
from flywheel.console.rendering import AsJson, print_json
from flywheel.console.underway import look, must_be_alone
from flywheel.domain.authority import Permission
from flywheel.domain.stages import ENDED_AS, ORDER, CycleKind, Stage, check_open
from flywheel.errors import Conflict, InputRefused, Unavailable

if TYPE_CHECKING:
    from flywheel.adapters.prefect import Prefect
    from flywheel.domain.digests import Json
    from flywheel.project.loader import Project

WALKS = (CycleKind.LIFECYCLE.value, CycleKind.RETRAINING.value)
EARLIER = tuple(stage.value for stage in ORDER[:-1])
FLOWS = (*WALKS, *(stage.value for stage in ORDER))
UNDECLARED = "its charter declares no [retraining]: the recipe in use is trained again this once, and on no schedule"
DEPLOYED_WITHIN_SECONDS = 90.0
LOOK_EVERY_SECONDS = 0.2
Slug = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's short name.")]
Waits = Annotated[
    bool, typer.Option("--wait", help="Return when the run has ended or waits for people, and show which.")
]


@dataclass(frozen=True)
class Started:
    """A run that was started, with its page and what it goes on without having read."""

    run_id: str
    url: str
    unread: str


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(run)
    app.command()(status)
    app.command("move-back")(move_back)
    app.command()(close)


def run(
    project: Slug,
    stage: Annotated[str, typer.Argument(metavar="[STAGE]", help=", ".join(FLOWS))] = CycleKind.LIFECYCLE.value,
    actor: Acting = "",
    code: ActingCode = "",
    reason: Annotated[str, typer.Option(help="Why a new cycle starts.")] = "",
    key: Annotated[str, typer.Option(help="The same key starts one run only.", show_default="a new one")] = "",
    takes_edits: Annotated[
        bool, typer.Option("--register", help="Register the charter first if it was edited.")
    ] = False,
    waits: Waits = False,
    as_json: AsJson = False,
) -> None:
    """Start a cycle, a retraining or one stage, as a Prefect run.

    A run uses the registered charter: where the project's folder differs from it, nothing is started.
    """
    if stage not in FLOWS:
        raise InputRefused("there is no such stage to run", found=stage, allowed=", ".join(FLOWS))
    who = _may_start(project, actor=actor, code=code, takes_edits=takes_edits)
    parameters: dict[str, Json] = {"project": project, "started_by": who}
    if reason and stage in WALKS:
        parameters["reason"] = reason
    started = start(stage, project, parameters, key=key)
    if as_json:
        came_to = {"came_to": end_of(project, started)} if waits else {}
        print_json({**asdict(started), "project": project, "stage": stage, **came_to})
        return
    said = (f"started {stage} of {project}: {started.url}", started.unread, f"next: `flywheel status {project}`")
    print("\n".join(line for line in said if line), flush=True)
    if waits:
        print(end_of(project, started))


def end_of(project: str, started: Started, *, alone: bool = False) -> str:
    """Wait for a run and what follows it, unless it stands alone, and say what they came to.

    What did not complete is refused as such.
    """
    # HTTP and pydantic, which `--help` does without
    from flywheel.adapters.prefect import Prefect
    from flywheel.settings import Settings

    with opened() as bench, Prefect(Settings.load()) as prefect:
        # only with a catalog
        from flywheel.services.walk import cycles

        def goes_on() -> bool:
            return not alone and cycles.is_about_to_go_on(bench.catalog, project=project)

        ended = outcome.await_end(prefect, started.run_id, project=project, goes_on=goes_on)
        return outcome.sentence(ended, project=project)


def _may_start(project: str, *, actor: str, code: str, takes_edits: bool) -> str:
    """Name the proven person who starts a run, once what it would go by is registered."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.people.authority import permit

        edited = bench.unregistered(project)
        if edited is not None and not takes_edits:
            _, registered = bench.registered(project)
            raise Conflict(
                f"{project} was edited and not registered again, so a run would use the charter from before",
                found=", ".join(edited_keys(registered, edited)),
                next_step=f"`flywheel run {project} --register`, or `flywheel register {edited.path}`",
            )
        proof = proof_for_more(bench, actor, code)
        if edited is not None:
            record, _ = take_in(bench, edited.path, proof=proof)
            print(f"{record.slug} is registered with its edits", file=sys.stderr)
        return permit(bench.catalog, proof, Permission.START, project=project)


def edited_keys(old: Project, new: Project) -> tuple[str, ...]:
    """Name what differs between two states of a project, as its author wrote it."""
    # pydantic, which `--help` does without
    from flywheel.project.stage_inputs import changed_keys

    return changed_keys(*ORDER, old=old, new=new) or ("wording",)


def start(flow: str, project: str, parameters: Mapping[str, Json], *, key: str = "") -> Started:
    """Start a deployment of a project that is not at work and can begin.

    With a key it may be at work, or beyond: the same key gives the same run.
    """
    # HTTP and pydantic, which `--help` does without
    from flywheel.adapters.prefect import Prefect
    from flywheel.settings import Settings

    _must_go_on(project)
    with Prefect(Settings.load()) as prefect:
        _await_deployment(prefect, project, flow)
        if not key:
            must_be_alone(prefect, project, flow, ends=partial(_is_ending, project))
        unread = "" if key else _taken_up(project, flow, str(parameters.get("reason", "")))
        run_id = prefect.start_run(
            deployment_of(flow, project), parameters=parameters, idempotency_key=key or f"cli:{uuid.uuid4()}"
        )
        return Started(run_id, prefect.run_url(run_id), unread)


def _must_go_on(project: str) -> None:
    """Refuse to start anything in a project that has ended, before a run of Prefect's is made that cannot begin."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.walk import projects

        check_open(projects.get_project(bench.catalog, project=project).stage, name=project)


def _is_ending(project: str) -> bool:
    """Whether the run that waits asks about what nobody can approve any more, and so ends by itself."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.standing.waking import is_ending

        return is_ending(bench.catalog, project=project)


def _taken_up(project: str, flow: str, reason: str) -> str:
    """Refuse at once what the run itself would refuse, or say what it goes on without having read."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.data import unread
        from flywheel.services.modelling import external, versions
        from flywheel.services.walk import cycles, stages

        if flow == CycleKind.RETRAINING:
            external.refuse_retraining(versions.last_in_use(bench.catalog, project=project))
        if flow in WALKS:
            stage = cycles.course(bench.catalog, project=project, kind=CycleKind(flow), reason=reason).stage
        else:
            stage = Stage(flow)
            if stage is not Stage.MONITORING:  # which runs beside the walk
                stages.must_be_free(bench.catalog, project=project, stage=stage)
        notes = [unread.not_read(bench, project=project, stage=stage)]
        if flow == CycleKind.RETRAINING and bench.registered(project)[1].charter.retraining is None:
            notes.append(UNDECLARED)
        return "\n".join(filter(None, notes))


def _await_deployment(prefect: Prefect, project: str, stage: str) -> None:
    """Wait for what the steward makes of a project that was registered just now."""
    name = deployment_of(stage, project)
    if prefect.deployment(name) is not None:
        return
    with opened() as bench:
        # only with a catalog
        from flywheel.services.walk import projects

        projects.get_project(bench.catalog, project=project)
        print(f"waiting for the deployments of {project}, which was registered just now", file=sys.stderr)
        deadline = time.monotonic() + DEPLOYED_WITHIN_SECONDS
        while prefect.deployment(name) is None:
            if time.monotonic() > deadline:
                trouble = projects.deployment_trouble(bench.catalog, project=project)
                raise Unavailable(
                    f"the deployments of {project} were not made within {DEPLOYED_WITHIN_SECONDS:.0f} s"
                    + (f": {trouble}" if trouble else ""),
                    next_step=f"read {bench.settings.logs_root / 'steward.log'}; the steward makes them",
                )
            time.sleep(LOOK_EVERY_SECONDS)


def status(
    project: Annotated[str, typer.Argument(help="One project; all by default.")] = "", as_json: AsJson = False
) -> None:
    """Show where each project stands and who must act next."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services import overview

        rows = overview.overview(
            bench.catalog,
            channels=bench.settings.paging.channels,
            kept=bench.settings.paging.kept,
            project=project or None,
            predictions_root=bench.settings.predictions_root,
        )
        settings = bench.settings
        seen = look(settings)
    rows = tuple(map(seen.as_seen, rows))
    if seen.trouble:
        print(seen.trouble, file=sys.stderr)
    if as_json:
        print_json(rows)
        return
    print_projects(rows, seen, settings=settings, is_one=bool(project))


def move_back(
    project: Slug,
    to: Annotated[str, typer.Argument(metavar="STAGE", help=f"The earlier stage: {', '.join(EARLIER)}.")],
    reason: Annotated[str, typer.Option(help="Why, in a sentence.", prompt="Why")],
    actor: Acting = "",
    code: ActingCode = "",
    as_json: AsJson = False,
) -> None:
    """Send a project back to an earlier stage, with a reason."""
    if to not in EARLIER:
        raise InputRefused("nothing moves back to this", found=to, allowed=", ".join(EARLIER))
    with opened() as bench:
        # only with a catalog
        from flywheel.services.walk import cycles

        proof = proof_of(bench, actor, code)
        record = cycles.move_back(bench.catalog, project=project, to=Stage(to), reason=reason, proof=proof)
    _say_where(record.slug, record.stage, record, as_json)


def close(
    project: Slug,
    verdict: Annotated[str, typer.Option(help="What was tried and learned.", prompt="What was tried and learned")],
    actor: Acting = "",
    code: ActingCode = "",
    as_json: AsJson = False,
) -> None:
    """Close a project without a model, for good; the verdict is kept.

    Refused while a model or its rule answers: `flywheel stop` stops the endpoint. A product that was in production
    cannot be retired yet: stop it, and keep the project.
    """
    with opened() as bench:
        # only with a catalog
        from flywheel.services.walk import cycles

        proof = proof_of(bench, actor, code)
        record = cycles.close_null(bench.catalog, project=project, verdict=verdict, proof=proof)
    _say_where(record.slug, record.stage, record, as_json)


def _say_where(project: str, stage: Stage, record: object, as_json: bool) -> None:
    if as_json:
        print_json(record)
    elif stage in ENDED_AS:
        print(f"{project} has ended: {ENDED_AS[stage]}; nothing of it starts, serves or is signed any more")
    else:
        print(f"{project} is now in {stage.value}")
