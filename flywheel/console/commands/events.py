"""`flywheel events` and `flywheel rebuild`: the record of everything, its proof, and the tables made from it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console.opening import opened
from flywheel.console.rendering import AsJson, print_json, print_table
from flywheel.errors import Tampered, counted

if TYPE_CHECKING:
    from flywheel.services.record.record import Verification
    from flywheel.services.watching.prediction_logs import LogsProven

ROWS_NAMED = 20
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
    """List events, oldest first."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.record import record

        found = record.list_events(bench.catalog, limit=last, project=project or None)[::-1]
    if as_json:
        print_json(found)
        return
    rows = [(e.sequence, e.happened_at, e.verb.value, e.actor, f"{e.subject_kind.value} {e.subject_id}") for e in found]
    print_table(("no", "when", "what", "who", "about"), rows, empty="nothing has happened yet")


@events.command()
def head(as_json: AsJson = False) -> None:
    """Seal the end of the chain now, and store it in the folders for heads."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.record import heads
        from flywheel.services.record.sealing import Seal

        seal, folders = Seal.of(bench.settings), heads.folders_of(bench.settings)
        sealed = heads.export_head(bench.catalog, seal=seal, folders=folders, now=datetime.now(UTC))
    if as_json:
        print_json(sealed)
    elif sealed is None:
        print("nothing has happened yet")
    else:
        print(f"event {sealed.sequence}: {sealed.hash}\nsealed by {sealed.public_key}")
        print("\n".join(f"kept in {folder}" for folder in folders))


@events.command()
def verify(
    heads: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Compare it with the heads in this folder.", show_default="all that were kept"
        ),
    ] = None,
    dossier: Annotated[
        list[Path] | None, typer.Option(metavar="FOLDER", help="Compare it with an exported dossier too; repeatable.")
    ] = None,
    public_key: Annotated[
        str, typer.Option(metavar="HEX", help="The public key of the seal they must have; by default ours.")
    ] = "",
    notary_key: Annotated[
        str, typer.Option(metavar="HEX", help="The public key of the attestation; by default our notary's.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check that no event was edited, deleted, inserted or reordered, and that tables and logs agree with the events.

    Every table must agree with the events, and every segment of the prediction logs must be as written: their
    chains are compared with what the record sealed of them.

    A chain that was cut, or rewritten as a whole, is detected only by heads that were sealed before, and by dossiers
    that were exported before.
    """
    if (public_key or notary_key) and heads is None and not dossier:
        raise typer.BadParameter("a key says whose seal heads and dossiers must have: give --heads or --dossier")
    with opened() as bench:
        # only with a catalog
        from flywheel.services.dossier.witness import agreed, events_seen
        from flywheel.services.record import heads as sealed_heads
        from flywheel.services.record import record
        from flywheel.services.record.sealing import Seal
        from flywheel.services.watching import prediction_logs

        keys = {
            "public_key": public_key or Seal.of(bench.settings).public_key,
            "notary_key": notary_key or bench.catalog.sealer.notary_key,
        }
        known = sealed_heads.read_heads(heads, **keys) if heads else sealed_heads.kept_heads(bench.settings, **keys)
        exported = [events_seen(folder, **keys) for folder in dossier or ()]
        seen = record.verify_events(bench.catalog, known_heads=agreed(known, *exported))
        is_chained = seen.first_bad is None
        logs = prediction_logs.check_logs(bench.catalog, bench.settings.predictions_root) if is_chained else None
    if as_json:
        print_json({**vars(seen), "prediction_logs": logs})
    elif seen.is_sound:
        against = f" and agree with {counted(len(known), 'sealed head')}" if known else ""
        against += f" and with {counted(len(exported), 'dossier')}" if exported else ""
        print(f"{counted(seen.count, 'event', 'hold')} together{against}; head {seen.head}")
    if logs and logs.problems and not as_json:
        print("\n".join(logs.problems[:ROWS_NAMED]))
    elif logs and logs.segments and not as_json:
        held = counted(logs.segments, "segment", "are")
        print(f"{held} as written, {counted(logs.rows, 'row')} in {counted(logs.logs, 'prediction log')}")
    _refuse(seen, logs)


def rebuild(as_json: AsJson = False) -> None:
    """Rebuild all tables from the record."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.record import record

        made = record.rebuild(bench.catalog)
    if as_json:
        print_json(made)
        return
    print_table(("table", "rows"), sorted(made.counts.items()), empty="nothing to rebuild")
    print(f"was wrong before: {', '.join(made.differing)}" if made.differing else "every table already said the same")


def _refuse(seen: Verification, logs: LogsProven | None) -> None:
    """Raise the gravest of what was found."""
    if seen.first_bad is not None:
        raise Tampered(
            f"the record is broken at event {seen.first_bad}: {seen.reason}", next_step="compare it with a backup"
        )
    if seen.unsealed:
        raise Tampered(
            f"{counted(len(seen.unsealed), 'event')} have no seal of this installation and do not count",
            found=list(seen.unsealed[:ROWS_NAMED]),
            next_step="nobody decided them here: find out who has the database's password, and change it",
        )
    if logs and logs.problems:
        raise Tampered(
            f"in the prediction logs {counted(len(logs.problems), 'thing', 'are')} not as written",
            next_step="find out who could write to the folder of predictions, and restore it from a backup",
        )
    if seen.differing:
        raise Tampered(
            f"the events hold together, but {counted(len(seen.differing), 'row')} of the tables are not as they say",
            found="\n".join(seen.differing[:ROWS_NAMED]),
            next_step="find out who can write to the database; `flywheel rebuild` puts the tables right",
        )
