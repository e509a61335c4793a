"""`flywheel register-external`: a model from elsewhere takes the same way as any other."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated

import typer

from flywheel.console.opening import Acting, ActingCode, opened, proof_of
from flywheel.console.rendering import AsJson, print_json
from flywheel.domain.amounts import written_out
from flywheel.errors import counted


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("register-external")(register_external)


def register_external(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="The project's short name.")],
    signature: Annotated[Path, typer.Argument(metavar="SIGNATURE", help="Its signature.toml, beside the model.")],
    actor: Acting = "",
    code: ActingCode = "",
    reason: Annotated[str, typer.Option(help="Why.", show_default="its release and maker")] = "",
    key: Annotated[str, typer.Option(help="The same key starts one walk only.", show_default="a new one")] = "",
    as_json: AsJson = False,
) -> None:
    """Register an external model: ONNX, xgboost's JSON, skops, or behind an address; you count as its author.

    It must answer its maker's golden rows, then passes the project's stages: same gates, dossier, sign-offs
    and monitoring.
    """
    with opened() as bench:
        # only with a catalog
        from flywheel.services.modelling import external

        _, loaded = bench.registered(project)
        received = external.receive(loaded, signature, settings=bench.settings, artifacts=bench.artifacts)
        record = external.bring_in(
            bench.catalog,
            project=project,
            received=received,
            proof=proof_of(bench, actor, code, key=key or f"external:{uuid.uuid4()}"),
            reason=reason,
        )
    terms = received.terms
    if as_json:
        said = {"model": received.digest, "golden_rows": len(terms.golden), "recipe": received.recipe.to_json()}
        print_json({"project": record.slug, "cycle": record.cycle, "stage": record.stage.value, **said})
        return
    print(f"received {terms.release} of {terms.maker}: {terms.form.value}, {received.digest}")
    print(f"  it answers all {counted(len(terms.golden), 'golden row')} within {written_out(terms.tolerance)}")
    print(f"cycle {record.cycle} begins in {record.stage.value}\nnext: `flywheel status {record.slug}`")
