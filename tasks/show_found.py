"""Show what monitoring found, in the run's name and a table: also when all is well."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.context import SyncClientContext
from prefect.runtime import flow_run

from flywheel.pages.markdown import literal
from tasks.shapes import Due, JudgedWindow

NAME_LETTERS = 120


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def show_found(due: Due, found: list[JudgedWindow], said: str) -> None:
    """Name the run by what it found, and lay the windows out with the telling column first."""
    name, run_id = f"{due['project']}: {said}", flow_run.get_id()
    if run_id is not None:
        with SyncClientContext.get_or_create() as prefect:
            prefect.client.update_flow_run(UUID(run_id), name=whole_clauses(name))
    if found:
        create_table_artifact(key=f"{due['project']}-windows", table=rows_of(found), description=literal(said))


def whole_clauses(name: str) -> str:
    """Cut a long name between what it tells, not within."""
    return name if len(name) <= NAME_LETTERS else name[:NAME_LETTERS].rpartition(";")[0] or name[:NAME_LETTERS]


def rows_of(found: Sequence[JudgedWindow]) -> list[dict[str, str | int]]:
    """Lay the windows out, what was found first."""
    return [
        {
            "found": literal(
                "; ".join(dict.fromkeys(alarm["reasons"][0] for alarm in one["alarms"]))
                or one["words"]
                or one["waiting"]
            ),
            "state": one["state"],
            "rows": one["rows"],
            "from": one["start_at"],
        }
        for one in found
    ]
