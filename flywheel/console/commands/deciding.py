"""`flywheel decide`: asks for everything that a proposed charter leaves to its author, and writes the answers down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console.commands.projects import Folder, load
from flywheel.console.signers_text import signers_asked
from flywheel.errors import InputRefused, NotFound

if TYPE_CHECKING:
    from pathlib import Path

    from flywheel.project.marks import Mark


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(decide)


def decide(
    path: Folder,
    as_proposed: Annotated[bool, typer.Option("--as-proposed", help="Take every proposal as it stands.")] = False,
) -> None:
    """Ask for each decision that is marked in a proposed charter; Enter takes what is proposed, `-` leaves it out.

    An answer that the charter would refuse is asked for again. Each is written at once, so a dialogue that was broken
    off goes on where it ended.
    """
    # what reads TOML, which `--help` does without
    from flywheel.project.deciding import settled
    from flywheel.project.marks import open_marks
    from flywheel.project.preflight import FILE
    from flywheel.project.toml_text import read_text

    file, taken = (path if path.name == FILE else path / FILE), 0
    if not file.is_file():
        raise NotFound("there is no charter", found=file, next_step="`flywheel new NAME --from FILE` proposes one")
    while marks := open_marks(read_text(file)):
        text, mark = read_text(file), marks[0]
        left = sum(1 + len(one.later) for one in marks)
        _write(file, settled(text, mark) if as_proposed else _answered(text, mark, left=left))
        taken += 1
    if taken:
        # what reads charters, which `--help` does without
        from flywheel.settings import Settings

        settings = Settings.load()
        print(signers_asked(load(path, settings).charter, settings))
    print(f"{taken} decided; next: `flywheel check {path} --data`" if taken else f"nothing is left to decide in {file}")


def _answered(text: str, mark: Mark, *, left: int) -> str:
    """Ask until the answer can be written in its place."""
    # what reads TOML, which `--help` does without
    from flywheel.project.deciding import settled

    print(f"\n[{left} left] {mark.key}: {mark.question}")
    while True:
        answer = typer.prompt(f"  {mark.proposed}" if mark.proposed else "  none", default="", show_default=False)
        try:
            return settled(text, mark, answer.strip())
        except InputRefused as refused:
            print(f"  {refused.sentence()}")


def _write(file: Path, text: str) -> None:
    """Replace the file whole, so that nothing half-written is ever there."""
    aside = file.with_name(f".{file.name}.new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(file)
