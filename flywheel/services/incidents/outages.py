"""Outages: what should serve or run cannot; people are paged, and told who answers meanwhile."""

from __future__ import annotations

from flywheel.catalog.endpoint import find_endpoint
from flywheel.catalog.engine import Catalog
from flywheel.catalog.project import lock_project
from flywheel.domain.digests import Json
from flywheel.domain.incidents import IncidentSeverity, group_key, headline
from flywheel.errors import counted
from flywheel.services.incidents.incidents import Sighting, report
from flywheel.services.incidents.paging import channels_in_force

SIGNAL, RUNS, LOG = "endpoint", "runs", "prediction_log"


def report_outage(catalog: Catalog, *, endpoint: str, generation: int, what: str, answered_by: str, actor: str) -> str:
    """Open an incident about what cannot be started, or let it recur; gives what is told, nothing of what is past."""
    with catalog.begin() as work:
        present = find_endpoint(work.session, endpoint)
        if present is None or present.generation != generation:
            return ""  # something else should answer by now
        row = lock_project(work.session, present.project)
        served = present.version or f"the {present.mode.value}"
        evidence: dict[str, Json] = {
            "version": present.version,
            "mode": present.mode.value,
            "generation": generation,
            "package": present.package.get("digest"),
            "answered_by": answered_by,
            "at": work.now.isoformat(),
        }
        seen = Sighting(
            project=present.project,
            key=group_key(present.project, SIGNAL),
            severity=IncidentSeverity.PAGE,
            title=headline(row.title, f"the endpoint cannot be started with {served}"),
            cause=f"{what}. Until it can, {answered_by}.",
            consequence=None,
            actions=(
                f"it is tried again at least every minute; `flywheel status {present.project}` shows whether it serves",
                f"read its log, `endpoints/{endpoint}-{generation}.log` among the logs",
                "resolve this incident when it serves, or withdraw the version",
            ),
            evidence=evidence,
            run_id="",
            version=present.version,
        )
        report(work, seen, channels=channels_in_force(work, row.slug), actor=actor)
    return f"{endpoint} cannot be started with {served}: {answered_by}"


def report_unlogged(catalog: Catalog, *, endpoint: str, generation: int, what: str, actor: str) -> str:
    """Open an incident about an endpoint that cannot keep what it would answer, or let it recur; gives what is told."""
    with catalog.begin() as work:
        present = find_endpoint(work.session, endpoint)
        if present is None or present.generation != generation:
            return ""
        row = lock_project(work.session, present.project)
        seen = Sighting(
            project=present.project,
            key=group_key(present.project, LOG),
            severity=IncidentSeverity.PAGE,
            title=headline(row.title, "predictions cannot be logged"),
            cause=f"{what}. What cannot be logged is not answered: callers get 503 until it can.",
            consequence=None,
            actions=(
                "make room where predictions are written, or the folder writable: it continues by itself",
                f"`flywheel status {present.project}` shows whether it does; resolve this incident then",
            ),
            evidence={"version": present.version, "generation": generation, "at": work.now.isoformat()},
            run_id="",
            version=present.version,
        )
        report(work, seen, channels=channels_in_force(work, row.slug), actor=actor)
    return f"{endpoint}: {what}"


def report_never_begun(
    catalog: Catalog, *, project: str, what: str, times: int, run_id: str, words: str, actor: str
) -> None:
    """Open an incident about a run that was started again and again and died each time; told once for each such run."""
    with catalog.begin() as work:
        row = lock_project(work.session, project)
        seen = Sighting(
            project=project,
            key=group_key(project, RUNS),
            severity=IncidentSeverity.PAGE,
            title=headline(row.title, f"{what} cannot be started"),
            cause=f"Its run was started {counted(times, 'time')} and died each time. The last: {words}",
            consequence=None,
            actions=(
                "`flywheel doctor` says what this machine lacks; the worker's log says what it met",
                f"`flywheel run {project}` starts it again once that is fixed",
            ),
            evidence={"what": what, "times": times},
            run_id=run_id,
        )
        report(work, seen, channels=channels_in_force(work, row.slug), actor=actor)
