"""One other user passes through folders that were closed, and nobody else does."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from flywheel.adapters.passage import LIST, let_pass
from flywheel.adapters.postgres import server as postgres_server
from flywheel.errors import Unavailable

ONE, ANOTHER = 54_321, 54_322

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")


def reads(path: Path, uid: int) -> bool:
    return works(["/bin/cat", str(path)], uid)


def lists(path: Path, uid: int) -> bool:
    return works(["/bin/ls", str(path)], uid)


def works(command: list[str], uid: int) -> bool:
    ended = subprocess.run(command, user=uid, group=uid, extra_groups=[], check=False, capture_output=True)
    return ended.returncode == 0


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A folder that its owner alone may enter; what lies above it is open here."""
    for above in tmp_path.parents:
        if above.stat().st_uid == os.geteuid() and not above.stat().st_mode & 1:
            let_pass(above, ONE)
            let_pass(above, ANOTHER)
    tmp_path.chmod(0o711)
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    (folder / "file").write_text("open to all who come by")
    return folder


def test_the_user_passes_and_looks_at_nothing_and_no_other_does(closed: Path) -> None:
    assert not reads(closed / "file", ONE)
    for _ in range(2):
        let_pass(closed, ONE)
        assert (reads(closed / "file", ONE), reads(closed / "file", ANOTHER)) == (True, False)
    assert not lists(closed, ONE)
    assert closed.stat().st_mode & 0o007 == 0


def test_a_second_user_takes_nothing_from_the_first_and_a_list_that_was_masked_is_opened_again(closed: Path) -> None:
    let_pass(closed, ANOTHER)
    let_pass(closed, ONE)
    closed.chmod(0o700)
    assert not reads(closed / "file", ONE)
    let_pass(closed, ONE)
    assert (reads(closed / "file", ONE), reads(closed / "file", ANOTHER)) == (True, True)


def test_a_folder_that_all_may_pass_stays_as_it_is(closed: Path) -> None:
    closed.chmod(0o701)
    let_pass(closed, ONE)
    assert (LIST in os.listxattr(closed), closed.stat().st_mode & 0o777) == (False, 0o701)


def test_where_a_file_system_keeps_no_lists_the_way_out_is_said() -> None:
    with pytest.raises(Unavailable, match=r"cannot pass through /proc/1/task.*chmod o\+x"):
        let_pass(Path("/proc/1/task/1/fd"), ONE)


def test_the_server_runs_below_folders_that_stay_closed_to_others() -> None:
    with tempfile.TemporaryDirectory(prefix="fw-") as short:  # made with mode 0700
        folder = Path(short) / "root" / "pg"
        with postgres_server.embedded_server(folder, password="word"):
            assert (postgres_server.socket_folder(folder) / ".s.PGSQL.5432").exists()
        assert {place.stat().st_mode & 0o007 for place in (folder, folder.parent, Path(short))} == {0}
