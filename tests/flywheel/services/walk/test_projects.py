"""Projects: registered once for each charter, with the roles that it names."""

from __future__ import annotations

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.errors import NotFound
from flywheel.services.people import people
from flywheel.services.record import record
from flywheel.services.terms import policies
from flywheel.services.walk import projects
from flywheel.services.walk.projects import StageState
from tests.factories.people import BEN, OWNER, VERA
from tests.factories.projects import SLUG, make_policy, make_project, registered, submitted
from tests.flywheel.services.outgoing import messages_of


def test_registered_project_stands_idle_in_ideation(catalog: Catalog) -> None:
    registered(catalog)
    found = projects.get_project(catalog, project=SLUG)
    assert (found.stage, found.cycle, found.next_stage_state) == (Stage.IDEATION, 0, StageState.IDLE)
    assert projects.list_projects(catalog) == (found,)


def test_same_charter_again_changes_nothing(catalog: Catalog) -> None:
    registered(catalog)
    before = record.head(catalog)
    registered(catalog)
    assert record.head(catalog) == before
    assert len(messages_of(catalog, "deploy_project")) == 1


def test_changed_charter_is_deployed_and_keeps_the_stage(catalog: Catalog) -> None:
    registered(catalog)
    changed = make_project(title="Another title")
    found = submitted(catalog, project=changed, policy=make_policy(), actor=OWNER)
    assert (found.title, found.project_digest) == ("Another title", changed.digest)
    assert len(messages_of(catalog, "deploy_project")) == 2


def test_going_back_to_an_earlier_charter_is_deployed_too(catalog: Catalog) -> None:
    registered(catalog)
    submitted(catalog, project=make_project(title="Other"), policy=make_policy(), actor=OWNER)
    registered(catalog)
    assert len(messages_of(catalog, "deploy_project")) == 3


def test_stakeholders_hold_their_roles_in_this_project_only(catalog: Catalog) -> None:
    registered(catalog)
    assert people.roles(catalog, person=BEN.upper(), project=SLUG) == {Role.BUSINESS}
    assert people.roles(catalog, person=OWNER, project=SLUG) == {Role.OWNER}
    assert people.roles(catalog, person=VERA, project="another") == frozenset()


def test_policy_is_published_once_and_read_by_digest(catalog: Catalog) -> None:
    policy = make_policy()
    registered(catalog, policy=policy)
    assert policies.publish_policy(catalog, policy=policy, actor=OWNER) == policy.digest
    assert policies.policy_by_digest(catalog, digest=policy.digest) == policy


def test_unknown_project_is_named(catalog: Catalog) -> None:
    with pytest.raises(NotFound, match="no such project; found 'nobody'"):
        projects.get_project(catalog, project="nobody")


def test_a_folder_in_the_place_of_a_name_is_answered_with_the_name(catalog: Catalog) -> None:
    registered(catalog)
    slug = SLUG
    with pytest.raises(NotFound, match=f"did you mean {slug}"):
        projects.get_project(catalog, project=f"/home/jan/{slug}/")
    with pytest.raises(NotFound, match=r"short name once it is registered: `flywheel register [.]/other`"):
        projects.get_project(catalog, project="./other")
