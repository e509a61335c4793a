"""`flywheel diff`: how one version behaves against another, by a program that stands above this package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from flywheel.console.commands.servers import become
from flywheel.console.rendering import AsJson


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(diff)


def diff(
    version: Annotated[str, typer.Argument(help="The new version, such as card-default:3.")],
    against: Annotated[str, typer.Argument(help="The version to compare it with, such as card-default:2.")],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the page and the figures here.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show whose decisions change, who gains and who loses, and what it is worth."""
    wanted = {"version": version, "against": against, "out": str(out.absolute()) if out else "", "as_json": as_json}
    become("deployments.programs.diff", [json.dumps(wanted)])
