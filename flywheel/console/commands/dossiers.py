"""`flywheel dossier`: a version's dossier as a folder that anybody can read and verify without us."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flywheel.console.opening import opened
from flywheel.console.rendering import AsJson, print_json
from flywheel.errors import counted


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(dossier)


def dossier(
    version: Annotated[str, typer.Argument(help="The model version, such as card-default:3.")] = "",
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="A new or empty folder.")] = None,
    key: Annotated[bool, typer.Option("--key", help="Only print the public key of this installation's seal.")] = False,
    notary_key: Annotated[bool, typer.Option("--notary-key", help="Only print that of its notary.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a version's dossier as a folder: page, document, evidence, record, and a script that verifies it all."""
    if not (key or notary_key) and not version:
        raise typer.BadParameter("name a version, or ask for a public key with --key or --notary-key")
    with opened() as bench:
        # only with a catalog
        from flywheel.services.dossier.export import export_dossier
        from flywheel.services.record.sealing import Seal

        seal = Seal.of(bench.settings)
        if key:
            print(seal.public_key)
        if notary_key:
            print(bench.catalog.sealer.notary_key)
        if key or notary_key:
            return
        folder = out or Path(f"dossier-{version.replace(':', '-')}")
        written = export_dossier(
            bench.catalog,
            artifacts=bench.artifacts,
            seal=seal,
            version=version,
            folder=folder.absolute(),
        )
    if as_json:
        print_json(written)
        return
    print(f"{written.folder}: {counted(written.files, 'file')}; open index.html")
    for digest, name in written.not_included.items():
        print(f"  not included, no longer in the store: {name} {digest}")
    keys = f"--public-key {written.public_key} --notary-key {written.notary_key}"
    print(f"verify it anywhere: `python {folder / 'verify.py'} {keys}`")
