"""`flywheel predictions`: rows are taken out of prediction logs, and the record says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console.opening import Acting, ActingCode, opened, proof_of
from flywheel.console.rendering import AsJson, print_json
from flywheel.errors import counted

if TYPE_CHECKING:
    from flywheel.services.watching.prediction_removal import Removed

predictions = typer.Typer(help="Logged predictions: erase an entity, set altered segments aside.", no_args_is_help=True)
Project = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's name.")]
Reason = Annotated[str, typer.Option(help="Why, as the record keeps it.", prompt="Why")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(predictions, name="predictions")


@predictions.command()
def erase(
    project: Project,
    entity: Annotated[str, typer.Option(help="Whose rows, as the requests named it.", prompt="Whose rows")],
    reason: Reason,
    actor: Acting = "",
    code: ActingCode = "",
    as_json: AsJson = False,
) -> None:
    """Erase all logged predictions about an entity."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.watching import prediction_removal

        removed = prediction_removal.erase(
            bench.catalog,
            bench.settings,
            project=project,
            entity=entity,
            reason=reason,
            proof=proof_of(bench, actor, code),
        )
    _say(removed, "erased", as_json)
    if not as_json:
        print("backups that were made before, and the project's own sources, still hold the data")


@predictions.command()
def set_aside(
    project: Project, reason: Reason, actor: Acting = "", code: ActingCode = "", as_json: AsJson = False
) -> None:
    """Set altered segments aside, so that the rest is judged."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.watching import prediction_removal

        proof, settings = proof_of(bench, actor, code), bench.settings
        removed = prediction_removal.set_aside(bench.catalog, settings, project=project, reason=reason, proof=proof)
    _say(removed, "set aside", as_json)
    if not as_json:
        print(f"what is left of it lies in {settings.predictions_root / prediction_removal.ASIDE}")
        print("next: `flywheel events verify` proves the rest")


def _say(removed: Removed, done: str, as_json: bool) -> None:
    if as_json:
        print_json(removed)
    else:
        print(f"{counted(removed.rows, 'row')} of {counted(len(removed.segments), 'segment')} {done}")
