"""`flywheel monitor` and `flywheel windows`: have traffic judged, and see how it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console.commands.walking import Slug, Waits, end_of, start
from flywheel.console.opening import Acting, ActingCode, opened, proof_of
from flywheel.console.rendering import AsJson, print_json, print_table
from flywheel.console.underway import look
from flywheel.domain.authority import Permission
from flywheel.project.reading.moments import told_moment

if TYPE_CHECKING:
    from flywheel.domain.digests import Json
    from flywheel.services.watching.health import HealthRecord

FLOW = "monitoring"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(monitor)
    app.command()(windows)


def monitor(
    project: Slug,
    until: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="Judge traffic up to this day or time, UTC without a zone.", show_default="now"
        ),
    ] = "",
    thorough: Annotated[bool, typer.Option("--thorough", help="Let Evidently examine every window.")] = False,
    early: Annotated[
        bool,
        typer.Option(
            "--early",
            help="Judge the current window too, up to now: it ends there.",
        ),
    ] = False,
    waits: Waits = False,
    actor: Acting = "",
    code: ActingCode = "",
    as_json: AsJson = False,
) -> None:
    """Judge every window of traffic that is over and not judged yet, as a Prefect run."""
    parameters: dict[str, Json] = {"project": project, "thorough": thorough, "early": early}
    end_at = told_moment(until) if until else None
    if end_at is not None:
        # pydantic and SQLAlchemy, which `--help` does without
        from flywheel.services.watching.windows import require_past

        require_past(end_at, now=datetime.now(UTC))
        parameters["until"] = end_at.isoformat()
    with opened() as bench:
        # only with a catalog
        from flywheel.services.people.authority import permit

        proof = proof_of(bench, actor, code)
        parameters["started_by"] = permit(bench.catalog, proof, Permission.START, project=project)
    started = start(FLOW, project, parameters)
    run_id, url = started.run_id, started.url
    if as_json:
        came_to = {"came_to": end_of(project, started, alone=True)} if waits else {}
        print_json({"run_id": run_id, "url": url, "project": project, "stage": FLOW, **came_to})
        return
    what = "of traffic up to" if early else "of windows that were over by"
    upto = f", {what} {end_at:%Y-%m-%d %H:%M} UTC" if end_at else ""
    print(f"started {FLOW} of {project}{upto}: {url}", flush=True)
    if waits:
        print(end_of(project, started, alone=True))
    print(f"next: `flywheel windows {project}` shows what was judged, or what is still missing")


def windows(
    project: Slug,
    most: Annotated[int, typer.Option("--limit", help="At most so many, the newest first.", min=1, max=1_000)] = 20,
    everything: Annotated[bool, typer.Option("--all", help="Every reason of each alarm, below the table.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the judged windows, and any with late rows however old: state, rows, who answered, what was found."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.serving import endpoints
        from flywheel.services.walk import projects
        from flywheel.services.watching import backlog, health
        from flywheel.services.watching import windows as service

        projects.get_project(bench.catalog, project=project)
        found = health.list_shown(bench.catalog, project=project, limit=most)
        loaded, present = bench.signed(project), datetime.now(UTC)
        waits = (
            service.next_over(bench.catalog, loaded, settings=bench.settings, now=present)
            if loaded
            else f"nothing is released yet; `flywheel status {project}` says what is missing"
        )
        settings = bench.settings
        live = endpoints.live_stretches(bench.catalog, name=project)
        count = backlog.over(bench.catalog, loaded, live=live, settings=settings, until=present) if loaded else 0
        over = backlog.over_told(project, count)
    if as_json:
        print_json(found)
        return
    judging = look(settings).judging(project)
    now = f"{judging}; its results will show here" if judging else "; ".join(filter(None, (over, waits)))
    headings = ("from", "to", "state", "rows", "late", "answered by", "found", "columns")
    print_table(headings, [_cells(one) for one in found], empty=f"no window was judged: {now}")
    for note in _parted(found):
        print(f"note: {note}")
    if everything:
        print("".join(_reasons(one) for one in found), end="")
    if found:
        more = "" if judging or over else f"; `flywheel monitor {project}` judges what is over, as the schedule does"
        print(f"\n{now}{more}")


def _parted(found: Sequence[HealthRecord]) -> Iterator[str]:
    """Say what parts lines that begin at one time: who answered, or how far the window went."""
    begun: dict[datetime, list[HealthRecord]] = {}
    for one in found:
        begun.setdefault(one.window_start_at, []).append(one)
    for start_at, lines in begun.items():
        answerers = dict.fromkeys(one.part.answerer for one in lines)
        when = f"{len(lines)} lines begin {start_at:%Y-%m-%d %H:%M}"
        if len(answerers) > 1:
            yield f"{when}: each is what one of {' and '.join(answerers)} answered"
        if len(answerers) < len(lines):
            yield f"{when}: a window with too few rows to judge is extended by the next, which begins with it"


def _reasons(one: HealthRecord) -> str:
    """Name each reason for which something rang in a window, by what rang and what was to be done."""
    when = f"{one.window_start_at:%Y-%m-%d %H:%M} to {one.window_end_at:%Y-%m-%d %H:%M} UTC, {one.part.answerer}"
    rang = (
        f"\n{when}, {sign}\n" + "".join(f"  - {reason}\n" for reason in reasons)
        for sign, reasons in one.signals.items()
        if isinstance(reasons, list)
    )
    return "".join(rang)


def _cells(one: HealthRecord) -> tuple[object, ...]:
    columns = ", ".join(f"{name}: {state}" for name, state in one.columns.items())
    times = (one.window_start_at, one.window_end_at)
    return (
        *(f"{at:%Y-%m-%d %H:%M}" for at in times),
        one.state.value,
        one.rows,
        one.late_rows,
        one.part.answerer,
        one.words,
        columns,
    )
