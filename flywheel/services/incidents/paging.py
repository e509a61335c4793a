"""Paging: where pages are to go, and what keeps them from arriving."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.event import latest_of
from flywheel.catalog.incident import read_incident
from flywheel.catalog.outbox import MessageState, count_pages, pages_sent
from flywheel.catalog.project import ProjectRecord, read_charter, read_project
from flywheel.domain.digests import Json
from flywheel.domain.events import Verb
from flywheel.domain.incidents import IncidentState
from flywheel.errors import Problem, Tampered, Unavailable
from flywheel.project.charter.charter import Charter
from flywheel.services.incidents.faults import is_told_of_what_is_over
from flywheel.services.terms.charters import in_force

NEXT_STEP = 'add it under [paging.channels] of config/settings.toml: {channel} = "mailtos://user:password@host", say'


def await_channels(catalog: Catalog, *, project: str, project_digest: str, channels: Collection[str]) -> None:
    """Let nothing go into business whose pages would go nowhere; tried again once the channel is there."""
    with catalog.look() as work:
        lacking = _lacking(work, project, project_digest, channels)
    if lacking:
        raise Unavailable(
            f"pages of {project} would go nowhere: {_named(lacking)} not set up",
            allowed=", ".join(sorted(channels)) or "none is set up",
            next_step=NEXT_STEP.format(channel=lacking[0]),
        )


def troubles(work: UnitOfWork, record: ProjectRecord, channels: Collection[str]) -> tuple[str, ...]:
    """Say what keeps a project's pages from arriving, a line each; nothing where all is well."""
    lacking = _lacking(work, record.slug, record.project_digest, channels)
    waiting = count_pages(work.session, project=record.slug, state=MessageState.PENDING)
    dead = count_pages(work.session, project=record.slug, state=MessageState.DEAD)
    told = [f"{_named(lacking)} not set up; next: {NEXT_STEP.format(channel=lacking[0])}"] if lacking else []
    if waiting and lacking:
        told.append(f"{waiting} {'page waits' if waiting == 1 else 'pages wait'} to be sent")
    if dead:
        told.append(f"{dead} {'page was' if dead == 1 else 'pages were'} given up after many attempts")
    return tuple(told)


@dataclass(frozen=True)
class KeptPage:
    """A page that went to the console alone, while nobody has its incident in hand."""

    incident: str
    title: str
    at: datetime


def kept_pages(work: UnitOfWork, project: str, kept: Collection[str]) -> tuple[KeptPage, ...]:
    """List what was to be told over channels of the console and nobody has taken up, each page of an incident once."""
    found: dict[tuple[str, str], KeptPage] = {}
    for page in pages_sent(work.session, project=project, channels=kept):
        incident = read_incident(work.session, str(page.payload["incident"]))
        taken_up = latest_of(work.session, verb=Verb.INCIDENT_ACKNOWLEDGED, subject_id=incident.id)
        title = str(page.payload["title"])
        is_known = bool(taken_up and page.created_at <= taken_up.happened_at)
        is_open = incident.state is IncidentState.OPEN and not is_known
        if is_open and not is_told_of_what_is_over(work, incident.id, title):
            found.setdefault((incident.id, title), KeptPage(incident.id, title, page.created_at))
    return tuple(found.values())


def kept_sentence(channels: Collection[str]) -> str:
    """Say that pages over these channels of the console disturb nobody, and what would; nothing for none."""
    if not channels:
        return ""
    names = ", ".join(sorted(channels))
    return (
        f"pages over {names} are kept here and sent to nobody: `flywheel status` shows them. To send them, set "
        f'{min(channels)} = "mailtos://user:password@host", say, under [paging.channels] of config/settings.toml'
    )


def channels_named(charter: Charter) -> tuple[str, ...]:
    """Name the channels that a charter pages."""
    return charter.monitoring.page if charter.monitoring else ()


def is_wanted(work: UnitOfWork, payload: Mapping[str, Json]) -> bool:
    """Read again, in the transaction that lets a page go, whether what it tells of is still there to be told.

    Tables decide nothing here, and an event that does not hold keeps no page back.
    """
    try:
        return not is_told_of_what_is_over(work, str(payload["incident"]), str(payload.get("title", "")))
    except Tampered:
        return True


def channels_in_force(work: UnitOfWork, project: str) -> tuple[str, ...]:
    """Name the channels that the signed monitoring plan pages; before any release, those of the plan submitted."""
    signed = in_force(work, project)
    return channels_of(work, project, signed or read_project(work.session, project).project_digest)


def channels_of(work: UnitOfWork, project: str, project_digest: str) -> tuple[str, ...]:
    """Name the channels that a project's monitoring plan pages."""
    plan = read_charter(work.session, project, project_digest=project_digest).get("monitoring")
    page = plan.get("page") if isinstance(plan, dict) else None
    return tuple(map(str, page)) if isinstance(page, list) else ()


def unreachable(charter: Charter, channels: Collection[str]) -> tuple[Problem, ...]:
    """Name the channels that a charter pages over and this installation does not have, each with what to do."""
    return tuple(
        Problem(
            "project.toml",
            f"monitoring.page[{place}]",
            f"pages over this channel would go nowhere: it is not set up; {NEXT_STEP.format(channel=channel)}",
            found=channel,
            allowed=", ".join(sorted(channels)) or "a channel that is set up, and none is",
        )
        for place, channel in enumerate(channels_named(charter), start=1)
        if channel not in channels
    )


def _lacking(work: UnitOfWork, project: str, project_digest: str, channels: Collection[str]) -> tuple[str, ...]:
    return tuple(one for one in channels_of(work, project, project_digest) if one not in channels)


def _named(lacking: tuple[str, ...]) -> str:
    names = ", ".join(lacking)
    return f"the channel {names} is" if len(lacking) == 1 else f"the channels {names} are"
