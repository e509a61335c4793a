"""Research: a ladder of candidates, ranked by the business KPI; the best becomes a version."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State

from flywheel.domain.stages import Stage
from tasks.evaluate import evaluate
from tasks.plan_ladder import plan_ladder
from tasks.register import register
from tasks.stage import begin_stage, block_on_refusal, conclude_stage, settle_stage
from tasks.train import train


@flow(name="research", flow_run_name="{project}: research", on_failure=[block_on_refusal])
def research(project: str, started_by: str = "") -> State[None]:
    """Train models from the baseline to boosted trees and keep the one that earns the most.

    Args:
        project: The project's short name, as registered.
        started_by: E-mail of the person who starts this; counts as an author. Empty: the schedule.
    """
    ticket = begin_stage(project, Stage.RESEARCH, started_by)
    if ticket["is_settled"]:
        return settle_stage(ticket)
    dataset = ticket["inputs"]["dataset"]
    rungs = plan_ladder(project, ticket["project_digest"], dataset, ticket["cycle_kind"])
    trained = [train(project, ticket["project_digest"], dataset, rung) for rung in rungs]
    board = evaluate(project, ticket["project_digest"], dataset, trained)
    version = register(project, board, ticket["authors"])
    return conclude_stage(ticket, board["decision"], {"dataset": dataset, "version": version})
