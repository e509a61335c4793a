"""Data preparation: sources become one dataset version that passed its gate."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State

from flywheel.domain.stages import Stage
from tasks.check_data import check_data
from tasks.ingest import ingest
from tasks.prepare import prepare
from tasks.stage import begin_stage, block_on_refusal, conclude_stage, settle_stage


@flow(name="data_preparation", flow_run_name="{project}: data preparation", on_failure=[block_on_refusal])
def data_preparation(project: str, started_by: str = "") -> State[None]:
    """Read the sources, prepare one table from them and let the data gates judge it.

    Args:
        project: The project's short name, as registered.
        started_by: E-mail of the person who starts this; counts as an author. Empty: the schedule.
    """
    ticket = begin_stage(project, Stage.DATA_PREPARATION, started_by)
    if ticket["is_settled"]:
        return settle_stage(ticket)
    sources = ingest(project, ticket["project_digest"], ticket["fingerprint"])
    dataset = prepare(project, ticket["project_digest"], sources)
    decision = check_data(project, ticket["project_digest"], dataset, sources)
    return conclude_stage(ticket, decision, {"dataset": dataset})
