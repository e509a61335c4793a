"""The notary's office: it ends where its code is no longer what is on the disk, and whoever asked asks the next one."""

from __future__ import annotations

import ast
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, cast

from flywheel.services import notary_office

HOME = Path(__file__).resolve().parents[3]
KNOWN = """
from flywheel.services import notary_office
from flywheel.services.people.notary import DECISIONS
print(*DECISIONS)
"""


def test_a_notary_whose_code_changed_answers_nobody_by_the_old_one_and_ends(tmp_path: Path) -> None:
    path, nothing = str(tmp_path / "line"), cast("Any", None)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen(1)
        office = threading.Thread(
            target=notary_office.serve, args=(listener, nothing), kwargs={"is_stale": lambda: True}
        )
        office.start()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.settimeout(10)
            asking.connect(path)
            assert asking.recv(1) == b"", "the line breaks, and the same request is sent again"
        office.join(10)
        assert not office.is_alive()


def test_the_office_alone_knows_every_decision_that_is_written_down() -> None:
    """In a process of its own, as it runs: whatever tests import beside it would be known here too."""
    known = subprocess.run([sys.executable, "-c", KNOWN], cwd=HOME, capture_output=True, text=True, check=True)
    written = {
        f"{path.stem}.{act.name}"
        for path in (HOME / "flywheel").rglob("*.py")
        for act in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(act, ast.FunctionDef) and "notarised" in map(ast.unparse, act.decorator_list)
    }
    assert set(known.stdout.split()) == written
