"""Upkeep: what serves is held to its signatures; where they no longer carry it, it falls back as planned."""

from __future__ import annotations

from flywheel.catalog.endpoint import EndpointRecord, find_endpoint, find_observation, read_endpoints, read_releases
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.project import lock_project
from flywheel.domain.conditions import Conditions, conditions_from, strictest
from flywheel.domain.endpoints import EndpointMode
from flywheel.services.incidents.troubles import Trouble, page
from flywheel.services.people.notary import notarised
from flywheel.services.serving.releases import limit, take_back
from flywheel.services.standing.weighing import standing_of_served


def keep_to_standings(catalog: Catalog, *, actor: str) -> tuple[str, ...]:
    """Look at every endpoint that a model answers, and act where its approvals ended, went away or grew stricter."""
    with catalog.look() as work:
        doubtful = [
            one.project for one in read_endpoints(work.session) if _is_in_doubt(work, one) or _older_in_doubt(work, one)
        ]
    done = [keep_to_standing(catalog, project=project, actor=actor) for project in doubtful]
    return tuple(words for words in done if words)


@notarised
def keep_to_standing(catalog: Catalog, *, project: str, actor: str) -> str:
    """Act where the approvals of what serves in a project no longer carry it; say what was done."""
    with catalog.begin() as work:
        lock_project(work.session, project)
        return obey_standing(work, project, actor=actor)


def obey_standing(work: UnitOfWork, project: str, *, actor: str) -> str:
    """Take back or bind what serves if its signatures no longer carry it; the project's row is locked by the caller."""
    present = find_endpoint(work.session, project)
    if present is not None and not _is_in_doubt(work, present):
        return _leave_older_behind(work, present, actor=actor)
    if present is None:
        return ""
    now = standing_of_served(work, str(present.version))
    if now.is_granted:
        bound = _bound(present, now.conditions)
        limit(work, present, bound, actor=actor)
        return f"{present.version} now serves {bound.sentence()}"
    reason = f"{present.version} no longer has the signatures it needs: {now.sentence()}"
    incident = ask_owner(work, project, title="the signatures no longer hold", cause=reason, actor=actor)
    after = take_back(work, present, reason=reason, incident=incident, actor=actor)
    answers = {EndpointMode.MODEL: after.version, EndpointMode.RULE: "the rule", EndpointMode.STOPPED: "nobody"}
    return f"{reason}; {answers[after.mode]} answers"


def ask_owner(work: UnitOfWork, project: str, *, title: str, cause: str, actor: str) -> str:
    """Put a question to the project's owner, as an incident that pages whom the monitoring plan names."""
    row = lock_project(work.session, project)
    asked = (f"{row.owner} is asked: renew, rework or retire?",)
    return page(work, project, Trouble("signatures", title, cause, asked, recurs=True), actor=actor)


def _is_in_doubt(work: UnitOfWork, present: EndpointRecord) -> bool:
    if present.mode is not EndpointMode.MODEL or present.version is None:
        return False
    now = standing_of_served(work, present.version)
    return not now.is_granted or _bound(present, now.conditions) != _traffic(conditions_from(present.conditions))


def _leave_older_behind(work: UnitOfWork, present: EndpointRecord, *, actor: str) -> str:
    """Let nothing from before answer while what serves next starts, where that has lost its signatures meanwhile."""
    older = _older_in_doubt(work, present)
    if not older:
        return ""
    limit(work, present, conditions_from(present.conditions), actor=actor)
    return f"{older} no longer has the signatures it needs and will not answer until {present.version} has started"


def _older_in_doubt(work: UnitOfWork, present: EndpointRecord) -> str:
    """Name a version that may still answer, since the next does not yet, and whose signatures no longer carry it."""
    seen = find_observation(work.session, present.name)
    has_started = seen is not None and seen.is_ready and seen.generation == present.generation
    if present.mode is not EndpointMode.MODEL or has_started:
        return ""
    before = read_releases(work.session, present.project)[1 : 1 + present.generation - present.safe_from]
    older = (one.version for one in before if one.version != present.version)
    return next((version for version in older if not standing_of_served(work, version).is_granted), "")


def _bound(present: EndpointRecord, conditions: Conditions) -> Conditions:
    """What traffic is bound to at the strictest; a looser approval goes through the door again."""
    return _traffic(strictest((conditions_from(present.conditions), conditions)))


def _traffic(conditions: Conditions) -> Conditions:
    return Conditions(None, conditions.traffic_share, {k: tuple(sorted(v)) for k, v in conditions.only.items()})
