"""Validation: the checks that the policy demands, the dossier, and the people who sign it."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State

from flywheel.domain.stages import Stage
from tasks.check_performance import check_performance
from tasks.file_dossier import file_dossier
from tasks.make_again import make_again
from tasks.score import score
from tasks.sign_off import await_signoffs
from tasks.stage import begin_stage, block_on_refusal, conclude_stage, conclude_unchanged, settle_stage
from tasks.stands_already import stands_already
from tasks.submit import submit


@flow(name="validation", flow_run_name="{project}: validation", on_failure=[block_on_refusal])
def validation(project: str, started_by: str = "") -> State[None]:
    """Judge the version, file its dossier and wait for the sign-offs.

    Args:
        project: The project's short name, as registered.
        started_by: E-mail of the person who starts this. Empty: the schedule.
    """
    ticket = begin_stage(project, Stage.VALIDATION, started_by)
    if ticket["is_settled"]:
        return settle_stage(ticket)
    version = ticket["inputs"]["version"]
    if standing := stands_already(ticket, version):
        return conclude_unchanged(ticket, version, standing)
    submit(ticket, version)
    scored = score(project, ticket["project_digest"], version)
    decision = check_performance(project, ticket["project_digest"], version, scored, ticket["cycle_kind"])
    decision = make_again(version, decision)
    dossier = file_dossier(project, version)
    if decision["is_open"]:
        decision = await_signoffs(ticket, version, dossier)
    return conclude_stage(ticket, decision, {"version": version, "dossier": dossier["digest"]})
