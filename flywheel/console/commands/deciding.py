"""`flywheel decide`: asks for everything that a proposed charter leaves to its author, and writes the answers down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console.commands.projects import Folder, load
from flywheel.console.signers_text import signers_asked
from flywheel.errors import InputRefused, NotFound

if TYPE_CHECKING:
    from pathlib import Path

    from flywheel.project.charter.marks import Mark


BACK = "back"
"""The answer that returns to the question before; a text of this word is written in quotes."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(decide)


def decide(
    path: Folder,
    as_proposed: Annotated[bool, typer.Option("--as-proposed", help="Take every proposal as it stands.")] = False,
) -> None:
    """Ask for each decision that is marked in a proposed charter; Enter takes what is proposed, `-` leaves it out.

    An answer that the charter would refuse is asked for again. Each is saved at once, so an interrupted dialogue
    continues where it ended.
    """
    # what reads TOML, which `--help` does without
    from flywheel.project.charter.marks import open_marks
    from flywheel.project.charter.preflight import FILE
    from flywheel.project.charter.toml_text import read_text
    from flywheel.project.proposing.deciding import settled

    file = path if path.name == FILE else path / FILE
    before: list[str] = []
    given: dict[str, str] = {}
    if not file.is_file():
        raise NotFound("there is no charter", found=file, next_step="`flywheel new NAME --from FILE` proposes one")
    if not as_proposed and open_marks(read_text(file)):
        print(f"Enter takes what is proposed, `-` leaves it out, `{BACK}` returns to the question before")
    while marks := open_marks(read_text(file)):
        text, mark = read_text(file), marks[0]
        left = sum(1 + len(one.later) for one in marks)
        after = settled(text, mark) if as_proposed else _answered(text, mark, left=left, given=given)
        if after is not None:
            before.append(text)
            _write(file, after)
        elif before:
            _write(file, before.pop())
        else:
            print("  this is the first question; what was answered earlier is changed in the file")
    taken = len(before)
    if taken:
        # what reads charters, which `--help` does without
        from flywheel.settings import Settings

        settings = Settings.load()
        print(signers_asked(load(path, settings).charter, settings))
    print(f"{taken} decided; next: `flywheel check {path} --data`" if taken else f"nothing is left to decide in {file}")


def _answered(text: str, mark: Mark, *, left: int, given: dict[str, str]) -> str | None:
    """Ask until the answer can be written in its place; nothing where somebody wants the question before.

    Where somebody has gone back, Enter takes what was given the first time.
    """
    # what reads TOML, which `--help` does without
    from flywheel.project.proposing.deciding import proposal_refused, settled, shows_only

    print(f"\n[{left} left] {mark.key}: {mark.question}")
    if said := proposal_refused(text, mark):
        print(f"  the proposal, {mark.proposed}, is no longer valid: {said}")
    earlier = given.get(mark.key, "")
    shown = "none" if said or not mark.proposed else mark.proposed
    while True:
        known = f"{earlier} (your answer; proposed was {shown})" if earlier else shown
        typed = typer.prompt(f"  {known}", default="", show_default=False)
        if typed.strip() == BACK:
            return None
        answer = typed.strip() or earlier
        if not answer and shows_only(mark):
            what = f"{mark.proposed} is an example, and no answer" if mark.proposed else "nothing is proposed for it"
            print(f"  {what}: {mark.question}")
            continue
        try:
            after = settled(text, mark, answer)
            given[mark.key] = answer
            return after
        except InputRefused as refused:
            print(f"  {refused.sentence()}")


def _write(file: Path, text: str) -> None:
    """Replace the file whole, so that nothing half-written is ever there."""
    aside = file.with_name(f".{file.name}.new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(file)
