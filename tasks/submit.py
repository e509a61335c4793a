"""Submit: the version is held to the charter and policy of today, and to all who had a hand in them."""

from __future__ import annotations

from prefect import task

from flywheel.domain.own_code import HOOKS_FILE
from flywheel.project.charter.preflight import FILE
from flywheel.services.modelling import versions
from flywheel.services.people import authors as authors_of
from tasks.options import WITHIN_RUN
from tasks.shapes import Ticket
from tasks.workbench import workbench

PROJECT_FILES = (FILE, HOOKS_FILE)


@task(cache_policy=WITHIN_RUN, persist_result=True)
def submit(ticket: Ticket, version: str) -> None:
    """Pin what the version is judged under from here on."""
    bench = workbench()
    versions.resubmit_version(
        bench.catalog,
        version=version,
        project_digest=ticket["project_digest"],
        authors=tuple(ticket["authors"]),
        actor=ticket["actor"],
        commits=authors_of.commits_since_release(bench.catalog, project=ticket["project"], files=PROJECT_FILES),
    )
