"""`flywheel doctor`: whether this machine has what Flywheel needs."""

from __future__ import annotations

from typing import Annotated

import typer

from flywheel.console.rendering import AsJson, print_json, print_table
from flywheel.errors import Unavailable


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(doctor)


def doctor(
    as_json: AsJson = False,
    systemd: Annotated[bool, typer.Option("--systemd", help="Print a unit that keeps `flywheel up` running.")] = False,
) -> None:
    """Check whether this machine has what Flywheel needs; starts nothing.

    What is absent is optional. What is wrong must be fixed before the servers start; the exit code is then 7.
    """
    # pydantic and psycopg, which `--help` does without
    from flywheel.services.doctor import Fitness, examine, unit_of
    from flywheel.settings import Settings

    if systemd:
        print(unit_of(Settings.load()), end="")
        return
    needs = examine(Settings.load())
    if as_json:
        print_json(needs)
    else:
        rows = [(need.name, need.fitness.value, need.found, need.purpose) for need in needs]
        print_table(("what", "", "found", "why"), rows, empty="nothing is needed")
        for need in needs:
            if need.fitness is not Fitness.FINE and need.next_step:
                print(f"\n{need.name} is {need.fitness.value}: {need.next_step}")
    if any(need.fitness is Fitness.WRONG for need in needs):
        raise typer.Exit(Unavailable.exit_code)
