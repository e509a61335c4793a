"""`flywheel events` and `flywheel rebuild`: the record of everything, its proof, and the tables made from it."""

from __future__ import annotations

from typing import Annotated

import typer

from flywheel.console.opening import opened
from flywheel.console.rendering import AsJson, print_json, print_table
from flywheel.errors import Tampered

events = typer.Typer(help="The append-only record: list it, verify its chain.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(events, name="events")
    app.command()(rebuild)


@events.command("list")
def list_events(
    project: Annotated[str, typer.Option(help="Only about this project and what belongs to it.")] = "",
    last: Annotated[int, typer.Option(min=1, max=100_000, help="How many, counted from the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what happened, oldest first."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services import record

        found = record.list_events(bench.catalog, limit=last, project=project or None)[::-1]
    if as_json:
        print_json(found)
        return
    rows = [(e.sequence, e.happened_at, e.verb.value, e.actor, f"{e.subject_kind.value} {e.subject_id}") for e in found]
    print_table(("no", "when", "what", "who", "about"), rows, empty="nothing has happened yet")


@events.command()
def verify(as_json: AsJson = False) -> None:
    """Check that no event was edited, deleted, inserted or reordered."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services import record

        seen = record.verify_events(bench.catalog)
    if as_json:
        print_json(seen)
    elif seen.first_bad is None:
        print(f"{seen.count} events hold together; head {seen.head}")
    if seen.first_bad is not None:
        raise Tampered(
            f"the record is broken at event {seen.first_bad}: {seen.reason}", next_step="compare it with a backup"
        )


def rebuild(as_json: AsJson = False) -> None:
    """Make every table of the present from the record."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services import record

        made = record.rebuild(bench.catalog)
    if as_json:
        print_json(made)
        return
    print_table(("table", "rows"), sorted(made.counts.items()), empty="nothing to rebuild")
    print(f"was wrong before: {', '.join(made.differing)}" if made.differing else "every table already said the same")
