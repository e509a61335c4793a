"""`flywheel reproduce`: make a version again from what the record names, and say whether the same model comes out."""

from __future__ import annotations

from typing import Annotated

import typer

from flywheel.console.opening import Acting, ActingCode, opened, proof_of
from flywheel.console.rendering import AsJson, print_json, print_table
from flywheel.domain.authority import Permission

REFUSED = 3


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(reproduce)


def reproduce(
    version: Annotated[str, typer.Argument(help="The model version, such as card-default:3.")],
    actor: Acting = "",
    code: ActingCode = "",
    tolerance: Annotated[
        float, typer.Option(help="By how much a prediction may differ; of an amount above 1, by which share.")
    ] = 1e-6,
    clean_environment: Annotated[
        bool, typer.Option("--clean-environment", help="Build the environment anew from the recorded lock, with uv.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Record nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train a version again from its recorded data, code, lock and seed in a clean process; the result is recorded.

    Exit code 3 if the result differs.
    """
    with opened() as bench:
        # only with a catalog
        from flywheel.services.again import remaking, reproductions
        from flywheel.services.modelling import versions
        from flywheel.services.people.authority import permit

        record = versions.get_version(bench.catalog, version=version)
        who = ""
        if not dry_run:
            proof = proof_of(bench, actor, code)
            who = permit(bench.catalog, proof, Permission.REPRODUCE, project=record.project)
        asked = remaking.Asked(tolerance, clean_environment)
        made = remaking.reproduce(bench, version=version, asked=asked)
        if not dry_run:
            reproductions.record_reproduction(
                bench.catalog, version=version, model_digest=record.model_digest, made=made, actor=who
            )
    if as_json:
        print_json(made)
    else:
        rows = [(one.step.value, one.outcome.value.replace("_", " "), one.detail) for one in made.steps]
        print_table(("step", "outcome", "seen"), rows, empty="")
        difference = "" if made.largest_difference is None else f"; largest difference {made.largest_difference:.3g}"
        print(f"\n{version} {made.state.value}: {made.detail}\nenvironment: {made.environment}{difference}")
    if made.state.value != "passed":
        raise typer.Exit(REFUSED)
