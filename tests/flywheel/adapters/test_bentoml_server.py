"""Server processes: named faults at the start, and none left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flywheel.adapters.bentoml_server import listen
from flywheel.errors import Unavailable
from tests.factories.serving import SEAL, built_package

PARENT = """
import sys, time
from pathlib import Path
from flywheel.adapters.bentoml_server import listen, start_endpoint, wait_ready
from flywheel.project.contract import Mode
root = Path(sys.argv[2])
server = start_endpoint(Path(sys.argv[1]), public_key=sys.argv[3], listener=listen("127.0.0.1", 0),
                        predictions_root=root / "p", log_path=root / "log", mode=Mode.RULE)
wait_ready(server)
print(server.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.scenario
def test_a_server_ends_when_the_one_who_started_it_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(built_package()[0].path), str(tmp_path), SEAL.public_key]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while (is_there := Path(f"/proc/{pid}/stat").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text()) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.05)  # another process's end cannot be waited for, only looked at
    assert not is_there


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(Unavailable, match=str(other.getsockname()[1])):
            listen("127.0.0.1", other.getsockname()[1])
