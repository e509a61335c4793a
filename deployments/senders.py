"""What carries each kind of outbox message to the outside; every sender may be called twice for one message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deployments.register import Deployable, deploy, project_resource
from flywheel.adapters.channels import Page, send_page
from flywheel.adapters.prefect import Prefect
from flywheel.adapters.prefect_answers import RunStateType
from flywheel.domain.digests import Json
from flywheel.errors import Unavailable
from flywheel.project.loader import load_project
from flywheel.services.workbench import Workbench

Payload = Mapping[str, Json]
Sender = Callable[[Payload], None]


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
            "deploy_project": self.deploy_project,
            "move_alias": self.move_alias,
            "emit_event": self.emit_event,
        }

    def start_stage(self, payload: Payload) -> None:
        """Start the run of a stage; Prefect knows the key and starts it once."""
        start_stage_run(self.prefect, payload)

    def resume_run(self, payload: Payload) -> None:
        """Wake the run that waits; one that is just falling asleep is tried again."""
        run = self.prefect.run_state(str(payload["run_id"]))
        if run.is_waiting:
            self.prefect.resume_run(run.id, run_input={})
        elif not run.is_final and run.state is not RunStateType.SCHEDULED:
            raise Unavailable(f"run {run.id} is not waiting yet", found=run.state_name, next_step="it is tried again")

    def page(self, payload: Payload) -> None:
        """Tell people over one channel."""
        page = Page(str(payload["title"]), str(payload["body"]), is_urgent=bool(payload.get("is_urgent", True)))
        send_page(self.bench.settings.paging.channels, channel=str(payload["channel"]), page=page)

    def deploy_project(self, payload: Payload) -> None:
        """Make the project's deployments, schedules and automation."""
        charter = load_project(Path(str(payload["path"]))).charter
        deployable = Deployable(
            project=str(payload["project"]),
            title=charter.title,
            monitor_every=charter.monitoring.every if charter.monitoring else None,
            retrain_every=charter.retraining.every if charter.retraining else None,
        )
        deploy(self.prefect, deployable=deployable, settings=self.bench.settings)

    def move_alias(self, payload: Payload) -> None:
        """Let MLflow's registry follow what was released."""
        name, version = str(payload["name"]), int(str(payload["version"]))
        self.bench.tracking.move_alias(name, alias=str(payload["alias"]), version=version)

    def emit_event(self, payload: Payload) -> None:
        """Tell Prefect's automations."""
        said = payload.get("payload")
        self.prefect.emit_event(
            str(payload["event"]),
            resource=project_resource(str(payload["project"])),
            payload=said if isinstance(said, dict) else {},
            key=str(payload["key"]),
        )


def start_stage_run(prefect: Prefect, payload: Payload, *, again: int = 0) -> str:
    """Start a stage's run under the key of its place in the walk; `again` counts runs that died before they began."""
    project, stage, cycle, attempt = (str(payload[name]) for name in ("project", "stage", "cycle", "attempt"))
    key = f"start:{project}:{cycle}:{stage}:{attempt}" + (f":again-{again}" if again else "")
    return prefect.start_run(
        f"{stage}/{project}",
        parameters={"project": project},
        idempotency_key=key,
        tags=(walk_tag(project, cycle, stage),),
    )


def walk_tag(project: str, cycle: int | str, stage: str) -> str:
    """Mark the runs that the walk started for one stage of one cycle."""
    return f"walk:{project}:{cycle}:{stage}"
