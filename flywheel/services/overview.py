"""What a person sees at a glance: where each project stands, what serves, and whom it waits for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from flywheel.adapters.request_tally import Tally
from flywheel.catalog.endpoint import find_endpoint, read_releases
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.event import latest_of
from flywheel.catalog.health import read_windows
from flywheel.catalog.incident import IncidentRecord, read_incidents
from flywheel.catalog.policy import read_policy
from flywheel.catalog.project import ProjectRecord, StageState, read_project, read_projects
from flywheel.catalog.signoff import SignoffRequest
from flywheel.catalog.version import VersionRecord, VersionState, find_released, read_version, read_versions
from flywheel.domain.digests import Digest
from flywheel.domain.endpoints import EndpointMode
from flywheel.domain.events import Verb
from flywheel.domain.incidents import IncidentSeverity
from flywheel.domain.payloads.walk import CycleStarted
from flywheel.domain.policy import Tier
from flywheel.domain.seats import invitation
from flywheel.domain.stages import CycleKind, Stage
from flywheel.domain.ways_on import way_back, ways_on
from flywheel.errors import counted
from flywheel.project.stage_inputs import changed_keys
from flywheel.services.again.reproductions import badges_in
from flywheel.services.approval.refusals import last_refused, last_refused_agreement
from flywheel.services.incidents import paging
from flywheel.services.incidents.refused import tally_of
from flywheel.services.people.signers import ways_in
from flywheel.services.serving.answering_now import Serving, serving_of
from flywheel.services.serving.stand_ins import doubt_of_present
from flywheel.services.standing.agreements import awaited_agreement
from flywheel.services.standing.awaited import Awaited, awaited_by, open_questions
from flywheel.services.standing.worth_signing import changed_since, hindrances_in, judged_anew
from flywheel.services.terms.charters import in_force, submitted
from flywheel.services.walk.timeline import lateness


@dataclass(frozen=True)
class Overview:
    """One project at a glance."""

    project: str
    title: str
    owner: str
    tier: Tier
    stage: Stage
    state: StageState
    detail: str
    cycle: int
    released: str | None
    reproduced: str
    serving: Serving | None
    open_incidents: tuple[str, ...]
    waits_for: tuple[Awaited, ...]
    next_steps: tuple[str, ...]
    """The commands that go on, where the project stands still until somebody gives one."""
    hindrances: tuple[str, ...]
    """What would keep a version that waits for signatures from serving though everybody approved it."""
    refused: tuple[str, ...]
    """The last answer to each open question, where it was not taken."""
    page_troubles: tuple[str, ...]
    """What keeps its pages from arriving."""
    kept_pages: tuple[paging.KeptPage, ...] = ()
    """Pages that went to the console alone, and whose incidents nobody has in hand."""
    late: str = ""
    """Which stages have not begun though their day under [timeline] is past."""
    unsigned: str = ""
    """That the charter registered last is not the one in force, and what has it signed."""
    doubt: str = ""
    """That what stands in for the model decides by a column that broke."""
    came_of: str = ""
    """What the last retraining has come to, where the project stands in monitoring after one."""
    dossier: tuple[str, Digest] | None = None
    """The newest version with a dossier, and that: it can be read whether its gate is open or not."""
    requests: Tally | None = None
    """What became of the last day's requests to its endpoint, where that was asked for."""


def overview(
    catalog: Catalog,
    *,
    channels: Collection[str],
    kept: Collection[str] = (),
    project: str | None = None,
    predictions_root: Path | None = None,
) -> tuple[Overview, ...]:
    """Look at every project, or at one that must be there.

    `channels` are those that pages can go over, `kept` those of them that end in the console; under
    `predictions_root` requests are counted.
    """
    with catalog.look() as work:
        records = read_projects(work.session) if project is None else (read_project(work.session, project),)
        serving = serving_of(work)
        waiting = open_questions(work)
        glances = tuple(
            replace(
                _glance(work, record, serving, waiting, channels),
                kept_pages=paging.kept_pages(work, record.slug, kept),
            )
            for record in records
        )
        now = work.now
    if predictions_root is None:
        return glances
    return tuple(replace(one, requests=tally_of(predictions_root, one.project, now=now)) for one in glances)


def _glance(
    work: UnitOfWork,
    record: ProjectRecord,
    serving: dict[str, Serving],
    waiting: tuple[SignoffRequest, ...],
    channels: Collection[str],
) -> Overview:
    released = find_released(work.session, record.slug)
    incidents = read_incidents(work.session, project=record.slug, is_unresolved=True)
    asked = [one for one in waiting if one.project == record.slug]
    waits_for = tuple(awaited for one in asked for awaited in awaited_by(work, one))
    agreeing = awaited_agreement(work, record.slug)
    unsigned, judged = _unsigned(work, record), _last_judged(work, record)
    return Overview(
        project=record.slug,
        title=record.title,
        owner=record.owner,
        tier=record.tier,
        stage=record.stage,
        state=record.next_stage_state,
        detail=record.detail,
        cycle=record.cycle,
        released=released.id if released else None,
        reproduced=badges_in(work, released=released.id if released else None, asked=_asked(waits_for)),
        serving=serving.get(record.slug),
        open_incidents=tuple(incident.id for incident in incidents),
        waits_for=(*agreeing, *waits_for),
        next_steps=(
            *_next_steps(work, record, (*agreeing, *waits_for), judged, unsigned=unsigned),
            *_way_back(work, record.slug, serving.get(record.slug), incidents),
            *_first_look(work, record.slug, serving.get(record.slug)),
            *_left_open(work, record.slug, serving.get(record.slug), incidents),
        ),
        hindrances=tuple(words for version in _asked(waits_for) for words in _hindrances(work, version)),
        refused=(
            *filter(None, (last_refused(work, one) for one in asked if awaited_by(work, one))),
            *([refused] if agreeing and (refused := last_refused_agreement(work, record.slug)) else []),
        ),
        page_troubles=paging.troubles(work, record, channels),
        late=lateness(work, record.slug),
        unsigned=unsigned,
        doubt=_doubt(work, record.slug),
        came_of=_came_of(work, record, released),
        dossier=(judged.id, judged.dossier_digest) if judged and judged.dossier_digest else None,
    )


def _doubt(work: UnitOfWork, project: str) -> str:
    present = find_endpoint(work.session, project)
    return doubt_of_present(work, present) if present else ""


def _came_of(work: UnitOfWork, record: ProjectRecord, released: VersionRecord | None) -> str:
    """Say whether the last retraining brought another model, or came to the one that had served before."""
    began = latest_of(work.session, verb=Verb.CYCLE_STARTED, subject_id=record.slug)
    if began is None or released is None or record.stage is not Stage.MONITORING:
        return ""
    said = began.said(CycleStarted)
    if said.kind is not CycleKind.RETRAINING:
        return ""
    is_new = released.registered_at >= began.happened_at
    came = f"brought {released.id}" if is_new else f"produced {released.id} again, the same model as before"
    return f"the retraining of {began.happened_at:%Y-%m-%d %H:%M} UTC ({said.reason or 'no reason was given'}) {came}"


def _asked(waits_for: Collection[Awaited]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.version for one in waits_for))


def _hindrances(work: UnitOfWork, version: str) -> tuple[str, ...]:
    return tuple(f"{version}: {words}" for words in hindrances_in(work, read_version(work.session, version)))


def _unsigned(work: UnitOfWork, record: ProjectRecord) -> str:
    """Say that people have not signed the newest charter, where one is in force that says otherwise."""
    signed = in_force(work, record.slug)
    if signed is None or signed == record.project_digest:
        return ""
    new = submitted(work, record.slug)
    keys = changed_keys(Stage.VALIDATION, old=submitted(work, record.slug, signed), new=new)
    if not keys:
        return ""
    what = "its newest charter is registered but not yet signed and delivered; the previous one stays in force"
    return f"{what} (changed: {', '.join(keys)})"


def _next_steps(
    work: UnitOfWork,
    record: ProjectRecord,
    waits_for: Collection[Awaited],
    judged: VersionRecord | None,
    *,
    unsigned: str,
) -> tuple[str, ...]:
    if record.next_stage_state is StageState.BLOCKED:
        if record.stage is Stage.VALIDATION and judged and changed_since(work, judged):
            return (judged_anew(record.slug),)
        return ways_on(record.slug, record.stage, version=judged.id if judged else "")
    if young := [one for one in waits_for if one.fresh]:
        return tuple(_ripening(record.slug, one) for one in young)
    if lacking := [one for one in waits_for if not one.people]:
        asked = lacking[0].version
        pinned = record.policy_digest if asked == record.slug else read_version(work.session, asked).policy_digest
        policy = read_policy(work.session, pinned)
        ways = ways_in(work, charter=submitted(work, record.slug).charter, policy=policy)
        told = (f"as {one.role.value}: {', '.join(ways[one.role] or _invited(record.slug, one))}" for one in lacking)
        return (f"nobody can sign yet {'; '.join(told)}",)
    if record.cycle == 0 or (unsigned and record.next_stage_state is StageState.IDLE):
        return (f"`flywheel run {record.slug}`",)
    return ()


def _way_back(
    work: UnitOfWork, project: str, serving: Serving | None, unresolved: Collection[IncidentRecord]
) -> Iterator[str]:
    """Say how a version that was taken back answers again, where the rule stands in for it or nobody does."""
    if serving is None or serving.mode is EndpointMode.MODEL:
        return
    released = read_releases(work.session, project)
    last = read_version(work.session, released[0].version) if released else None
    if last is not None and last.state is VersionState.WITHDRAWN:
        barring = [one.id for one in unresolved if one.severity is IncidentSeverity.PAGE]
        yield way_back(project, last.id, incidents=barring)


def _first_look(work: UnitOfWork, project: str, serving: Serving | None) -> Iterator[str]:
    """Say how traffic is judged while none was: the first window may be over in a week."""
    is_answering = serving is not None and serving.mode is EndpointMode.MODEL
    if is_answering and not read_windows(work.session, project=project, limit=1):
        early = f"`flywheel monitor {project} --early` judges what has arrived so far"
        yield f"once it has had requests: {early}; without it, the first window is judged when it is over"


def _left_open(
    work: UnitOfWork, project: str, serving: Serving | None, unresolved: Collection[IncidentRecord]
) -> Iterator[str]:
    """Name the open pages while a version answers: nobody but a person says that they are over."""
    if serving is None or serving.mode is not EndpointMode.MODEL:
        return
    since = max((release.released_at for release in read_releases(work.session, project)), default=None)
    for one in unresolved:
        if one.severity is not IncidentSeverity.PAGE:
            continue
        over = f'`flywheel incidents resolve {one.id} --resolution "..."` if it is over'
        if since and one.last_seen_at < since:
            yield f"{one.id} dates from before {serving.version} took over and is still open: {over}"
        elif one.window_from:
            lasting = f"if the world has changed for good, newer rows and `flywheel run {project} retraining`"
            yield f"{one.id} is open while {serving.version} keeps answering: {over}; {lasting}"


def _ripening(project: str, one: Awaited) -> str:
    """Say why a signature does not count yet, and what makes it count."""
    return (
        f"{' and '.join(one.fresh)} signed as {one.role.value} with a new secret, which counts by itself after "
        f"{counted(one.fresh_days, 'day')}: wait, or let a second {one.role.value} who is no author sign "
        f"({' or '.join(one.people or _invited(project, one))})"
    )


def _invited(project: str, one: Awaited) -> tuple[str, ...]:
    return (invitation("EMAIL", [f"{project}:{one.role.value}"]),)


def _last_judged(work: UnitOfWork, record: ProjectRecord) -> VersionRecord | None:
    """Find the newest version that has a dossier, signed or not."""
    return next((one for one in read_versions(work.session, record.slug) if one.dossier_digest), None)
