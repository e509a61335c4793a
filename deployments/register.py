"""Make a project's Prefect deployments, schedules and automation from its charter; twice the same changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deployments.entrypoints import ENTRYPOINTS
from deployments.forms import Form, filled_in, forms_of
from flywheel.adapters.deployment_names import deployment_name, deployment_of
from flywheel.adapters.prefect import Prefect
from flywheel.domain.digests import Json, digest_of
from flywheel.pages.markdown import literal
from flywheel.project.charter.fields import Duration, Unit
from flywheel.services.watching.alarms import DRIFT_EVENT
from flywheel.settings import Settings

RECURRENCE = {Unit.MONTH: "MONTHLY", Unit.YEAR: "YEARLY"}
FIRST_MORNING = "2024-01-01T06:00:00+00:00"


@dataclass(frozen=True)
class Deployable:
    """What the deployments of a project are made from."""

    project: str
    title: str
    monitor_every: Duration | None = None
    retrain_every: Duration | None = None
    is_over: bool = False
    """Retired or closed: nothing of it starts by itself any more."""

    def every(self, flow: str) -> Duration | None:
        """Say how often a flow runs by itself."""
        return {"monitoring": self.monitor_every, "retraining": self.retrain_every}.get(flow)


def deploy(
    prefect: Prefect,
    *,
    deployable: Deployable,
    settings: Settings,
    entrypoints: Mapping[str, str] = ENTRYPOINTS,
    make_forms: Callable[[Mapping[str, str]], Mapping[str, Form]] = forms_of,
) -> Mapping[str, str]:
    """Create or update the deployment of each flow, and the automation on drift; gives the deployments' ids."""
    forms = make_forms(entrypoints)
    made = {
        flow: _ensure(
            prefect,
            deployment_of(flow, deployable.project),
            _facts(flow, entrypoint, forms[flow], deployable=deployable, settings=settings),
        )
        for flow, entrypoint in entrypoints.items()
    }
    if "retraining" in made:
        name = f"{deployable.project}: retrain on drift"
        prefect.ensure_automation(name, _retrain_on_drift(deployable, made["retraining"]))
    return made


def project_resource(project: str) -> dict[str, str]:
    """Name a project in Prefect's events."""
    return {"prefect.resource.id": f"flywheel.project.{project}", "prefect.resource.name": project}


def schedule_of(every: Duration) -> dict[str, Json]:
    """Turn a duration into Prefect's schedule: whole months by the calendar, all else by the clock."""
    if every.unit in RECURRENCE:
        rule = f"DTSTART:20240101T060000\nRRULE:FREQ={RECURRENCE[every.unit]};INTERVAL={every.amount}"
        return {"rrule": rule, "timezone": "UTC"}
    return {"interval": every.length.total_seconds(), "anchor_date": FIRST_MORNING, "timezone": "UTC"}


def _ensure(prefect: Prefect, name: str, facts: dict[str, Json]) -> str:
    """Write the deployment only where it differs: writing again would wake a schedule that a person has paused."""
    facts["version"] = digest_of(facts).removeprefix("sha256:")[:12]
    found = prefect.deployment(name)
    if found is not None and found["version"] == facts["version"]:
        return str(found["id"])
    return prefect.ensure_deployment(name.partition("/")[0], facts)


def _facts(flow: str, entrypoint: str, form: Form, *, deployable: Deployable, settings: Settings) -> dict[str, Json]:
    every = deployable.every(flow)
    schedules: list[Json] = [] if every is None else [{"schedule": schedule_of(every), "active": True, "slug": flow}]
    return {
        "name": deployment_name(flow, deployable.project),
        "description": f"{literal(deployable.title)}\n\n{form['description']}",
        "entrypoint": entrypoint,
        "path": None,
        "pull_steps": [],  # nothing to pull: the code is in the worker's working directory, or in its image
        "work_pool_name": settings.prefect.work_pool,
        "work_queue_name": "default",
        "job_variables": {},
        "tags": ["flywheel", f"project:{deployable.project}", f"flow:{flow}"],
        "parameters": {"project": deployable.project},
        "parameter_openapi_schema": filled_in(form, deployable.project),
        "enforce_parameter_schema": True,
        "schedules": schedules,
        "paused": False,
    }


def _retrain_on_drift(deployable: Deployable, deployment_id: str) -> dict[str, Json]:
    project = deployable.project
    return {
        "description": f"When monitoring of {project} finds that the world has changed, retraining starts.",
        "enabled": not deployable.is_over,
        "tags": ["flywheel", f"project:{project}"],
        "trigger": {
            "type": "event",
            "posture": "Reactive",
            "expect": [DRIFT_EVENT],
            "match": {"prefect.resource.id": project_resource(project)["prefect.resource.id"]},
            "threshold": 1,
            "within": 0,
        },
        "actions": [
            {
                "type": "run-deployment",
                "source": "selected",
                "deployment_id": deployment_id,
                "parameters": {"project": project, "reason": "drift detected by monitoring"},
            }
        ],
    }
