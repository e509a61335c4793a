"""Sealed folders: everything in them counts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flywheel.errors import InputRefused, NotFound, Tampered
from flywheel.project.tabular.folder import folder_digest, read_verified


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "f" / "sub").mkdir(parents=True)
    (tmp_path / "f" / "a.txt").write_text("a")
    (tmp_path / "f" / "sub" / "b.txt").write_text("b")
    return tmp_path / "f"


def test_all_files_are_read_once_and_returned(folder: Path) -> None:
    assert read_verified(folder, folder_digest(folder)) == {"a.txt": b"a", "sub/b.txt": b"b"}


@pytest.mark.parametrize("change", ["edit", "rename", "move", "delete", "add"])
def test_any_change_changes_the_digest(folder: Path, change: str) -> None:
    before = folder_digest(folder)
    match change:
        case "edit":
            (folder / "a.txt").write_text("A")
        case "rename":
            (folder / "a.txt").rename(folder / "c.txt")
        case "move":
            (folder / "a.txt").rename(folder / "sub" / "a.txt")
        case "delete":
            (folder / "a.txt").unlink()
        case "add":
            (folder / "c.txt").touch()
    with pytest.raises(Tampered):
        read_verified(folder, before)


@pytest.mark.parametrize("name", [".git", "__pycache__", ".hidden", "new\nline", "back\\slash"])
def test_forbidden_names_are_refused(folder: Path, name: str) -> None:
    (folder / name).mkdir()
    (folder / name / "x.py").write_text("x")
    with pytest.raises(InputRefused, match="forbidden name"):
        folder_digest(folder)


def test_an_empty_folder_is_refused(folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(InputRefused, match="empty folder"):
        folder_digest(folder)


def test_folders_without_a_bottom_are_refused(folder: Path) -> None:
    deep = folder / ("d/" * 40)
    deep.mkdir(parents=True)
    (deep / "a.txt").touch()
    with pytest.raises(InputRefused, match="too deep"):
        folder_digest(folder)


@pytest.mark.parametrize("kind", ["link", "folder link", "pipe"])
def test_links_and_special_files_are_refused(folder: Path, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(folder / "x")
    else:
        (folder / "x").symlink_to("a.txt" if kind == "link" else "sub")
    with pytest.raises(InputRefused, match="link or special file"):
        folder_digest(folder)


def test_a_link_to_a_folder_is_no_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "l").symlink_to(folder)
    with pytest.raises(NotFound):
        folder_digest(tmp_path / "l")


def test_a_sparse_giant_is_refused_before_it_is_read(folder: Path) -> None:
    with (folder / "big").open("wb") as file:
        file.truncate(20 * 1024**3)
    with pytest.raises(InputRefused, match="too large"):
        folder_digest(folder)
