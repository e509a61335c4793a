"""Projects and policies for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flywheel.adapters.git import Commits
from flywheel.catalog.engine import Catalog
from flywheel.catalog.project import ProjectRecord
from flywheel.domain.digests import Json, plain
from flywheel.domain.policy import Policy, Tier
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.project.loader import Project, charter_from, digest_of_files
from flywheel.services.walk.projects import submit_charter
from tests.factories.people import OWNER, STAKEHOLDERS

SLUG = "card-default"
REQUIRED = {Stage.VALIDATION: frozenset({"PERF-001", "PERF-003"}), Stage.DELIVERY: frozenset({"PARITY-001"})}


def make_policy(quorum: Mapping[Role, int] | None = None, *, warned_opens: bool = False) -> Policy:
    """A policy of high risk: one from the business and one validator."""
    return Policy(
        tier=Tier.HIGH,
        required=REQUIRED,
        quorum=quorum or {Role.BUSINESS: 1, Role.VALIDATOR: 1},
        warned_opens=warned_opens,
        validity_days=365,
    )


def make_project(
    slug: str = SLUG,
    *,
    title: str = "Card applications",
    owner: str = OWNER,
    page: tuple[str, ...] = (),
    fallback: tuple[str, ...] = ("previous", "rule"),
) -> Project:
    """A project that was read from a folder; with channels to page, it has a monitoring plan."""
    document: dict[str, Json] = {
        "name": slug,
        "title": title,
        "owner": owner,
        "stakeholders": plain(STAKEHOLDERS),
    }
    document["delivery"] = {"fallback": list(fallback)}
    if "rule" in fallback:
        rule: Json = {"column": "bureau_score", "at_least": 640.0, "then": "negative", "missing": "positive"}
        document["delivery"] = {"fallback": list(fallback), "rule": rule}
    if page:
        signals: Json = [{"watch": "drift", "action": "page"}]
        document["monitoring"] = {"every": "1 week", "page": list(page), "signals": signals}
    return Project(Path("projects") / slug, charter_from(document), None, digest_of_files(document), document)


def submitted(
    catalog: Catalog, *, project: Project, policy: Policy, actor: str = OWNER, policy_commits: Commits | None = None
) -> ProjectRecord:
    """A charter in the record, whoever was asked for a proof."""
    with catalog.begin() as work:
        return submit_charter(work, project=project, policy=policy, actor=actor, policy_commits=policy_commits)


def registered(
    catalog: Catalog,
    slug: str = SLUG,
    *,
    policy: Policy | None = None,
    page: tuple[str, ...] = (),
    fallback: tuple[str, ...] = ("previous", "rule"),
) -> str:
    """A project in the record; gives its slug."""
    project = make_project(slug, page=page, fallback=fallback)
    return submitted(catalog, project=project, policy=policy or make_policy()).slug
