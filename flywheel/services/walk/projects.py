"""Projects: registered from a charter, and where each stands."""

from __future__ import annotations

from collections.abc import Mapping

from flywheel.adapters.git import Commits
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.outbox import newest_of_key
from flywheel.catalog.policy import policy_in_force
from flywheel.catalog.project import ProjectRecord, ProjectRow, StageState, read_project, read_projects
from flywheel.domain.authority import Permission
from flywheel.domain.digests import Json, digest_of
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.walk import CharterSubmitted
from flywheel.domain.policy import Policy
from flywheel.domain.signoffs import Role
from flywheel.project.charter.tightening import tightened
from flywheel.project.loader import Project, require_decided
from flywheel.services.people.authority import admit, refused_act
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof, decide
from flywheel.services.standing.agreements import wake_outdated
from flywheel.services.standing.waking import wake_vain
from flywheel.services.terms.policies import submit

__all__ = ["ProjectRecord", "StageState", "get_project", "list_projects", "register_project", "submit_charter"]


@notarised
def register_project(
    catalog: Catalog, *, project: Project, policy: Policy, proof: Proof, policy_commits: Commits | None = None
) -> ProjectRecord:
    """Let a person submit a charter: anybody who is enrolled a new one, its owner one that takes its place."""
    slug = str(project.document["name"])

    def act(work: UnitOfWork) -> ProjectRecord:
        is_new = work.session.get(ProjectRow, slug, with_for_update=True) is None
        policy_in_force(work.session, policy.tier, is_locked=True)
        admit(work, proof, Permission.BEGIN if is_new else Permission.REGISTER, project=slug)
        return submit_charter(work, project=project, policy=policy, actor=proof.who, policy_commits=policy_commits)

    return decide(
        catalog, proof, act=act, refused=lambda _, why: refused_act(proof, Permission.REGISTER, why, project=slug)
    )


def submit_charter(
    work: UnitOfWork, *, project: Project, policy: Policy, actor: str, policy_commits: Commits | None = None
) -> ProjectRecord:
    """Take a charter into the record and have its deployments made; the same charter twice changes nothing.

    A policy that asks for less than the tier's published one is not taken: the published one stands. A charter in which
    its author has still something to decide is not taken either.
    """
    require_decided(project)
    slug = str(project.document["name"])
    known = work.session.get(ProjectRow, slug, with_for_update=True)
    common = submit(work, policy, actor=actor, commits=policy_commits)
    policy = tightened(common, project.charter)
    if policy != common:
        submit(work, policy, actor=actor, project=slug)
    now = (project.digest, policy.digest, str(project.path))
    if known is not None and (known.project_digest, known.policy_digest, known.path) == now:
        return read_project(work.session, slug)
    event = work.append(_submission(slug, project, policy, actor))
    work.enqueue(
        "deploy_project",
        f"{_deploying(slug)}{project.digest}:{event.sequence}",
        {"project": slug},
    )
    wake_vain(work, slug, sequence=event.sequence)
    wake_outdated(work, slug, sequence=event.sequence)
    return read_project(work.session, slug)


def deployment_trouble(catalog: Catalog, *, project: str) -> str:
    """Say what went wrong when a registered project's deployments were last made; nothing where nothing did so far."""
    with catalog.begin() as work:
        read_project(work.session, project)
        message = newest_of_key(work.session, _deploying(project))
        return message.last_error if message else ""


def _deploying(slug: str) -> str:
    return f"deploy:{slug}:"


def get_project(catalog: Catalog, *, project: str) -> ProjectRecord:
    """Say where a project stands."""
    with catalog.begin() as work:
        return read_project(work.session, project)


def list_projects(catalog: Catalog) -> tuple[ProjectRecord, ...]:
    """Say where every project stands."""
    with catalog.begin() as work:
        return read_projects(work.session)


def _submission(slug: str, project: Project, policy: Policy, actor: str) -> Draft:
    document = dict(project.document)
    said = CharterSubmitted(
        title=str(document.get("title", slug)),
        owner=str(document["owner"]).casefold(),
        path=str(project.path),
        tier=policy.tier,
        charter_digest=digest_of(document),
        project_digest=project.digest,
        policy_digest=policy.digest,
        document=document,
        stakeholders=_stakeholders(document),
        hooks=project.hook_source.text if project.hook_source else None,
    )
    return Draft(Verb.CHARTER_SUBMITTED, actor, SubjectKind.PROJECT, slug, project.digest, said)


def _stakeholders(document: Mapping[str, Json]) -> dict[Role, tuple[str, ...]]:
    named = document.get("stakeholders") or {}
    assert isinstance(named, dict)
    people = {
        Role(role): tuple(sorted({str(person).casefold() for person in listed}))
        for role, listed in named.items()
        if isinstance(listed, list) and listed
    }
    return {**people, Role.OWNER: (str(document["owner"]).casefold(),)}
