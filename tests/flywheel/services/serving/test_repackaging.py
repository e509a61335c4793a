"""Repackaging: only the very same bytes are called mended, and what was altered is kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flywheel.adapters.bentoml import PACKAGE, Package
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Digest, Json
from flywheel.errors import NotFound, Refused, Unavailable
from flywheel.project.manifest import write_manifest
from flywheel.services.incidents import incidents
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
from flywheel.services.serving import alterations
from flywheel.services.serving.repackaging import Mended, mend_package
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, OWNER, VERA, logged_in
from tests.factories.projects import SLUG
from tests.factories.serving import SEAL
from tests.factories.versions import judged
from tests.fakes.clock import SettableClock


def build(path: Path, content: str = "{}") -> Digest:
    """A sealed package of one file."""
    path.mkdir(parents=True)
    (path / "model.json").write_text(content)
    return write_manifest(path, kind=PACKAGE, about={}, signer=SEAL)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "packages" / SLUG / "abc"


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock, path: Path) -> Desk:
    """A version in production, whose package lies at the path."""
    made = make_desk(catalog, identity, clock)
    made.sign(BEN)
    made.sign(VERA)
    package: dict[str, Json] = {"path": str(path), "digest": build(path), "tag": "x"}
    judged(catalog, made.version, key="package", package=str(package["digest"]))
    made.release(package)
    return made


def owner(desk: Desk) -> Proof:
    """What the owner shows."""
    return logged_in(desk.catalog, desk.identity, OWNER)


def mend(desk: Desk, path: Path, *, content: str = "{}") -> Mended:
    """Mend by a builder that makes this content."""

    def make(version: str) -> Package:
        assert version == desk.version.id
        return Package("x", path, build(path, content))

    root = path.parents[2] / "altered"
    return mend_package(
        desk.catalog, project=SLUG, public_key=SEAL.public_key, make=make, aside_root=root, proof=owner(desk)
    )


def alter(desk: Desk, path: Path) -> None:
    (path / "model.json").write_text("[]")
    alterations.report_altered(
        desk.catalog, endpoint=SLUG, generation=1, what="altered", is_serving=True, actor="steward"
    )


def test_an_altered_package_is_made_again_and_kept_aside_and_its_incident_is_resolved(desk: Desk, path: Path) -> None:
    alter(desk, path)
    done = mend(desk, path)
    assert (path / "model.json").read_text() == "{}"
    assert (Path(done.aside) / "model.json").read_text() == "[]"
    (incident,) = incidents.list_incidents(desk.catalog, project=SLUG)
    assert done.resolved == (incident.id,)
    assert (incident.resolved_by, done.aside in incident.resolution) == (OWNER, True)


def test_a_package_that_is_gone_is_made_again(desk: Desk, path: Path) -> None:
    shutil.rmtree(path)
    assert mend(desk, path).aside == ""
    assert (path / "model.json").exists()


def test_a_package_that_was_put_back_by_hand_is_not_made_again(desk: Desk, path: Path) -> None:
    alter(desk, path)
    (path / "model.json").write_text("{}")
    done = mend(desk, path, content="another")
    assert (done.aside, len(done.resolved)) == ("", 1)


def test_another_package_is_not_called_mended(desk: Desk, path: Path) -> None:
    alter(desk, path)
    with pytest.raises(Refused, match=r"only be rebuilt as a different package.*the altered files are in /"):
        mend(desk, path, content="another")
    assert len(incidents.list_incidents(desk.catalog, project=SLUG, is_unresolved=True)) == 1


def test_each_altered_package_keeps_a_place_of_its_own(desk: Desk, path: Path) -> None:
    asides = set()
    for _ in range(2):
        alter(desk, path)
        asides.add(mend(desk, path).aside)
    assert len(asides) == 2


def test_a_place_that_is_taken_is_not_taken_again(desk: Desk, path: Path) -> None:
    asides = []
    for _ in range(2):
        alter(desk, path)
        asides.append(Path(mend(desk, path).aside))
    shutil.rmtree(asides[0])  # somebody has looked at it
    alter(desk, path)
    assert mend(desk, path).aside == str(asides[0])
    assert asides[1].exists()


def test_where_nothing_can_be_made_again_the_altered_files_stay_where_they_were(desk: Desk, path: Path) -> None:
    alter(desk, path)

    def fail(version: str) -> Package:
        raise Unavailable(f"{version} cannot be built")

    root = path.parents[2] / "altered"
    with pytest.raises(Unavailable, match="cannot be built"):
        mend_package(
            desk.catalog, project=SLUG, public_key=SEAL.public_key, make=fail, aside_root=root, proof=owner(desk)
        )
    assert (path / "model.json").read_text() == "[]"
    assert mend(desk, path).aside.startswith(str(root))


def test_a_project_that_is_not_there_has_nothing_to_mend(desk: Desk, path: Path) -> None:
    with pytest.raises(NotFound, match="no such project"):
        mend_package(
            desk.catalog,
            project="nobody",
            public_key=SEAL.public_key,
            make=lambda _: Package("x", path, Digest("")),
            aside_root=path,
            proof=owner(desk),
        )
