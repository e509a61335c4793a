"""The process work pool: which command it gives to its runs."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from deployments import leash
from deployments.warm_runner import client
from deployments.warm_runner.sockets import socket_path
from flywheel.adapters.prefect import Prefect
from flywheel.domain.digests import Json
from flywheel.settings import Settings

STANDARD_LIBRARY_ONLY = ("-S", "-E")


def ensure_work_pool(settings: Settings) -> None:
    """Make the work pool that settings name."""
    with Prefect(settings) as prefect:
        prefect.ensure_work_pool(
            settings.prefect.work_pool, template=job_template(settings), run_limit=settings.prefect.run_limit
        )


def job_template(settings: Settings) -> dict[str, Json]:
    """Say how a run's process starts, to the last word: neither deployment nor run can ask for anything else."""
    return {
        "job_configuration": {
            "command": run_command(settings),
            "env": {},
            "labels": {},
            "name": None,
            "stream_output": True,
            "working_dir": str(settings.home),
        },
        "variables": {"type": "object", "properties": {}},
    }


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
