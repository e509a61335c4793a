"""`flywheel demo` and `flywheel up`: the walk and the servers, which stand above this package and run as programs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer

from flywheel.errors import Unavailable

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""Options belong to the program that is started, `--help` too."""


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(context_settings=PASSED_ON)(demo)
    app.command(context_settings=PASSED_ON)(up)


def demo(context: typer.Context) -> None:
    """Take one idea through its whole lifecycle on real servers."""
    become("examples.walk", context.args)


def up(context: typer.Context) -> None:
    """Start the servers for daily use; Ctrl-C stops them all."""
    become("deployments.up", context.args)


def become(module: str, arguments: list[str]) -> None:
    """Replace this process by a program of the repository."""
    from flywheel.settings import find_home  # pydantic, which `--help` does without

    home = find_home(os.environ)
    place = home / Path(*module.split("."))
    if not place.with_suffix(".py").is_file() and not (place / "__main__.py").is_file():
        raise Unavailable(
            f"{module} is not in {home}: this command needs a checkout",
            next_step="run it in the repository, or set FLYWHEEL_HOME to it",
        )
    os.chdir(home)
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606  no shell is wanted
