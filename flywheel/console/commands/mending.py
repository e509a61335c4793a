"""`flywheel mend`: the package of what serves, made again where its files were altered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console.opening import Acting, ActingCode, opened, proof_for_more
from flywheel.console.rendering import AsJson, print_json

if TYPE_CHECKING:
    from flywheel.adapters.bentoml import Package


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(mend)


def mend(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="The project's short name.")],
    actor: Acting = "",
    code: ActingCode = "",
    as_json: AsJson = False,
) -> None:
    """Rebuild the package that serves, byte for byte, where its files were altered; resolves the incident."""
    with opened() as bench:
        # packaging takes pandas and BentoML's parts along, which no other command needs
        from flywheel.services.modelling import versions
        from flywheel.services.record.sealing import Seal
        from flywheel.services.serving import packaging, repackaging

        def make(version: str) -> Package:
            record = versions.get_version(bench.catalog, version=version)
            loaded = bench.signed(project, version=version)
            assert loaded is not None, "a released version was signed under a charter"
            return packaging.package(loaded, record, settings=bench.settings, artifacts=bench.artifacts)

        done = repackaging.mend_package(
            bench.catalog,
            project=project,
            public_key=Seal.of(bench.settings).public_key,
            make=make,
            aside_root=bench.settings.data_root / "altered",
            proof=proof_for_more(bench, actor, code),
        )
    if as_json:
        print_json(done)
        return
    print(f"the package of {done.version} is what was released: {done.path}")
    if done.aside:
        print(f"the altered files are kept in {done.aside}")
    for incident in done.resolved:
        print(f"resolved {incident}")
