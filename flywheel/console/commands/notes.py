"""`flywheel notes`: what people say about a version or a project, pinned to a place in it."""

from __future__ import annotations

from typing import Annotated

import typer

from flywheel.console.opening import Acting, ActingCode, opened, proof_of
from flywheel.console.rendering import AsJson, print_json, print_table
from flywheel.domain.notes import NoteKind

notes = typer.Typer(help="Notes on a version or a project: list, write, resolve.", no_args_is_help=True)
Subject = Annotated[str, typer.Argument(help="A version, such as card-default:3, or a project.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(notes, name="notes")


@notes.command("list")
def list_notes(subject: Subject, as_json: AsJson = False) -> None:
    """List the notes, oldest first."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.record import notes as service

        found = service.notes_about(bench.catalog, subject=subject)
    if as_json:
        print_json(found)
        return
    rows = [(n.id, n.written_at, n.author, n.kind.value, n.locator, n.resolved_by, n.text) for n in found]
    print_table(("note", "when", "who", "kind", "about", "settled by", "says"), rows, empty="there are no notes")


@notes.command()
def write(
    subject: Subject,
    text: Annotated[str, typer.Argument(help="The text of the note.")],
    actor: Acting = "",
    code: ActingCode = "",
    kind: Annotated[NoteKind, typer.Option(help="What it is.")] = NoteKind.COMMENT,
    about: Annotated[str, typer.Option(help="A gate's code, a column, a figure, such as PERF-012.")] = "",
    reply_to: Annotated[str, typer.Option(metavar="NOTE", help="The note that this one answers.")] = "",
    key: Annotated[str, typer.Option(help="The same key is kept once.", show_default="a new one")] = "",
    as_json: AsJson = False,
) -> None:
    """Write a note on a version or a project; it is kept for ever and shown in the next dossier."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.record import notes as service

        note = service.write_note(
            bench.catalog,
            subject=subject,
            text=text,
            kind=kind,
            locator=about,
            reply_to=reply_to,
            proof=proof_of(bench, actor, code, key=key),
        )
    if as_json:
        print_json(note)
    else:
        print(f"{note.id}: kept")


@notes.command()
def resolve(
    note: Annotated[str, typer.Argument(metavar="NOTE", help="The note's id, as listed.")],
    actor: Acting = "",
    code: ActingCode = "",
    as_json: AsJson = False,
) -> None:
    """Mark a note as settled."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.record import notes as service

        found = service.resolve_note(bench.catalog, note=note, proof=proof_of(bench, actor, code))
    if as_json:
        print_json(found)
    else:
        print(f"{found.id}: settled by {found.resolved_by}")
