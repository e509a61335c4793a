"""The warm parent and its client: a run behaves as if it had been started directly."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
from collections.abc import Callable
from pathlib import Path

from deployments.warm_runner import client
from deployments.warm_runner.freshness import FOLDERS
from tests.deployments.waiting import eventually, is_alive
from tests.deployments.warm_runner.conftest import HOME, Warm

ENDLESS = "import os, time; print(os.getpid(), flush=True)\nwhile True: time.sleep(0.05)"


def test_run_gets_the_clients_arguments_environment_folder_and_files(warm: Warm) -> None:
    program = "import os, sys; print(sys.argv[1:], os.environ['MARK'], os.getcwd()); print('e', file=sys.stderr)"
    assert warm.run(program, "a", "b") == (0, f"['a', 'b'] here {warm.programs.resolve()}\n", "e\n")


def test_exit_status_is_the_clients(warm: Warm) -> None:
    assert warm.run("import sys; sys.exit(7)")[0] == 7


def test_uncaught_exception_ends_with_its_traceback(warm: Warm) -> None:
    status, _, errors = warm.run("raise ValueError('broken')")
    assert status == 1
    assert errors.rstrip().endswith("ValueError: broken")


def test_exit_functions_run(warm: Warm) -> None:
    assert warm.run("import atexit; atexit.register(print, 'last words')")[1] == "last words\n"


def test_crash_of_a_child_ends_the_client_by_the_same_signal_and_spares_the_parent(warm: Warm) -> None:
    assert warm.run("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")[0] == -signal.SIGSEGV
    assert warm.run("print('next')")[1] == "next\n"


def test_crash_of_the_parent_ends_its_runs_and_says_so(warm: Warm) -> None:
    started = warm.start(ENDLESS)
    assert started.stdout is not None
    child = int(started.stdout.readline())
    warm.running.kill()
    _, errors = started.communicate(timeout=20)
    assert started.returncode == client.BROKEN
    assert "the warm runner died" in errors
    eventually(lambda: not is_alive(child), "the child dies with its parent")


def test_no_parent_gives_one_clear_message(short_folder: Path, capfd, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(client, "CONNECT_SECONDS", 0.0)
    pid = os.fork()
    if pid == 0:
        os._exit(client.main([str(short_folder / "nobody.sock")]))
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == client.NOT_THERE
    assert "no warm runner answers" in capfd.readouterr().err


def test_sigterm_of_the_client_reaches_the_run(warm: Warm) -> None:
    program = "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\nprint(1, flush=True)\n"
    started = warm.start(program + "while True: signal.pause()")
    assert started.stdout is not None
    started.stdout.readline()
    started.terminate()
    started.communicate(timeout=20)
    assert started.returncode == 5


def test_cancellation_by_killing_the_client_ends_the_run_and_what_it_started(warm: Warm) -> None:
    program = "import subprocess, sys; p = subprocess.Popen(['sleep', '600']); print(p.pid, flush=True); p.wait()"
    started = warm.start(program)
    assert started.stdout is not None
    grandchild = int(started.stdout.readline())
    started.kill()
    started.communicate(timeout=20)
    eventually(lambda: warm.facts()["runs"] == [], "the run is gone")
    eventually(lambda: not is_alive(grandchild), "what the run started is gone")


def test_run_that_ignores_sigterm_is_killed_after_the_grace(warm: Warm) -> None:
    program = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{ENDLESS}"
    started = warm.start(program)
    assert started.stdout is not None
    child = int(started.stdout.readline())
    started.kill()
    started.communicate(timeout=20)
    eventually(lambda: not is_alive(child), "the stubborn child is killed")


def test_sigterm_lets_present_runs_end_and_takes_no_new_ones(warm: Warm) -> None:
    started = warm.start("import os, sys; print(1, flush=True)\nwhile not os.path.exists('end'): pass\nsys.exit(4)")
    assert started.stdout is not None
    started.stdout.readline()
    warm.running.terminate()
    eventually(lambda: client.ask(warm.socket, "facts") is None, "the socket is closed")
    assert warm.running.poll() is None
    (warm.programs / "end").touch()
    started.communicate(timeout=20)
    assert started.returncode == 4
    assert warm.running.wait(20) == 0


def test_second_sigterm_ends_the_runs(warm: Warm) -> None:
    started = warm.start(ENDLESS)
    assert started.stdout is not None
    started.stdout.readline()
    warm.running.terminate()
    eventually(lambda: client.ask(warm.socket, "facts") is None, "the socket is closed")
    warm.running.terminate()
    started.communicate(timeout=20)
    assert started.returncode == -signal.SIGTERM
    assert warm.running.wait(20) == 0


def test_memory_is_steady_over_two_hundred_runs(warm: Warm) -> None:
    for _ in range(20):
        warm.run("")
    before = _kilobytes(warm.running.pid)
    descriptors = len(list(Path(f"/proc/{warm.running.pid}/fd").iterdir()))
    for _ in range(200):
        assert warm.run("x = bytearray(1_000_000)")[0] == 0
    assert _kilobytes(warm.running.pid) - before < 1_000
    assert len(list(Path(f"/proc/{warm.running.pid}/fd").iterdir())) == descriptors


def test_socket_is_private(warm: Warm) -> None:
    assert stat.S_IMODE(Path(warm.socket).stat().st_mode) == 0o600


def test_parent_with_threads_refuses_to_fork(start_parent: Callable[..., Warm], short_folder: Path) -> None:
    threaded = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    (short_folder / "programs").mkdir()
    (short_folder / "programs" / "threaded.py").write_text(threaded, encoding="utf-8")
    status, _, errors = start_parent("threaded").run("print(1)")
    assert status == client.BROKEN
    assert "has 2 threads and may not fork" in errors


def test_parent_that_cannot_fork_refuses_the_run_and_lives_on(
    start_parent: Callable[..., Warm], short_folder: Path
) -> None:
    crowded = "import os\ndef fork():\n    os.fork = kept\n    raise BlockingIOError(11, 'too many')\n"
    (short_folder / "programs").mkdir()
    (short_folder / "programs" / "crowded.py").write_text(f"{crowded}kept, os.fork = os.fork, fork\n", encoding="utf-8")
    warm = start_parent("crowded")
    status, _, errors = warm.run("print(1)")
    assert (status, "cannot start a run now: [Errno 11] too many" in errors) == (client.BROKEN, True)
    assert warm.run("print(1)") == (0, "1\n", "")


def test_message_that_is_no_json_is_refused_and_the_parent_lives_on(warm: Warm) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(warm.socket)
        connection.sendall(client.LENGTH.pack(5) + b"hello")
        assert connection.recv(1) == b""
    assert warm.run("print(1)") == (0, "1\n", "")


def test_changed_code_is_noticed_and_no_run_is_lost(start_parent: Callable[..., Warm], short_folder: Path) -> None:
    home = _small_home(short_folder)
    warm = start_parent("flows.sample", home=home)
    program = "import flows.sample; print(flows.sample.VALUE)"
    assert warm.run(program) == (0, "1\n", "")
    before = warm.start("import sys, time; print(1, flush=True); time.sleep(1); sys.exit(6)")
    assert before.stdout is not None
    before.stdout.readline()
    (home / "flows" / "sample.py").write_text("VALUE = 'two'\n", encoding="utf-8")
    assert warm.run(program)[1] == "two\n"
    before.communicate(timeout=20)
    assert before.returncode == 6


def test_unchanged_code_is_not_read_again(start_parent: Callable[..., Warm], short_folder: Path) -> None:
    warm = start_parent("flows.sample", home=_small_home(short_folder))
    warm.run("print(1)")
    assert b"starting anew" not in (short_folder / "parent.log").read_bytes()


def _small_home(folder: Path) -> Path:
    home = folder / "home"
    for name in FOLDERS:
        (home / name).mkdir(parents=True)
    shutil.copytree(HOME / "deployments", home / "deployments", dirs_exist_ok=True)
    (home / "flywheel").rmdir()
    shutil.copytree(HOME / "flywheel", home / "flywheel")
    (home / "flows" / "__init__.py").touch()
    (home / "flows" / "sample.py").write_text("VALUE = 1\n", encoding="utf-8")
    return home


def _kilobytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")
