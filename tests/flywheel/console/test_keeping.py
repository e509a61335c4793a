"""A session's file: its user's alone, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from flywheel.console.keeping import Kept, forget, keep, read
from flywheel.errors import Refused

MINE = Kept("ana@bank.example", "a-token")


def test_what_is_kept_is_read_again_by_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "home" / "session.json"
    assert read(path) is None
    keep(path, Kept("vera@bank.example", "older"))
    keep(path, MINE)
    assert (read(path), path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (MINE, 0o600, 0o700)
    assert list(path.parent.iterdir()) == [path]
    forget(path)
    forget(path)
    assert read(path) is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "session.json"
    keep(path, MINE)
    path.chmod(mode)
    with pytest.raises(Refused, match="not this user's alone"):
        read(path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"person": "x"}'])
def test_a_file_that_is_no_session_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "session.json"
    keep(path, MINE)
    path.write_text(text)
    with pytest.raises(Refused, match="cannot be read"):
        read(path)


def test_a_link_to_somebody_elses_file_is_not_followed(tmp_path: Path) -> None:
    keep(tmp_path / "theirs.json", MINE)
    (tmp_path / "session.json").symlink_to(tmp_path / "theirs.json")
    with pytest.raises(OSError, match="symbolic links"):
        read(tmp_path / "session.json")
