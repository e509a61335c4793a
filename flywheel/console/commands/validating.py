"""`flywheel validate`: the checks of a version outside any flow, run by a program that stands above this package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from flywheel.console.commands.servers import become
from flywheel.console.opening import Acting, ActingCode, opened, proof_of
from flywheel.console.rendering import AsJson
from flywheel.domain.authority import Permission


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(validate)


def validate(
    version: Annotated[str, typer.Argument(help="The model version, such as card-default:3.")],
    actor: Acting = "",
    code: ActingCode = "",
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the reports here.")] = None,
    more: Annotated[bool, typer.Option("--all", help="Also what its policy does not ask for; shown, not recorded.")] = (
        False
    ),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Record nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the checks of a version again and record their verdicts.

    Exit code 3 if it would not pass.
    """
    wanted = {
        "version": version,
        "actor": "" if dry_run else _proven(version, actor, code),
        "out": str(out.absolute()) if out else "",
        "more": more,
        "dry_run": dry_run,
        "as_json": as_json,
    }
    become("deployments.programs.validate", [json.dumps(wanted)])


def _proven(version: str, actor: str, code: str) -> str:
    with opened() as bench:
        # only with a catalog
        from flywheel.services.modelling import versions
        from flywheel.services.people.authority import permit

        project = versions.get_version(bench.catalog, version=version).project
        return permit(bench.catalog, proof_of(bench, actor, code), Permission.JUDGE, project=project)
