"""Where projects stand, on the terminal: a table, and below it what is at work, what to do next, and where to read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flywheel.console.rendering import print_table
from flywheel.domain.endpoints import EndpointMode
from flywheel.domain.stages import ENDED_AS

if TYPE_CHECKING:
    from flywheel.console.underway import AtWork
    from flywheel.services.overview import Overview
    from flywheel.services.serving.answering_now import Serving
    from flywheel.services.standing.awaited import Awaited
    from flywheel.settings import Settings


def print_projects(rows: Sequence[Overview], seen: AtWork, *, settings: Settings, is_one: bool) -> None:
    """Print every project at a glance; of one that was asked for (`is_one`) where it answers and is read about too."""
    headings = ("project", "stage", "state", "released", "reproduced", "endpoint", "incidents", "waits for")
    empty = "no project is registered; `flywheel new NAME` writes one"
    print_table(headings, [_cells(row) for row in rows], empty=empty)
    for row in rows:
        _print_place(row, seen)
        if is_one and row.serving and row.serving.is_ready:
            url = f"http://{settings.serving.host}:{row.serving.port}"
            print(f"\n{row.project} answers at {url}/predict; {url}/contract shows what it takes, with an example")
        for words in filter(None, (_stopped(row.serving), row.late, row.unsigned, row.doubt, row.came_of)):
            print(f"\n{row.project}: {words}")
        if row.requests and row.requests.refused:
            print(f"\n{row.project}, last day: {row.requests.sentence()}")
        for words in row.refused:
            print(f"\nan answer was not accepted: {words}")
        for words in row.hindrances:
            print(f"\nan approval would not let it serve yet: {words}")
        _print_next(row, is_moving=seen.is_moving(row.project))
        if is_one and row.dossier:
            _print_dossier_link(settings, *row.dossier)
        _print_pages(row)


def _cells(row: Overview) -> tuple[object, ...]:
    return (
        row.project,
        row.stage.value,
        "ended" if row.stage in ENDED_AS else row.state.value,
        row.released,
        row.reproduced,
        _endpoint(row.serving),
        ", ".join(row.open_incidents),
        "; ".join(f"{a.count} x {a.role.value} on {a.version}: {_who(a)}" for a in row.waits_for),
    )


def _who(awaited: Awaited) -> str:
    """Name who can give a signature, or who gave one that does not count alone yet."""
    young = f"{' and '.join(awaited.fresh)} signed with a new secret" if awaited.fresh else ""
    return ", ".join(part for part in (young, " or ".join(awaited.people)) if part) or "nobody"


def _print_place(row: Overview, seen: AtWork) -> None:
    """Say what is at work in a project, and why it stands where it stands."""
    for words in seen.of(row.project):
        print(f"\n{words}\n(a browser that is new to these pages is let in by the links of `flywheel up --links`)")
    if row.stage in ENDED_AS:
        print(f"\n{row.project} has ended, {ENDED_AS[row.stage]}: {row.detail}")
    elif row.detail:
        print(f"\n{row.project} is {row.state.value}: {row.detail}")


def _print_next(row: Overview, *, is_moving: bool) -> None:
    """Name the ways on, each with its command; none starts what is at work."""
    steps = [way for way in row.next_steps if not (is_moving and way.startswith(f"`flywheel run {row.project}`"))]
    if len(steps) == 1:
        print(f"\nnext for {row.project}: {steps[0]}")
    elif steps:
        print(f"\nnext for {row.project}, one of:")
        print("\n".join(f"- {way}" for way in steps))


def _print_dossier_link(settings: Settings, version: str, dossier: str) -> None:
    """Say where the newest dossier is read, and where its candidates are, whether it may be signed or not."""
    # keys and pydantic, which `--help` does without
    from flywheel.services.dossier.links import link_to

    print(f"\ndossier of {version}: {link_to(settings, version=version, dossier=dossier, now=datetime.now(UTC))}")
    experiment = version.rpartition(":")[0]
    print(f"every candidate: experiment {experiment} in MLflow, {settings.mlflow.pages_url}")


def _print_pages(row: Overview) -> None:
    """Say what keeps pages from arriving, and show those that would have been sent if there were an address."""
    for trouble in row.page_troubles:
        print(f"\npages of {row.project}: {trouble}")
    if row.kept_pages:
        print(f"\npages of {row.project}, kept here and sent to nobody, until acknowledged:")
    for page in row.kept_pages:
        print(f"- {page.at:%Y-%m-%d %H:%M} {page.title}; `flywheel incidents ack {page.incident} --as EMAIL`")


def _stopped(serving: Serving | None) -> str:
    return f"nobody answers, stopped by {serving.stopped}" if serving and serving.stopped else ""


def _endpoint(serving: Serving | None) -> str:
    if serving is None:
        return ""
    if serving.mode is EndpointMode.STOPPED:
        return "stopped on purpose"
    place = f" on port {serving.port}" if serving.port else ""
    glass = f", by break-glass until {serving.glass_until_at:%m-%d %H:%M}" if serving.glass_until_at else ""
    return f"{serving.mode.value}{place}{'' if serving.is_ready else ', not ready'}{glass}"
