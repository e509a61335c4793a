"""git as a witness: who committed since when; a hostile repository runs nothing, and what is not known is said."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from flywheel.adapters import git, programs
from flywheel.adapters.git import Commits, commits_to
from flywheel.adapters.programs import GIT

FILES = ("project.toml",)


def run(folder: Path, *words: str, author: str = "ana@b.example") -> str:
    """Let somebody work with git in a folder."""
    name, _, _ = author.partition("@")
    who = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", name), ("EMAIL", author))
    }
    environment = {"PATH": os.defpath, "HOME": str(folder), "GIT_CONFIG_GLOBAL": os.devnull, **who}
    return subprocess.run(
        [GIT.require(), *words], cwd=folder, env=environment, check=True, capture_output=True, text=True
    ).stdout


def commit(repository: Path, author: str, *, text: str, message: str = "work", name: str = "p/project.toml") -> str:
    """Let somebody commit a file; gives the commit."""
    (repository / name).parent.mkdir(exist_ok=True)
    (repository / name).write_text(text)
    run(repository, "add", "--all", author=author)
    run(repository, "commit", "-q", "-m", message, author=author)
    return run(repository, "rev-parse", "HEAD").strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    run(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def test_authors_and_co_authors_of_the_folder_are_named(repository: Path) -> None:
    commit(repository, "Ana@b.example", text="a")
    head = commit(repository, "eve@b.example", text="b", message="more\n\nCo-authored-by: Viktor <viktor@b.example>")
    commit(repository, "lea@b.example", text="x", name="elsewhere.txt")
    found = commits_to(repository / "p", files=FILES)
    assert found.authors == ("ana@b.example", "eve@b.example", "viktor@b.example")
    assert found.gaps == ()
    assert found.head != head


def test_whoever_commits_under_anothers_name_is_an_author_too(repository: Path) -> None:
    (repository / "p").mkdir()
    (repository / "p" / "project.toml").write_text("a")
    run(repository, "add", "--all")
    run(repository, "commit", "-q", "-m", "work", "--author", "Ghost <ghost@b.example>", author="vera@b.example")
    assert commits_to(repository / "p", files=FILES).authors == ("ghost@b.example", "vera@b.example")


def test_commit_without_an_address_is_a_gap(repository: Path) -> None:
    commit(repository, "ana@b.example", text="a")
    commit(repository, "m", text="b")
    found = commits_to(repository / "p", files=FILES)
    assert found.authors == ("ana@b.example",)
    assert "1 of the commits to the project's folder have no address" in found.gaps[0]


def test_history_that_is_too_long_to_read_is_a_gap(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git, "MOST_COMMITS", 2)
    for number in range(2):
        commit(repository, "ana@b.example", text=str(number))
    assert commits_to(repository / "p", files=FILES).gaps == ()
    commit(repository, "ana@b.example", text="3")
    assert "more than 2 commits" in commits_to(repository / "p", files=FILES).gaps[0]


def test_grafted_history_frees_nobody(repository: Path) -> None:
    commit(repository, "eve@b.example", text="a")
    head = commit(repository, "ana@b.example", text="b")
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "grafts").write_text(f"{head}\n")
    assert commits_to(repository / "p", files=FILES).authors == ("ana@b.example", "eve@b.example")


def test_only_commits_since_the_last_released_version_count(repository: Path) -> None:
    first = commit(repository, "ana@b.example", text="a")
    second = commit(repository, "eve@b.example", text="b")
    assert commits_to(repository / "p", files=FILES, since=first).authors == ("eve@b.example",)
    assert commits_to(repository / "p", files=FILES, since=second) == Commits((), second, ())


def test_unknown_commit_makes_everybody_count_and_is_said(repository: Path) -> None:
    commit(repository, "ana@b.example", text="a")
    for since in ("0" * 40, "--output=/tmp/x", "main"):
        found = commits_to(repository / "p", files=FILES, since=since)
        assert found.authors == ("ana@b.example",)
        assert "everybody who ever committed counts" in found.gaps[0]


def test_change_that_nobody_committed_is_said(repository: Path) -> None:
    commit(repository, "ana@b.example", text="a")
    (repository / "p" / "project.toml").write_text("changed by hand")
    assert "project.toml differs from its commit" in commits_to(repository / "p", files=FILES).gaps[0]


def test_a_folder_that_was_never_committed_is_told_once(repository: Path) -> None:
    commit(repository, "ana@b.example", text="a", name="elsewhere.txt")
    (repository / "p").mkdir(exist_ok=True)
    (repository / "p" / "project.toml").write_text("mine")
    found = commits_to(repository / "p", files=FILES)
    assert (found.authors, found.gaps) == (
        (),
        ("the project's folder was never committed, so its other authors are unknown",),
    )


def test_folder_without_git_is_said_and_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "is not in git" in commits_to(tmp_path, files=FILES).gaps[0]
    monkeypatch.setattr(programs, "SYSTEM_FOLDERS", ())
    assert "git is not installed" in commits_to(tmp_path, files=FILES).gaps[0]


def test_replaced_commit_frees_nobody(repository: Path) -> None:
    real = commit(repository, "ana@b.example", text="a")
    text = run(repository, "cat-file", "commit", "HEAD").replace("ana@b.example", "nobody@b.example")
    (repository / "forged").write_text(text)
    run(repository, "replace", real, run(repository, "hash-object", "-w", "-t", "commit", "forged").strip())
    assert "nobody@b.example" in run(repository, "log", "--format=%ae")
    assert commits_to(repository / "p", files=FILES).authors == ("ana@b.example",)


def test_repository_that_wants_to_run_something_runs_nothing(repository: Path) -> None:
    marker, program = repository / "it-ran", repository / "program"
    program.write_text(f"#!/bin/sh\ntouch {marker}\n")
    program.chmod(0o755)
    (repository / ".gitattributes").write_text("* filter=bad diff=bad\n")
    (repository / ".mailmap").write_text("Somebody <nobody@b.example> <ana@b.example>\n")
    commit(repository, "ana@b.example", text="a")
    sign_by_hand(repository)
    for key in (
        "core.fsmonitor",
        "gpg.program",
        "core.pager",
        "diff.bad.textconv",
        "filter.bad.clean",
        "diff.external",
    ):
        run(repository, "config", key, str(program))
    run(repository, "config", "log.showSignature", "true")
    run(repository, "config", "alias.log", f"!{program}")
    assert commits_to(repository / "p", files=FILES).authors == ("ana@b.example",)
    assert not marker.exists()


def sign_by_hand(repository: Path) -> None:
    """Give the last commit a signature, which git would hand to the repository's program to look at."""
    text = run(repository, "cat-file", "commit", "HEAD")
    head, blank, message = text.partition("\n\n")
    signed = f"{head}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----{blank}{message}"
    (repository / "signed").write_text(signed)
    made = run(repository, "hash-object", "-w", "-t", "commit", "signed").strip()
    run(repository, "update-ref", "HEAD", made)
