"""Authors, computed: who committed, submitted the charter, started runs or edited the policy since the last release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import or_, select

from flywheel.adapters.git import Commits, commits_to
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.event import EventRow, believed, events_of, latest_of
from flywheel.catalog.policy import policy_in_force
from flywheel.catalog.project import ProjectRecord, read_project
from flywheel.catalog.version import VersionRecord, VersionState, read_versions
from flywheel.domain.digests import Json, plain
from flywheel.domain.events import Event, SubjectKind, Verb
from flywheel.domain.own_code import HOOKS_FILE
from flywheel.domain.payloads.approval import PolicyChangeProposed, PolicyPublished
from flywheel.domain.payloads.table import read_payload
from flywheel.domain.payloads.walk import CharterSubmitted, CycleStarted, StageBegun
from flywheel.domain.policy import Tier
from flywheel.domain.stages import Stage
from flywheel.project.charter.preflight import FILE
from flywheel.project.loader import Project

_WENT_THROUGH_THE_DOOR = frozenset({VersionState.RELEASED, VersionState.SUPERSEDED, VersionState.WITHDRAWN})
_MADE_IN = frozenset({Stage.IDEATION, Stage.DATA_PREPARATION, Stage.RESEARCH})


@dataclass(frozen=True)
class Authorship:
    """Why each person is an author, the commit at which it was asked, and what could not be learned."""

    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    commit: str = ""
    gaps: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Write it as plain values."""
        return {"reasons": plain(self.reasons), "commit": self.commit, "gaps": list(self.gaps)}


def commits_since_release(catalog: Catalog, *, project: str, files: Iterable[str]) -> Commits:
    """Ask git who committed to the project's folder since the last version that went through the door."""
    with catalog.begin() as work:
        record, last = read_project(work.session, project), _last_released(work, project)
    since = str(last.authorship.get("commit", "")) if last else ""
    return commits_to(Path(record.path), files=tuple(files), since=since)


def unknown_authors(project: Project) -> tuple[str, ...]:
    """Say what git cannot tell of who worked on a project's folder, while that can still be mended."""
    files = (FILE, *([HOOKS_FILE] if project.hook_source else []))
    return commits_to(project.path, files=files).gaps


def commits_to_policy(catalog: Catalog, *, home: Path, tier: Tier) -> Commits:
    """Ask git who committed to a tier's policy file since the policy that is in force was published."""
    with catalog.begin() as work:
        present = policy_in_force(work.session, tier)
        published = present and latest_of(work.session, verb=Verb.POLICY_PUBLISHED, subject_id=present.digest)
    since = published.said(PolicyPublished).commit if published else ""
    name = f"{tier.value}.toml"
    folder, what = home / "config" / "policies", f"the policy of tier {tier.value}"
    return commits_to(folder, files=(name,), since=since, what=what, within=(name,))


def authorship_of(work: UnitOfWork, project: str, *, named: Iterable[str], commits: Commits | None) -> Authorship:
    """Gather the authors of the version that is about to be registered; whoever is named counts in any case."""
    record = read_project(work.session, project)
    events = _since_the_last_release(work, record)
    reasons: dict[str, list[str]] = defaultdict(list)
    found = [
        *((person, "made it") for person in named),
        (record.owner, "owns the charter"),
        *((person, "committed to the project's folder") for person in (commits.authors if commits else ())),
        *(found for event in events for found in _authors_in(event, record)),
    ]
    for person, why in found:
        who = person.strip().casefold()
        if "@" in who and why not in reasons[who]:
            reasons[who].append(why)
    gaps = commits.gaps if commits else ("the commits were not read from git",)
    gaps += tuple(gap for event in events for gap in _unknown_in(event, record))
    kept = {who: tuple(whys) for who, whys in sorted(reasons.items()) if whys}
    return Authorship(kept, commits.head if commits else "", gaps)


def left_out(work: UnitOfWork, record: VersionRecord) -> tuple[str, ...]:
    """Name whom the chain shows to have had a hand in a version, though whoever registered it did not name them.

    Registering is a machine's word; who submitted the charter under which it was made is not, and counts in any case.
    """
    entered = [
        event.sequence
        for verb in (Verb.VERSION_REGISTERED, Verb.VERSION_RESUBMITTED)
        if (event := latest_of(work.session, verb=verb, subject_id=record.id)) is not None
    ]
    charters = events_of(work.session, verb=Verb.CHARTER_SUBMITTED, subject_id=record.project)
    told = [event.said(CharterSubmitted) for event in charters]
    charter = next((said for said in reversed(told) if said.project_digest == record.project_digest), None)
    if charter is None:
        return ("somebody unknown: the charter that it was registered under was not submitted by anybody",)
    then = replace(read_project(work.session, record.project), owner=charter.owner, tier=charter.tier)
    before = [one for one in _since_the_last_release(work, then) if one.sequence < max(entered)]
    found = {charter.owner, *(person for event in before for person, _ in _authors_in(event, then))}
    return tuple(sorted({person for person in map(str.casefold, found) if "@" in person} - {*record.authors}))


def _since_the_last_release(work: UnitOfWork, record: ProjectRecord) -> tuple[Event, ...]:
    """Read who submitted, started and edited since the last released version was registered.

    A policy that was published before the project was known was not edited for it.
    """
    last = _last_released(work, record.slug)
    begun = latest_of(work.session, verb=Verb.VERSION_REGISTERED, subject_id=last.id) if last else None
    about = or_(
        (EventRow.subject_kind == SubjectKind.PROJECT.value) & (EventRow.subject_id == record.slug),
        EventRow.subject_kind == SubjectKind.POLICY.value,
    )
    wanted = select(EventRow).where(about, EventRow.sequence > (begun.sequence if begun else 0))
    events = list(believed(work.session, wanted.order_by(EventRow.sequence)))
    submitted = next((event.sequence for event in events if event.verb is Verb.CHARTER_SUBMITTED), 0)
    is_known = begun is not None
    return tuple(
        event for event in events if event.verb is not Verb.POLICY_PUBLISHED or is_known or event.sequence > submitted
    )


def _authors_in(event: Event, record: ProjectRecord) -> Iterable[tuple[str, str]]:
    match read_payload(event.verb, event.payload):
        case CharterSubmitted():
            yield event.actor, "submitted the charter"
        case CycleStarted():
            yield event.actor, "started the cycle"
        case StageBegun(stage=stage) if stage in _MADE_IN:
            yield event.actor, f"started {stage.value}"
        case PolicyChangeProposed(tier=tier, editors=editors) | PolicyPublished(tier=tier, editors=editors) if (
            tier is record.tier
        ):
            yield from ((editor, "edited the policy") for editor in editors)


def _unknown_in(event: Event, record: ProjectRecord) -> Iterable[str]:
    match read_payload(event.verb, event.payload):
        case PolicyPublished(tier=tier, gaps=gaps) if tier is record.tier:
            yield from gaps


def _last_released(work: UnitOfWork, project: str) -> VersionRecord | None:
    newest = read_versions(work.session, project)
    return next((version for version in newest if version.state in _WENT_THROUGH_THE_DOOR), None)
