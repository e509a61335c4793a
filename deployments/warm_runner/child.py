"""What a forked child does before it runs its program: become a process of its own."""

from __future__ import annotations

import atexit
import gc
import os
import runpy
import signal
import sys
import threading
import time
import warnings
from contextlib import ExitStack
from dataclasses import dataclass
from typing import NoReturn

from deployments.leash import die_with_parent, hold_run_lock
from deployments.warm_runner.plain_ends import log_ends_plainly
from deployments.warm_runner.preload import THREADLESS

PREFECT_ENGINE = "prefect.engine"


@dataclass(frozen=True)
class Launch:
    """What a client asked to be run."""

    module: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    folder: str
    descriptors: tuple[int, int, int]


def become_own_session(parent: int) -> None:
    """Leave the parent's session and die with it."""
    os.setsid()
    die_with_parent(signal.SIGKILL, parent=parent)
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def run_and_exit(launch: Launch) -> NoReturn:
    """Run the module as `__main__`, then leave without taking thousands of modules apart (half a second)."""
    try:
        _run(launch)
        status: object = 0
    except SystemExit as ended:
        status = ended.code
    except BaseException:  # noqa: BLE001  the end of the process: shown as the interpreter would
        sys.excepthook(*sys.exc_info())
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]  # what the interpreter itself calls at this point
    atexit._run_exitfuncs()
    if status is not None and not isinstance(status, int):
        sys.stderr.write(f"{status}\n")
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit((status or 0) & 0xFF)


def _run(launch: Launch) -> None:
    _take_descriptors(launch.descriptors)
    _take_environment(launch.environment)
    os.chdir(launch.folder)
    hold_run_lock(os.environ)
    _take_path(launch)
    _reseed()
    gc.enable()
    with ExitStack() as stack:
        if launch.module == PREFECT_ENGINE:
            _refresh_prefect(stack)
            log_ends_plainly()
        warnings.filterwarnings("ignore", message=".*found in sys.modules.*", category=RuntimeWarning)
        runpy.run_module(launch.module, run_name="__main__", alter_sys=True)


def _take_descriptors(descriptors: tuple[int, int, int]) -> None:
    for target, source in enumerate(descriptors):
        os.dup2(source, target)
    for source in descriptors:
        os.close(source)


def _take_environment(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(THREADLESS)
    os.environ.update(environment)
    time.tzset()


def _take_path(launch: Launch) -> None:
    sys.argv = [launch.module, *launch.arguments]
    given = [launch.folder, *filter(None, launch.environment.get("PYTHONPATH", "").split(os.pathsep))]
    sys.path[:] = [*given, *(entry for entry in sys.path if entry not in given)]


def _reseed() -> None:
    """Give each child its own NumPy random state; the standard library's is renewed by Python itself."""
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


def _refresh_prefect(stack: ExitStack) -> None:
    """Let Prefect read the child's environment, and leave out its heartbeat thread.

    The thread adds about a second to the end of each run; the lock file says the same, at once and for nothing.
    The setting is changed in a copy: Prefect's own way of changing one builds all hundred settings groups anew.
    """
    # imported by the parent already; here only looked up
    from prefect.context import SettingsContext, refresh_global_settings_context

    refresh_global_settings_context()
    read = SettingsContext.get()
    assert read is not None, "Prefect always has settings once it is imported"
    flows = read.settings.flows.model_copy(update={"heartbeat_frequency": None})
    settings = read.settings.model_copy(update={"flows": flows})
    stack.enter_context(SettingsContext(profile=read.profile, settings=settings))
