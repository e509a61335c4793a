"""Start programs in the order of their needs, restart those that die or hang, stop them in reverse."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from deployments import leash
from deployments.servers.wellness import Examiner
from flywheel.errors import Unavailable, ending_of

TICK_SECONDS = 0.05
FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 5.0
STEADY_SECONDS = 15.0
"""After so long alive a program counts as well again, and its next death is its first."""
EARLY_DEATHS = 3
"""A program that dies so often before it was ever ready will not come up by itself."""
START_SECONDS = 180.0
"""So long may a start take: it may wait for another program."""
LOG_BYTES = 10_000_000
PRIVATE = 0o077
"""What our programs and all that they start write is read by no other user of the machine."""


@dataclass(frozen=True)
class Program:
    """A program to keep running: how it is started, what it waits for, how one sees that it is ready."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    is_ready: Callable[[], bool]
    is_well: Callable[[], bool]
    """The real question, asked again and again: what does not answer hangs, and is ended and started again."""
    folder: Path
    needs: tuple[str, ...] = ()
    imports_first: bool = False
    """It is started before what it needs is ready: it imports meanwhile, and goes on after `await_needs`."""
    stop_seconds: float = 2.0
    death_signal: signal.Signals = signal.SIGKILL
    """What the program gets when we are killed: SIGTERM for one that has something to put away first."""
    stop_rank: int = 0
    """Programs of a lower rank are stopped first."""
    listener: socket.socket | None = None
    """A socket that we hold: the program is started with it when somebody connects, and ends when it likes."""
    beat: Path | None = None
    """A file that the program touches while its loop turns; an old one is removed before each start."""


@dataclass
class Child:
    """A program's present incarnation."""

    program: Program
    examiner: Examiner
    running: subprocess.Popen[bytes] | None = None
    is_held: bool = False
    """It imports, and has not yet been told that what it needs is ready."""
    started_at: float = 0.0
    is_ready: bool = False
    ready_seconds: float | None = None
    deaths: int = 0
    start_at: float = 0.0


@dataclass
class Supervision:
    """One thread that starts, watches and stops; children die when it does, however it ends."""

    programs: tuple[Program, ...]
    logs: Path
    out: Callable[[str], None]
    _children: dict[str, Child] = field(init=False)
    _stop: threading.Event = field(init=False, default_factory=threading.Event)
    _failure: str = field(init=False, default="")
    _began: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._children = {one.name: Child(one, Examiner(one.is_well)) for one in self.programs}
        self._keeper = threading.Thread(target=self._keep, name="supervision", daemon=True)

    def start(self, *, within_seconds: float) -> None:
        """Start everything and wait until all is ready."""
        self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._began = time.monotonic()
        for child in self._children.values():
            child.examiner.start(child.program.name)
        self._keeper.start()
        while not self._failure and not all(child.ready_seconds for child in self._children.values()):
            if time.monotonic() - self._began > within_seconds:
                late = [child.program.name for child in self._children.values() if not child.ready_seconds]
                self._failure = f"{', '.join(late)} not ready within {within_seconds:.0f} s"
            self._keeper.join(TICK_SECONDS)
        if self._failure:
            self.stop()
            raise Unavailable(self._failure, next_step=f"read the logs in {self.logs}")

    def stop(self) -> None:
        """Stop everything in order; nothing is left when this returns."""
        self._stop.set()
        for child in self._children.values():
            child.examiner.stop()
        if self._keeper.ident is not None:
            self._keeper.join()

    @property
    def ready_seconds(self) -> Mapping[str, float]:
        """How long after the start each program was ready."""
        return {name: child.ready_seconds or 0.0 for name, child in self._children.items()}

    def pid(self, name: str) -> int | None:
        """Tell the process id of a program that runs."""
        running = self._children[name].running
        return None if running is None else running.pid

    def _keep(self) -> None:
        while not self._stop.wait(TICK_SECONDS):
            for child in self._children.values():
                self._look_after(child)
        self._stop_all()

    def _look_after(self, child: Child) -> None:
        are_needs_met = all(self._children[name].is_ready for name in child.program.needs)
        if not are_needs_met:
            child.examiner.excuse()
        if child.running is None:
            may_start = are_needs_met or child.program.imports_first
            if may_start and time.monotonic() >= child.start_at and self._is_wanted(child):
                self._start(child)
        elif child.running.poll() is not None:
            self._note_end(child, child.running.returncode)
        elif why := child.examiner.hangs(child.running.pid, is_ready=child.is_ready, start_seconds=START_SECONDS):
            self._say(f"  {child.program.name} {why}: ending it")
            _signal_group(child, signal.SIGKILL)
        elif not child.is_ready and child.program.is_ready():
            self._note_ready(child)
        elif child.is_ready and child.deaths and time.monotonic() - child.started_at > STEADY_SECONDS:
            child.deaths = 0

        if child.is_held and are_needs_met:
            _let_go(child)

    def _is_wanted(self, child: Child) -> bool:
        """Whether somebody has connected, where the program waits for that; to take connections is then to be ready."""
        listener = child.program.listener
        if listener is None:
            return True
        if child.ready_seconds is None:
            self._note_ready(child)
        return bool(select.select([listener], [], [], 0)[0])

    def _note_end(self, child: Child, status: int) -> None:
        if child.program.listener is not None and status == 0:
            child.running, child.deaths = None, 0
            self._say(f"  {child.program.name} rests until somebody asks")
        else:
            self._note_death(child, status)

    def _start(self, child: Child) -> None:
        child.is_ready = False
        child.is_held = child.program.imports_first
        try:
            if child.program.beat is not None:
                child.program.beat.unlink(missing_ok=True)
            child.running = self._started(child.program)
        except OSError as error:  # a full disk, too many processes: tried again as after a death
            self._note_death(child, str(error))
        child.started_at = time.monotonic()
        child.examiner.excuse()

    def _started(self, program: Program) -> subprocess.Popen[bytes]:
        path = self.logs / f"{program.name}.log"
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-S", "-E", leash.__file__, *program.command],
                env={
                    **os.environ,
                    **program.environment,
                    leash.PARENT_VARIABLE: str(os.getpid()),
                    leash.SIGNAL_VARIABLE: str(int(program.death_signal)),
                },
                cwd=program.folder,
                stdin=subprocess.PIPE if program.imports_first else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=PRIVATE,
                pass_fds=() if program.listener is None else (program.listener.fileno(),),
            )

    def _note_ready(self, child: Child) -> None:
        child.is_ready = True
        child.examiner.excuse()
        now = time.monotonic()
        if child.ready_seconds is None:
            child.ready_seconds = now - self._began
            self._say(f"  {child.program.name} ready after {child.ready_seconds:.1f} s")
        else:
            self._say(f"  {child.program.name} is back after {now - child.started_at:.1f} s")

    def _note_death(self, child: Child, status: int | str) -> None:
        _signal_group(child, signal.SIGKILL)  # what it started dies with it
        _let_go(child)
        child.running, child.is_ready = None, False
        child.deaths += 1
        log = self.logs / f"{child.program.name}.log"
        if child.ready_seconds is None and child.deaths >= EARLY_DEATHS:
            self._failure = f"{child.program.name} does not start (status {status}): {_last_words(log)}"
            return
        delay = min(FIRST_DELAY_SECONDS * 2 ** (child.deaths - 1), LONGEST_DELAY_SECONDS)
        child.start_at = time.monotonic() + delay
        self._say(f"  {child.program.name} ended (status {status}); starting it again in {delay:.1f} s; see {log}")

    def _say(self, text: str) -> None:
        """Say it to whoever still reads; that nobody does is no reason to look after nothing any more."""
        with suppress(OSError):
            self.out(text)

    def _stop_all(self) -> None:
        for rank in sorted({program.stop_rank for program in self.programs}):
            stopping = [child for child in self._children.values() if child.program.stop_rank == rank]
            _stop_together([child for child in stopping if child.running is not None])


def await_needs() -> None:
    """Wait, in a program that imports first, until its supervisor says that what it needs is ready."""
    sys.stdin.buffer.read()


def _let_go(child: Child) -> None:
    if child.running is not None and child.running.stdin is not None:
        child.running.stdin.close()
    child.is_held = False


def _stop_together(children: Iterable[Child]) -> None:
    """Ask several programs to end, then end them and whatever is left of their groups."""
    children = list(children)
    began = time.monotonic()
    for child in children:
        _signal_one(child, signal.SIGTERM)
    for child in children:
        assert child.running is not None
        remaining = child.program.stop_seconds - (time.monotonic() - began)
        with suppress(subprocess.TimeoutExpired):
            child.running.wait(max(0.0, remaining))
        _signal_group(child, signal.SIGKILL)
        child.running.wait()
        _let_go(child)
        child.running = None


def _signal_one(child: Child, number: signal.Signals) -> None:
    if child.running is not None:
        child.running.send_signal(number)


def _signal_group(child: Child, number: signal.Signals) -> None:
    if child.running is not None:
        with suppress(ProcessLookupError):
            os.killpg(child.running.pid, number)


def _last_words(log: Path) -> str:
    with suppress(OSError):
        return f"\n{ending_of(log.read_bytes())}\nall of it is in {log}"
    return "it has no log"
