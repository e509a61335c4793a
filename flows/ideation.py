"""Ideation: is there a problem worth a model, and is it written down well enough to begin?"""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State

from flywheel.domain.stages import Stage
from tasks.agree import await_agreement
from tasks.estimate_return import estimate_return
from tasks.stage import begin_stage, block_on_refusal, conclude_stage, settle_stage


@flow(name="ideation", flow_run_name="{project}: ideation", on_failure=[block_on_refusal])
def ideation(project: str, started_by: str = "") -> State[None]:
    """Accept a complete charter, estimate what the idea may return, and have those agree whom the policy names.

    Args:
        project: The project's short name, as registered.
        started_by: E-mail of the person who starts this; counts as an author. Empty: the schedule.
    """
    ticket = begin_stage(project, Stage.IDEATION, started_by)
    if ticket["is_settled"]:
        return settle_stage(ticket)
    estimate = estimate_return(project, ticket["project_digest"])
    decision = await_agreement(ticket)
    return conclude_stage(ticket, decision, {"estimate": estimate})
