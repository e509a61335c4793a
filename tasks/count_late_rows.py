"""Count rows that came after their window was judged, so that nobody takes them for looked at."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flywheel.services.watching import late_rows
from tasks.shapes import Due, LateRows
from tasks.workbench import workbench


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def count_late_rows(due: Due) -> LateRows:
    """Keep the counts in the record; tell of those that could have hidden something."""
    bench = workbench()
    found = late_rows.count_late(
        bench.catalog, project=due["project"], settings=bench.settings, run_id=str(flow_run.get_id())
    )
    told = [one.sentence() for one in found if one.is_worth_telling]
    return LateRows(rows=sum(one.more for one in found), telling="; ".join(told))
