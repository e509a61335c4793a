"""Stands already: whether a retraining has come to the very model that serves, with all that people signed."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE

from flywheel.domain.stages import CycleKind
from flywheel.services.standing import same_again
from tasks.shapes import Ticket
from tasks.workbench import workbench


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def stands_already(ticket: Ticket, version: str) -> str:
    """Name the dossier that stands; nothing where people must look."""
    if ticket["cycle_kind"] != CycleKind.RETRAINING:
        return ""
    return same_again.stands_already(workbench().catalog, version=version, project_digest=ticket["project_digest"])
