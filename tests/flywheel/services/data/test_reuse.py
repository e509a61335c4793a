"""Another project's data are read under its owner's terms, or not at all."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.domain.gates import Verdict
from flywheel.errors import FlywheelError, InputRefused, NotFound, Refused
from flywheel.project.charter.source import Source
from flywheel.project.loader import Project
from flywheel.services.data import preparation
from flywheel.services.data.reuse import Shared, find_shared
from flywheel.settings import Settings
from tests.factories import datasets
from tests.factories.datasets import OWNED, owned_table, reader
from tests.factories.projects import make_policy


@pytest.fixture
def artifacts(settings: Settings) -> Artifacts:
    return Artifacts(settings.artifacts_root)


def shared(catalog: Catalog, project: Project) -> Shared:
    assert project.charter.data is not None
    return find_shared(catalog, source=project.charter.data.sources["rows"])


def test_the_newest_version_is_read_unless_one_is_named(catalog: Catalog, artifacts: Artifacts) -> None:
    old, new = owned_table(catalog, artifacts), owned_table(catalog, artifacts, rows=4)
    assert shared(catalog, reader()).id == new.id
    named = f"dataset://{OWNED}/training@{old.digest.removeprefix('sha256:')[:8]}"
    assert shared(catalog, reader(named)).id == old.id


def test_a_column_that_its_owner_may_not_use_is_not_passed_on(catalog: Catalog, artifacts: Artifacts) -> None:
    owned_table(catalog, artifacts)
    assert shared(catalog, reader()).columns == ("x", "y")


def test_data_are_not_read_for_another_purpose_than_allowed(catalog: Catalog, artifacts: Artifacts) -> None:
    owned_table(catalog, artifacts)
    with pytest.raises(Refused, match="for this purpose; found 'marketing'; allowed: 'credit decision'"):
        shared(catalog, reader(purpose="marketing"))


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.WARNED, Verdict.ERROR, Verdict.NOT_EVALUATED, None])
def test_data_that_did_not_pass_their_gates_are_not_passed_on(
    catalog: Catalog, artifacts: Artifacts, verdict: Verdict | None
) -> None:
    owned_table(catalog, artifacts)
    owned_table(catalog, artifacts, rows=4, verdict=verdict)
    with pytest.raises(Refused, match="did not pass its own data gates"):
        shared(catalog, reader())


def test_a_warning_is_passed_on_where_the_owners_policy_opens_on_it(
    catalog: Catalog, artifacts: Artifacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "make_policy", lambda: make_policy(warned_opens=True))
    warned = owned_table(catalog, artifacts, verdict=Verdict.WARNED)
    assert shared(catalog, reader()).id == warned.id


@pytest.mark.parametrize(
    "uri", ["dataset://no-such/training", f"dataset://{OWNED}/other", f"dataset://{OWNED}/training@00000000"]
)
def test_what_is_not_there_is_named(catalog: Catalog, artifacts: Artifacts, uri: str) -> None:
    owned_table(catalog, artifacts)
    with pytest.raises(NotFound):
        shared(catalog, reader(uri))


def test_a_dataset_is_ingested_with_its_own_version_as_origin(
    catalog: Catalog, artifacts: Artifacts, settings: Settings
) -> None:
    owned = owned_table(catalog, artifacts)
    read = preparation.ingest(reader(), settings=settings, artifacts=artifacts, catalog=catalog)["rows"]
    assert [(origin.kind, origin.name) for origin in read.origins] == [("dataset", owned.id)]
    assert list(artifacts.get_frame(read.digest).columns) == ["x", "y"]
    before = preparation.fingerprint_sources(reader(), settings=settings, catalog=catalog)
    assert before == preparation.fingerprint_of({"rows": read.origins})
    owned_table(catalog, artifacts, rows=5)
    assert preparation.fingerprint_sources(reader(), settings=settings, catalog=catalog) != before


def test_without_a_record_no_dataset_is_guessed(artifacts: Artifacts, settings: Settings) -> None:
    with pytest.raises(InputRefused, match="where there is a record"):
        preparation.ingest(reader(), settings=settings, artifacts=artifacts)


@pytest.mark.parametrize("uri", ["dataset://a", "dataset://../x/y", "dataset://bank/training@xyz", "dataset:bank/x"])
def test_an_address_that_names_no_dataset_is_refused(uri: str) -> None:
    with pytest.raises(FlywheelError, match="is not a dataset of a project"):
        reader(uri)


def test_a_dataset_is_read_for_a_stated_purpose() -> None:
    with pytest.raises(ValidationError, match="read for a purpose"):
        Source(uri=f"dataset://{OWNED}/training")
