"""`flywheel backup` and `flywheel recover`: the whole embedded installation into a folder, and back from nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from flywheel.console.opening import opened
from flywheel.console.rendering import AsJson, print_json
from flywheel.errors import counted


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(backup)
    app.command()(recover)


def backup(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or empty folder, on another disk at best.")],
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Leave the keys out: keep those of .flywheel/keys elsewhere.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write databases, files and keys into one sealed folder; the servers may run meanwhile.

    The folders of your projects are not in it: keep them in git.
    """
    # half a second of SQLAlchemy, pydantic and their friends, which `--help` does without
    from flywheel.services.record import backups
    from flywheel.settings import Settings

    backups.require_installation(Settings.load())
    with opened() as bench:
        made = backups.make_backup(
            bench.catalog,
            settings=bench.settings,
            folder=folder,
            now=datetime.now(UTC),
            with_keys=not without_keys,
        )
    if as_json:
        print_json(made)
        return
    print(f"{made.folder} holds the record up to event {made.sequence} and whatever it names")
    print(f"sealed by {made.public_key}: note this key elsewhere, and give it to `flywheel recover --public-key`")
    if made.has_keys:
        print("it holds the keys: anybody who can read it can seal and sign as this installation. Its mode is 0700.")
    else:
        print("it holds no keys: without those of the data root's keys folder nothing can be recovered from it.")


def recover(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="What `flywheel backup` wrote.")],
    public_key: Annotated[str, typer.Option(metavar="HEX", help="The public key of the seal that it must have.")] = "",
    up_to: Annotated[
        int | None,
        typer.Option(metavar="EVENT", help="The last event of an older backup, where later ones are to be lost."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Restore the installation from a backup, where there is none, and verify its record."""
    # half a second of SQLAlchemy, pydantic and their friends, which `--help` does without
    from flywheel.services.record import backups
    from flywheel.settings import Settings

    done = backups.recover(settings=Settings.load(), folder=folder, public_key=public_key, up_to=up_to)
    if as_json:
        print_json(done)
        return
    print(f"{done.data_root} is restored as it was at {done.made_at:%Y-%m-%d %H:%M} UTC")
    seen = done.verification
    print(
        f"{counted(seen.count, 'event', 'hold')} together and agree with {counted(done.heads, 'sealed head')}; "
        f"head {seen.head}"
    )
    if not public_key:
        print(f"the backup names its own seal, {done.public_key}: compare it with the key that you noted")
    if done.was_at != done.data_root:
        print(f"it was at {done.was_at}, where releases look for their packages: move it there, or deliver again")
    print("next: `flywheel up`")
