"""`flywheel data`: which tables there are, what each is and may be used for, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console.opening import opened
from flywheel.console.rendering import AsJson, print_json, print_table

if TYPE_CHECKING:
    from flywheel.services.data.data_usage import Use

data = typer.Typer(help="Dataset versions: list, show, and who uses them.", no_args_is_help=True)
Project = Annotated[str, typer.Option(help="Only of this project.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(data, name="data")


@data.command("list")
def list_data(project: Project = "", as_json: AsJson = False) -> None:
    """List dataset versions, the newest of each project first."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.data.data_usage import list_data as read

        found = read(bench.catalog, project=project or None)
    if as_json:
        print_json(found)
        return
    rows = []
    for record in found:
        columns = record.facts.get("columns")
        count = len(columns) if isinstance(columns, dict) else None
        rows.append((record.id, record.facts.get("rows"), count, record.facts.get("owner"), record.recorded_at))
    print_table(("dataset", "rows", "columns", "owner", "recorded"), rows, empty="no dataset is recorded")


@data.command()
def show(
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help="PROJECT/NAME, the newest, or PROJECT/NAME@DIGEST.")
    ],
    as_json: AsJson = False,
) -> None:
    """Show the card of a dataset version, as Markdown."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.data.data_usage import card_of

        card = card_of(bench.catalog, dataset=dataset)
    if as_json:
        sources = {name: source.model_dump(mode="json", exclude_none=True) for name, source in card.sources.items()}
        print_json({**vars(card), "sources": sources, "use": _use(card.use)})
        return
    # only where a card is shown
    from flywheel.console.data_text import card_text

    print(card_text(card))


@data.command()
def usage(project: Project = "", as_json: AsJson = False) -> None:
    """Show who uses each dataset, what it costs a year and which return its users expect; the lowest worth first."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.data.data_usage import usage as read

        found = read(bench.catalog, project=project or None)
    if as_json:
        print_json({name: _use(use) for name, use in found.items()})
        return
    rows = [
        (
            name,
            len(use.projects),
            len(use.versions),
            len(use.endpoints),
            f"{use.cost_per_year:,}",
            f"{use.value_per_year:,}",
            use.currency,
            use.value_per_cost,
            ", ".join(use.unvalued),
        )
        for name, use in found.items()
    ]
    headings = (
        "dataset",
        "projects",
        "versions",
        "endpoints",
        "cost/year",
        "value/year",
        "in",
        "value/cost",
        "not in it",
    )
    print_table(headings, rows, empty="no dataset is recorded")


def _use(use: Use) -> dict[str, object]:
    return {**vars(use), "value_per_cost": use.value_per_cost}
