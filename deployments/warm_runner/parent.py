"""Wait for runs with everything imported; fork a child for each.

Run as `python -m deployments.warm_runner.parent SOCKET`. One thread, no connections: only so may a process fork.
SIGTERM drains (no new runs, the present ones end); a second SIGTERM or SIGINT ends them.
When code or lock change, the parent starts itself anew, keeping its socket and its runs.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from deployments.warm_runner import child
from deployments.warm_runner.client import receive_frame, send_frame
from deployments.warm_runner.freshness import fingerprint
from deployments.warm_runner.preload import CORE, THREADLESS, Preload
from deployments.warm_runner.sockets import (
    STATE_VARIABLE,
    Run,
    close_all,
    inherited,
    keep,
    launch_of,
    listen,
    receive_request,
    refuse,
)
from flywheel.errors import counted

GRACE_SECONDS = 5.0
REQUEST_SECONDS = 5.0
FRESHNESS_SECONDS = 2.0
"""How often an idle parent looks whether its code changed; before each run it looks anyway."""


class Parent:
    """The socket, the runs, and what is left to import."""

    def __init__(self, listener: socket.socket, *, home: Path, preload: Preload, runs: Iterable[Run] = ()) -> None:
        self._listener: socket.socket | None = listener
        self._home = home
        self._preload = preload
        self._fingerprint = fingerprint(home)
        self._looked_at = time.monotonic()
        self._runs = {run.pid: run for run in runs}
        self._selector = selectors.DefaultSelector()
        self._waker, self._wakened = _waker()
        self._stops = 0
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._waker, selectors.EVENT_READ, self._wake)
        for run in self._runs.values():
            self._watch(run)

    def serve(self) -> child.Launch | None:
        """Work until drained, which gives None; in a forked child give what it is to run."""
        while not self._is_drained():
            for key, _ in self._selector.select(self._timeout()):
                callback: Callable[[], child.Launch | None] = key.data
                launch = callback()
                if launch is not None:
                    return launch
            self._reap()
            self._kill_overdue()
            self._use_idle_time()
        return None

    def stop(self, number: int, frame: object) -> None:
        """Note a signal: the first drains, the second (or an interrupt) ends the runs."""
        del frame
        self._stops += 2 if number == signal.SIGINT else 1

    def _is_drained(self) -> bool:
        if self._stops and self._listener is not None:
            self._selector.unregister(self._listener)
            self._listener.close()
            self._listener = None
        if self._stops > 1:
            for run in self._runs.values():
                self._terminate(run)
        return bool(self._stops) and not self._runs

    def _timeout(self) -> float | None:
        if self._runs and any(run.kill_at for run in self._runs.values()):
            return 0.1
        return FRESHNESS_SECONDS if self._preload.is_complete else 0.0

    def _use_idle_time(self) -> None:
        if self._stops or self._selector.select(0):
            return
        if not self._preload.is_complete:
            self._preload.step()
            if self._preload.is_complete:
                gc.collect()
                gc.freeze()
                _say(f"ready: {counted(len(self._preload.loaded), 'module')} in {self._preload.seconds:.1f} s")
        elif time.monotonic() - self._looked_at > FRESHNESS_SECONDS:
            self._restart_if_stale()

    def _restart_if_stale(self) -> None:
        """Become a new parent when code changed; whoever is waiting in the listening socket's queue stays there."""
        self._looked_at = time.monotonic()
        if fingerprint(self._home) == self._fingerprint or self._listener is None:
            return
        _say("code changed: starting anew")
        kept = [
            {"pid": run.pid, "descriptor": keep(run.connection), "kill_at": run.kill_at} for run in self._runs.values()
        ]
        state = {"listener": keep(self._listener), "runs": kept}
        environment = {**os.environ, STATE_VARIABLE: json.dumps(state)}
        os.execve(sys.executable, [sys.executable, "-m", "deployments.warm_runner.parent", *sys.argv[1:]], environment)  # noqa: S606  ourselves again

    def _accept(self) -> child.Launch | None:
        if self._listener is None:
            return None
        self._restart_if_stale()
        connection, _ = self._listener.accept()
        connection.settimeout(REQUEST_SECONDS)
        try:
            request, descriptors = receive_request(connection)
        except OSError as error:
            _say(f"request refused: {error}")
            connection.close()
            return None
        if request.get("kind") == "run" and len(descriptors) == 3:
            return self._start(connection, launch_of(request, descriptors))
        with suppress(OSError), connection:
            send_frame(connection, self._facts())
        return None

    def _start(self, connection: socket.socket, launch: child.Launch) -> child.Launch | None:
        parent = os.getpid()
        try:
            pid = _fork()
        except OSError as error:  # this run cannot be started now; the others go on
            _say(f"a run was refused: {error}")
            refuse(connection, launch.descriptors, f"the warm parent cannot start a run now: {error}")
            return None
        if pid == 0:
            self._leave(connection)
            child.become_own_session(parent)
            return launch
        close_all(launch.descriptors)
        run = Run(pid, connection)
        self._runs[pid] = run
        self._watch(run)
        with suppress(OSError):
            send_frame(connection, {"pid": pid})
        return None

    def _leave(self, connection: socket.socket) -> None:
        """In the child: close everything that is the parent's."""
        signal.set_wakeup_fd(-1)
        self._selector.close()
        for end in (
            self._listener,
            self._waker,
            self._wakened,
            connection,
            *(run.connection for run in self._runs.values()),
        ):
            if end is not None:
                end.close()

    def _watch(self, run: Run) -> None:
        if run.connection is not None:
            self._selector.register(run.connection, selectors.EVENT_READ, lambda: self._hear(run))

    def _hear(self, run: Run) -> None:
        """Pass a client's signal on; a client that is gone takes its run with it."""
        if run.connection is None:
            return
        try:
            frame = receive_frame(run.connection)
        except OSError:
            frame = None
        if frame is not None:
            with suppress(ProcessLookupError):
                os.kill(run.pid, int(str(frame["signal"])))
            return
        self._forget_client(run)
        self._terminate(run)

    def _terminate(self, run: Run) -> None:
        if run.kill_at is None:
            run.kill_at = time.monotonic() + GRACE_SECONDS
            _signal_group(run.pid, signal.SIGTERM)

    def _kill_overdue(self) -> None:
        for run in self._runs.values():
            if run.kill_at is not None and time.monotonic() > run.kill_at:
                _signal_group(run.pid, signal.SIGKILL)

    def _reap(self) -> None:
        for run in tuple(self._runs.values()):
            pid, status = os.waitpid(run.pid, os.WNOHANG)
            if pid == 0:
                continue
            _signal_group(pid, signal.SIGKILL)  # whatever the run left behind
            del self._runs[pid]
            if run.connection is not None:
                with suppress(OSError):
                    send_frame(run.connection, {"exit": os.waitstatus_to_exitcode(status)})
                self._forget_client(run)

    def _forget_client(self, run: Run) -> None:
        if run.connection is not None:
            self._selector.unregister(run.connection)
            run.connection.close()
            run.connection = None

    def _wake(self) -> None:
        with suppress(BlockingIOError):
            while self._waker.recv(512):
                pass

    def _facts(self) -> dict[str, object]:
        return {
            "pid": os.getpid(),
            "is_ready": self._preload.is_complete,
            "runs": sorted(self._runs),
            "failed": self._preload.failed,
            "threads": _threads(),
        }


def main(arguments: list[str]) -> None:
    """Listen at the given socket, import Prefect, serve; end as the child's program in a child."""
    os.environ.update(THREADLESS)  # before NumPy and Arrow are imported: they start threads as they load
    path, *modules = arguments
    listener, runs = inherited() or (listen(path), [])
    preload = Preload(modules or None)
    if not modules:
        _import_core()
    gc.disable()
    parent = Parent(listener, home=Path.cwd(), preload=preload, runs=runs)
    signal.signal(signal.SIGTERM, parent.stop)
    signal.signal(signal.SIGINT, parent.stop)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    _say(f"accepting at {path}")
    launch = parent.serve()
    del parent
    if launch is not None:
        child.run_and_exit(launch)
    Path(path).unlink(missing_ok=True)


def _import_core() -> None:
    for name in CORE:
        importlib.import_module(name)


def _fork() -> int:
    if (threads := _threads()) != 1:
        raise OSError(f"it has {counted(threads, 'thread')} and may not fork: a module it imported started them")
    gc.freeze()
    sys.stdout.flush()
    sys.stderr.flush()
    return os.fork()


def _threads() -> int:
    tasks = Path("/proc/self/task")
    return len(os.listdir(tasks)) if tasks.is_dir() else 1  # noqa: PTH208  no need for paths


def _waker() -> tuple[socket.socket, socket.socket]:
    """Make signals interrupt the wait for requests."""
    waker, wakened = socket.socketpair()
    waker.setblocking(False)  # noqa: FBT003  the standard library's own signature
    wakened.setblocking(False)  # noqa: FBT003  the standard library's own signature
    signal.set_wakeup_fd(wakened.fileno(), warn_on_full_buffer=False)
    return waker, wakened


def _signal_group(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _say(text: str) -> None:
    sys.stderr.write(f"warm runner: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
