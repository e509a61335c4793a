"""The process work pool: which command it gives to its runs."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from deployments import leash
from deployments.warm_runner import client
from deployments.warm_runner.sockets import socket_path
from flywheel.adapters.prefect import Prefect
from flywheel.settings import Settings

STANDARD_LIBRARY_ONLY = ("-S", "-E")


def ensure_work_pool(settings: Settings) -> None:
    """Make the work pool that settings name, with the command of the chosen runner."""
    # a second and a half, and only the worker and the tests come here
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    properties = template["variables"]["properties"]
    properties["command"]["default"] = run_command(settings)
    properties["working_dir"]["default"] = str(settings.home)
    with Prefect(settings) as prefect:
        prefect.ensure_work_pool(settings.prefect.work_pool, template=template, run_limit=settings.prefect.run_limit)


def run_command(settings: Settings) -> str:
    """Give the command of a run: ask the warm runner, or start a fresh interpreter; both die with the worker."""
    if settings.prefect.runner == "warm":
        return shlex.join(module_command(settings))
    leashed = (sys.executable, *STANDARD_LIBRARY_ONLY, str(Path(leash.__file__)))
    return shlex.join([*leashed, *module_command(settings), client.DEFAULT_MODULE])


def module_command(settings: Settings) -> tuple[str, ...]:
    """Give what stands before a module's name to run it as a program: warm where there is a warm runner."""
    if settings.prefect.runner == "warm":
        path = str(socket_path(settings.sockets_root))
        return (sys.executable, *STANDARD_LIBRARY_ONLY, str(Path(client.__file__)), path)
    return (sys.executable, "-m")
