"""What carries each kind of outbox message to the outside; every sender may be called twice for one message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from deployments.forms import Form
from deployments.register import Deployable, deploy, project_resource
from deployments.steward.errands import run_errand
from flywheel.adapters.channels import Page, send_page
from flywheel.adapters.deployment_names import deployment_of
from flywheel.adapters.prefect import Prefect
from flywheel.adapters.prefect_answers import CONTINUES, RunFacts, RunStateType
from flywheel.domain.digests import Json
from flywheel.domain.stages import ENDS
from flywheel.errors import NotFound, Unavailable
from flywheel.services.modelling import versions
from flywheel.services.people import telling
from flywheel.services.record import heads
from flywheel.services.record.sealing import Seal
from flywheel.services.walk import projects
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings

Payload = Mapping[str, Json]
Sender = Callable[[Payload], None]
TO_PREFECT = ("start_stage", "resume_run", "deploy_project", "emit_event")
"""Topics of messages that wait while Prefect is away."""
CHAMPION = "champion"
"""The alias of the version that serves."""


@dataclass(frozen=True)
class Outside:
    """The systems that messages go to."""

    bench: Workbench
    prefect: Prefect

    def senders(self) -> Mapping[str, Sender]:
        """Give the sender of each topic."""
        return {
            "start_stage": self.start_stage,
            "resume_run": self.resume_run,
            "page": self.page,
            telling.TOPIC: self.tell,
            "deploy_project": self.deploy_project,
            "move_alias": self.move_alias,
            "emit_event": self.emit_event,
            "export_head": self.export_head,
        }

    def start_stage(self, payload: Payload) -> None:
        """Start the run of a stage, unless it is under way or done."""
        start_stage_run(self.prefect, payload)

    def resume_run(self, payload: Payload) -> None:
        """Wake the run that waits; one that is just falling asleep is tried again."""
        run = self.prefect.run_state(str(payload["run_id"]))
        if run.is_waiting:
            self.prefect.wake_run(run.id)
        elif not run.is_final and run.state is not RunStateType.SCHEDULED:
            raise Unavailable(f"run {run.id} is not waiting yet", found=run.state_name, next_step="it is tried again")

    def page(self, payload: Payload) -> None:
        """Tell people over one channel, at the address that the settings have by now."""
        page = Page(
            f"{payload['project']}: {payload['title']}", _body(payload), is_urgent=payload["severity"] == "page"
        )
        settings = Settings.load(self.bench.settings.home)  # read anew: a channel added later needs no restart
        send_page(settings.paging.channels, channel=str(payload["channel"]), page=page)

    def tell(self, payload: Payload) -> None:
        """Tell one person what happens to what they prove themselves with."""
        settings = Settings.load(self.bench.settings.home)
        telling.send(self.bench.catalog, settings=settings, identity=self.bench.identity, payload=payload)

    def deploy_project(self, payload: Payload) -> None:
        """Make the project's deployments, its automation and its schedules."""
        deployable = deployable_of(self.bench, str(payload["project"]))
        deploy(self.prefect, deployable=deployable, settings=self.bench.settings, make_forms=self._make_forms)

    def move_alias(self, payload: Payload) -> None:
        """Let MLflow's registry follow what was released; where the rule answers, the alias stays at the last model."""
        if payload["version"] is None:
            return
        released = versions.get_version(self.bench.catalog, version=str(payload["version"]))
        arguments: dict[str, Json] = {
            "name": str(payload["project"]),
            "alias": CHAMPION,
            "run_id": released.mlflow_run_id,
            "model_digest": released.model_digest,
        }
        run_errand("move_alias", arguments, settings=self.bench.settings)

    def export_head(self, payload: Payload) -> None:
        """Seal the end of the chain and keep it outside the database: at every promotion, and hourly."""
        del payload
        settings = self.bench.settings
        folders = heads.folders_of(settings)
        heads.export_head(self.bench.catalog, seal=Seal.of(settings), folders=folders, now=datetime.now(UTC))

    def emit_event(self, payload: Payload) -> None:
        """Tell Prefect's automations."""
        said = payload.get("payload")
        self.prefect.emit_event(
            str(payload["event"]),
            resource=project_resource(str(payload["project"])),
            payload=said if isinstance(said, dict) else {},
            key=str(payload["key"]),
        )

    def _make_forms(self, entrypoints: Mapping[str, str]) -> Mapping[str, Form]:
        made = run_errand("forms", dict(entrypoints), settings=self.bench.settings)
        assert isinstance(made, dict)
        return {flow: form for flow, form in made.items() if isinstance(form, dict)}


def deployable_of(bench: Workbench, project: str) -> Deployable:
    """Say what a project's deployments are made from: the schedules are those that were signed; none once it ended."""
    record, signed = projects.get_project(bench.catalog, project=project), bench.signed(project)
    plan = None if signed is None or record.stage in ENDS else signed.charter
    return Deployable(
        project=project,
        title=record.title,
        monitor_every=plan.monitoring.every if plan and plan.monitoring else None,
        retrain_every=plan.retraining.every if plan and plan.retraining else None,
        is_over=record.stage in ENDS,
    )


def start_stage_run(prefect: Prefect, payload: Payload) -> str:
    """Start a stage's run under its place in the walk; a run of that place that died gives way to another one."""
    project, stage = str(payload["project"]), str(payload["stage"])
    place = f"{project}:{payload['cycle']}:{stage}:{payload['attempt']}"
    before = runs_of_place(prefect, place)
    if before and not before[0].has_died:
        return before[0].id
    return prefect.start_run(
        deployment_of(stage, project),
        parameters={"project": project},
        idempotency_key=f"start:{place}" + (f":{len(before)}" if before else ""),
        tags=(f"walk:{place}", *_work_continued(prefect, payload.get("continues"))),
    )


def runs_of_place(prefect: Prefect, place: str) -> tuple[RunFacts, ...]:
    """List the runs that the walk started for one attempt at a stage, the newest first."""
    return prefect.runs(tags=(f"walk:{place}",))


def _work_continued(prefect: Prefect, run_id: Json) -> tuple[str, ...]:
    """Tag a run that goes on with a dead one's work by the run with which that work began."""
    if run_id is None:
        return ()
    try:
        before = prefect.run_state(str(run_id))
    except NotFound:  # Prefect forgot the run; what it finished is still kept under its name
        return (f"{CONTINUES}{run_id}",)
    return next(((tag,) for tag in before.tags if tag.startswith(CONTINUES)), (f"{CONTINUES}{run_id}",))


def _body(payload: Payload) -> str:
    actions = payload.get("actions")
    lines = [
        f"Severity: {payload['severity']}",
        f"Cause: {payload['cause']}",
        _at_stake(payload),
        *(f"- {action}" for action in (actions if isinstance(actions, list) else ())),
        f"Incident: {payload['incident']}; acknowledge it with `flywheel incidents`.",
    ]
    return "\n".join(line for line in lines if line)


def _at_stake(payload: Payload) -> str:
    amount, currency = payload.get("consequence"), str(payload.get("currency") or "")
    if amount is None:
        return ""
    worth = Decimal(str(amount))
    if worth <= 0:
        return "Nothing is lost while it does not answer: on its test rows it earned no more than the baseline."
    return f"What the model earns each day over the baseline: {worth:,.2f} {currency}".rstrip()
