"""Refused requests: counted for each project, shown, and paged where too large a share was refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from flywheel.adapters.request_tally import Tally, prune, read_tally
from flywheel.catalog.endpoint import read_endpoints
from flywheel.catalog.engine import Catalog
from flywheel.catalog.idempotency import Once
from flywheel.catalog.project import lock_project
from flywheel.services.incidents.troubles import Trouble, page
from flywheel.settings import Settings

SIGNAL = "refused"
SHOWN_HOURS = 24
_HOUR = timedelta(hours=1)
KEPT = timedelta(days=7)


def tally_of(root: Path, project: str, *, now: datetime) -> Tally:
    """Add up a project's requests of the last day."""
    return read_tally(root, project, since=now - SHOWN_HOURS * _HOUR, until=now)


def watch_refused(catalog: Catalog, *, settings: Settings, now: datetime, actor: str) -> tuple[str, ...]:
    """Open an incident where more than the stated share of an hour's requests was refused; one for an hour.

    Counts that nobody reads any more are removed.
    """
    prune(settings.predictions_root, before=now - KEPT)
    with catalog.begin() as work:
        projects = {one.project for one in read_endpoints(work.session)}
    told = []
    for project in sorted(projects):
        tally = read_tally(settings.predictions_root, project, since=now, until=now)
        if tally.unread:
            told.append(f"{project}: {tally.sentence()}")
        limits = settings.serving
        if tally.refused >= limits.refused_at_least and tally.share > limits.refused_share_at_most:
            told.append(_page(catalog, project, tally, hour=f"{now:%Y-%m-%d %H}:00 UTC", actor=actor))
    return tuple(words for words in told if words)


def _page(catalog: Catalog, project: str, tally: Tally, *, hour: str, actor: str) -> str:
    with catalog.begin() as work:
        lock_project(work.session, project)
        once = Once("refused_requests", project, hour)  # told once, however often somebody looks at an hour
        if work.recall(once, hour) is not None:
            return ""
        trouble = Trouble(
            SIGNAL,
            "the endpoint refuses requests",
            f"In the hour from {hour}: {tally.sentence()}. Refused rows are in no window of monitoring.",
            (
                "ask who sends these requests what changed; /contract of the endpoint says what it takes",
                f"`flywheel status {project}` shows the reasons of the last day",
            ),
            {"hour": hour, "reasons": [[reason, count] for reason, count in tally.reasons[:10]]},
        )
        incident = page(work, project, trouble, actor=actor)
        work.remember(once, hour, incident)
    return f"{project}: {tally.sentence()}"
