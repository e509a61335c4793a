"""Who can sign is said for each project, as the record will decide it."""

from __future__ import annotations

from flywheel.catalog.engine import Catalog
from flywheel.domain.signoffs import Role
from flywheel.services.people import people
from flywheel.services.people.identity import Identity
from flywheel.services.people.signers import everybody
from tests.factories.people import ADMIN, BEN, OWNER, VERA, enrol
from tests.factories.projects import SLUG, registered
from tests.factories.versions import registered_version


def test_nobody_is_said_to_sign_what_they_are_an_author_of(catalog: Catalog, identity: Identity) -> None:
    registered(catalog)
    registered(catalog, "loans")
    version = registered_version(catalog)
    enrol(catalog, identity, VERA, OWNER)
    _gave(catalog, OWNER, {SLUG: {Role.IT}, "loans": {Role.OWNER}})
    known = {one.person: one for one in everybody(catalog)}
    assert OWNER in version.authors
    assert known[OWNER].sentence() == f"not {version.id}: an author"
    assert SLUG in known[VERA].signs
    assert known[BEN].sentence() == "no: not enrolled yet"


def test_a_role_everywhere_leaves_out_what_one_is_an_author_of(catalog: Catalog, identity: Identity) -> None:
    registered(catalog)
    version = registered_version(catalog)
    enrol(catalog, identity, VERA, OWNER)
    _gave(catalog, OWNER, {people.EVERYWHERE: {Role.LEGAL}})
    _gave(catalog, VERA, {people.EVERYWHERE: {Role.LEGAL}})
    known = {one.person: one for one in everybody(catalog)}
    assert known[OWNER].sentence() == f"all others; not {version.id}: an author"
    assert known[VERA].sentence() == "all projects"


def test_what_counts_is_the_newest_version(catalog: Catalog, identity: Identity) -> None:
    registered(catalog)
    registered_version(catalog)
    newer = registered_version(catalog, name="m2")
    enrol(catalog, identity, OWNER)
    _gave(catalog, OWNER, {SLUG: {Role.IT}})
    known = {one.person: one for one in everybody(catalog)}
    assert known[OWNER].author_of == (newer.id,)


def test_who_only_administers_signs_nothing(catalog: Catalog, identity: Identity) -> None:
    registered(catalog)
    enrol(catalog, identity, OWNER)
    known = {one.person: one for one in everybody(catalog)}
    assert known[OWNER].sentence() == "no: no role that signs"


def _gave(catalog: Catalog, person: str, roles: dict[str, set[Role]]) -> None:
    with catalog.begin() as work:
        people.grant_in(work, person=person, roles=roles, actor=ADMIN, is_founding=True)
