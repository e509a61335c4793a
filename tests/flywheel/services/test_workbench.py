"""A process's open resources: a project is used only as it was registered, and code is known by what it is."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from flywheel.adapters.programs import GIT
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import digest_bytes
from flywheel.domain.signoffs import Role
from flywheel.errors import NotFound, Tampered
from flywheel.project.loader import load_project
from flywheel.services.workbench import Workbench, code_state, making_code
from flywheel.settings import Settings
from tests.factories.charters import MINIMAL, write
from tests.factories.people import OWNER
from tests.factories.projects import make_policy, registered, submitted
from tests.factories.versions import registered_version

LATIN = "caf\u00e9".encode("latin-1")


@pytest.fixture
def bench(catalog: Catalog, settings: Settings) -> Iterator[Workbench]:
    opened = Workbench.open(settings)
    yield opened
    opened.catalog.close()


@pytest.fixture
def folder(catalog: Catalog, tmp_path: Path) -> Path:
    """A registered project's folder."""
    written = write(tmp_path / "tiny", MINIMAL)
    submitted(catalog, project=load_project(written), policy=make_policy(), actor=OWNER)
    return written


def test_a_registered_project_comes_with_its_record_and_its_policy(bench: Workbench, folder: Path) -> None:
    record, loaded = bench.registered("tiny")
    assert (record.project_digest, Path(record.path)) == (loaded.digest, folder)
    assert bench.policy_of("tiny") == make_policy()


def test_what_runs_is_what_was_registered_whatever_the_folder_holds_by_now(
    catalog: Catalog, bench: Workbench, folder: Path
) -> None:
    assert bench.unregistered("tiny") is None
    (folder / "hooks.py").write_text("def prepare(frame):\n    return frame\n")
    submitted(catalog, project=load_project(folder), policy=make_policy(), actor=OWNER)
    write(folder, MINIMAL.replace("A tiny project", "Another"))
    _, loaded = bench.registered("tiny")
    assert (loaded.charter.title, loaded.hook_source is None) == ("A tiny project", False)
    edited = bench.unregistered("tiny")
    assert edited is not None
    assert edited.charter.title == "Another"


def test_a_run_goes_on_with_the_charter_that_it_began_with(catalog: Catalog, bench: Workbench, folder: Path) -> None:
    _, before = bench.registered("tiny")
    project = load_project(write(folder, MINIMAL.replace("A tiny project", "Another")))
    submitted(catalog, project=project, policy=make_policy(), actor=OWNER)
    assert bench.registered("tiny", before.digest)[1].charter.title == "A tiny project"
    with pytest.raises(NotFound, match="no such charter"):
        bench.registered("tiny", "sha256:earlier")


def test_a_recorded_charter_that_was_altered_is_not_run(bench: Workbench, folder: Path) -> None:
    with bench.catalog.begin() as work:
        work.session.execute(text("UPDATE charter SET document = replace(document::text, 'tiny p', 'big p')::json"))
    with pytest.raises(Tampered, match="differs from the submitted one"):
        bench.registered("tiny")


def test_an_unknown_project_is_not_looked_for_on_the_disk(bench: Workbench) -> None:
    with pytest.raises(NotFound):
        bench.registered("nobody")


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "home"
    home.mkdir()
    (home / "code.py").write_text("x = 1\n")
    git(home, "init", "-q")
    git(home, "add", "code.py")
    git(home, "-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-q", "-m", "begin")
    code_state.cache_clear()
    yield home
    code_state.cache_clear()


def git(home: Path, *words: str) -> None:
    subprocess.run([GIT.require(), "-C", str(home), *words], check=True, capture_output=True)


def test_code_is_known_by_its_commit_and_by_what_differs_from_it(repository: Path) -> None:
    clean = code_state(repository)
    assert len(clean["commit"]) == 40
    assert clean["diff_digest"] == digest_bytes(b"")
    (repository / "code.py").write_text("x = 2\n")
    code_state.cache_clear()
    assert code_state(repository)["diff_digest"] != clean["diff_digest"]


def test_a_change_in_another_encoding_is_known_too(repository: Path) -> None:
    (repository / "code.py").write_bytes(b"# " + LATIN)
    assert code_state(repository)["diff_digest"] != digest_bytes(b"")


def test_a_file_that_git_does_not_know_yet_is_a_difference(repository: Path) -> None:
    (repository / "new.py").write_text("y = 1\n")
    first = code_state(repository)["diff_digest"]
    assert first != digest_bytes(b"")
    (repository / "new.py").write_text("y = 2\n")
    code_state.cache_clear()
    assert code_state(repository)["diff_digest"] != first


def test_only_code_between_sources_and_model_counts_as_making_it(tmp_path: Path) -> None:
    for name in ("project/split.py", "console/cli.py"):
        (tmp_path / "flywheel" / name).parent.mkdir(parents=True)
        (tmp_path / "flywheel" / name).write_text("x = 1\n")
    seen = []
    for name in ("", "console/cli.py", "project/split.py"):
        if name:
            (tmp_path / "flywheel" / name).write_text("x = 2\n")
        making_code.cache_clear()
        seen.append(making_code(tmp_path))
    making_code.cache_clear()
    assert seen[0] == seen[1] != seen[2]


def test_code_outside_git_is_said_to_be_so(tmp_path: Path) -> None:
    code_state.cache_clear()
    assert code_state(tmp_path)["commit"] == "not in git"
    code_state.cache_clear()


def test_a_version_keeps_the_policy_that_it_was_made_under(catalog: Catalog, bench: Workbench) -> None:
    once, now = make_policy(), make_policy({Role.BUSINESS: 2, Role.VALIDATOR: 2})
    registered(catalog, policy=once)
    version = registered_version(catalog)
    registered(catalog, policy=now)
    assert bench.policy_of(version.project) == now
    assert bench.policy_pinned(version.id) == once
