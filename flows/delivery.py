"""Delivery: what was signed is packaged, compared once more, released and seen to answer."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State

from flywheel.domain.stages import Stage
from tasks.check_parity import check_parity
from tasks.package import package
from tasks.release import release
from tasks.score import score
from tasks.stage import begin_stage, block_on_refusal, conclude_stage, settle_stage
from tasks.try_endpoint import try_endpoint


@flow(name="delivery", flow_run_name="{project}: delivery", on_failure=[block_on_refusal])
def delivery(project: str, started_by: str = "") -> State[None]:
    """Release the signed version.

    Args:
        project: The project's short name, as registered.
        started_by: E-mail of the person who starts this. Empty: the schedule.
    """
    ticket = begin_stage(project, Stage.DELIVERY, started_by)
    if ticket["is_settled"]:
        return settle_stage(ticket)
    version = ticket["inputs"]["version"]
    scored = score(project, ticket["project_digest"], version)
    built = package(project, ticket["project_digest"], version)
    decision = check_parity(project, version, scored, built)
    if not decision["is_open"]:
        return conclude_stage(ticket, decision, {"version": version})
    released = release(version, built)
    answered = try_endpoint(project, version, scored, released)
    return conclude_stage(ticket, answered["decision"], {"version": version, "endpoint": answered["url"]})
