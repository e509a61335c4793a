"""Estimate what the idea may return in its first year."""

from __future__ import annotations

from prefect import task
from prefect.artifacts import create_markdown_artifact

from flywheel.domain.digests import Json, plain
from flywheel.domain.value import ReturnEstimate
from flywheel.pages.markdown import literal
from flywheel.services.data.return_estimate import portfolio_beside, return_of
from tasks.options import WITHIN_RUN
from tasks.workbench import workbench


@task(cache_policy=WITHIN_RUN, persist_result=True)
def estimate_return(project: str, project_digest: str) -> Json:
    """Estimate the return of the idea, or say what is missing for it."""
    bench = workbench()
    _, loaded = bench.registered(project, project_digest)
    charter, value = loaded.charter, loaded.charter.value
    estimate = return_of(charter, portfolio_beside(bench.catalog, charter))
    if estimate is None or value is None:
        text = "No estimate: the charter names no `loss_per_year` or no `improvement` under `[value]`."
    else:
        text = (
            f"**{estimate.quadrant.value}**: {literal(estimate.reason)}\n\n"
            f"| | first year, {value.currency} |\n|---|---:|\n"
            f"| low | {estimate.low:,.0f} |\n| likely | {estimate.likely:,.0f} |\n| high | {estimate.high:,.0f} |\n"
            f"| 80 % interval | {estimate.interval[0]:,.0f} to {estimate.interval[1]:,.0f} |\n\n"
            f"Chance of losing money: {estimate.chance_of_loss:.0%}.{_turning_points(estimate, value.currency)}"
        )
    create_markdown_artifact(
        key=f"{project}-return",
        markdown=f"# {literal(charter.title)}\n\n{text}",
        description="What the idea may return in its first year",
    )
    return plain(estimate)


def _turning_points(estimate: ReturnEstimate, currency: str) -> str:
    """Say from where on it pays, and what a little more of it is worth."""
    if estimate.break_even is None:
        return ""
    share = f"{estimate.break_even:.1%}" if estimate.break_even <= 1 else "more than all"
    return (
        f"\n\nIt pays for itself where {share} of today's loss is avoided; each percentage point more is worth "
        f"{estimate.point_worth:,.0f} {currency} a year."
    )
