"""The `flywheel` command: its families of commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from flywheel.console.commands import (
    authority,
    backups,
    comparing,
    data,
    deciding,
    doctor,
    dossiers,
    events,
    external,
    findings,
    incidents,
    mending,
    notes,
    people,
    policies,
    predictions,
    projects,
    reproducing,
    servers,
    sessions,
    signing,
    validating,
    waivers,
    walking,
    watching,
)
from flywheel.errors import FlywheelError, Unavailable

FIRST_DAY = (
    "doctor", "up", "demo", "new", "decide", "check", "register", "run", "status", "people", "inbox", "sign",
    "monitor", "windows", "incidents", "restore", "stop",
)  # fmt: skip
"""What a newcomer needs, in that order, before all else in `flywheel --help`."""


class _FirstDayFirst(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: FIRST_DAY.index(name) if name in FIRST_DAY else len(FIRST_DAY))


app = typer.Typer(
    name="flywheel",
    cls=_FirstDayFirst,
    help="Model management as one governed loop: from idea to monitored and retrained product.",
    epilog="Exit codes: 2 wrong input, 3 refused by a rule, 4 not found, 5 changed meanwhile, 6 tampered, 7 not there.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)

servers.add_to(app)
doctor.add_to(app)
projects.add_to(app)
deciding.add_to(app)
walking.add_to(app)
watching.add_to(app)
external.add_to(app)
signing.add_to(app)
validating.add_to(app)
comparing.add_to(app)
reproducing.add_to(app)
authority.add_to(app)
dossiers.add_to(app)
data.add_to(app)
events.add_to(app)
predictions.add_to(app)
backups.add_to(app)
people.add_to(app)
sessions.add_to(app)
policies.add_to(app)
incidents.add_to(app)
mending.add_to(app)
findings.add_to(app)
waivers.add_to(app)
notes.add_to(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave the interpreter with its exit code."""
    try:
        app(args=arguments, prog_name="flywheel")
    except FlywheelError as error:
        _end(error)
    except OSError as error:  # a path that is too long, a folder that may not be written to, a full disk
        _end(Unavailable(error.strerror or str(error), found=error.filename))


def _end(error: FlywheelError) -> NoReturn:
    print(f"flywheel: {error}", file=sys.stderr)
    sys.exit(error.exit_code)
