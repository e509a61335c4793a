"""Whoever is asked again sees what the charter says otherwise than when people last signed."""

from __future__ import annotations

from flywheel.adapters.git import Commits
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Json, digest_of
from flywheel.services.dossier import dossiers
from flywheel.services.dossier.judgement import questions_of
from flywheel.services.dossier.page import render
from flywheel.services.modelling.versions import resubmit_version
from flywheel.services.people.identity import Identity
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, OWNER, VERA
from tests.factories.projects import make_policy, make_project, submitted
from tests.factories.versions import registered_version, with_dossier
from tests.fakes.clock import SettableClock


def under(desk: Desk, title: str) -> dict[str, Json]:
    """Have the version judged under another charter; gives what its dossier would say."""
    project = make_project(title=title)
    submitted(desk.catalog, project=project, policy=make_policy(), actor=OWNER)
    said = {"version": desk.version.id, "project_digest": project.digest, "actor": "flow:x"}
    resubmit_version(desk.catalog, **said, authors=(OWNER,), commits=Commits())
    return dossiers.assemble(desk.catalog, version=desk.version.id)


def test_what_changed_since_people_signed_stands_first_in_every_text_until_another_charter_is_signed(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = make_desk(catalog, identity, clock)
    assert under(desk, "unsigned so far")["changes"] == []
    assert under(desk, "Card applications")["changes"] == []
    desk.sign(BEN)
    otherwise = under(desk, "Loans")
    assert otherwise["changes"] == [{"key": "title", "before": "Card applications", "now": "Loans"}]
    assert questions_of(otherwise)[0].startswith("[changed] The charter has changed since it was last signed. title:")
    assert "title: Card applications → Loans" in questions_of(otherwise)[0]
    assert 'id="changes"' in render(otherwise, digest=digest_of(otherwise))
    dossier = with_dossier(catalog, desk.version, content="under the other charter")
    desk.sign(VERA, dossier=dossier)
    assert under(desk, "Loans") == otherwise, "judged again, what some have signed already is the same dossier"
    newer = registered_version(catalog, name="m2")
    assert dossiers.assemble(catalog, version=newer.id)["changes"] == [], "a retrained model under a signed charter"
