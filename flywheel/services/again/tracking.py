"""Tracking: every experiment in MLflow, with all that is needed to make it again."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from decimal import Decimal

from flywheel.adapters.mlflow import ExperimentRun, Provenance
from flywheel.domain.digests import Digest, Json, digest_bytes
from flywheel.errors import counted
from flywheel.services.workbench import Workbench, code_state, making_code

CPU_SECOND_PRICE = Decimal("0.000012")
"""What a second of one processor costs, in the charter's currency, where no price list says otherwise."""

NO_LOCK = "no lock"


def track(
    bench: Workbench,
    *,
    project: str,
    key: str,
    name: str,
    recipe: Mapping[str, Json],
    metrics: Mapping[str, float],
    model_digest: Digest,
    dataset_digest: Digest,
    seconds: float,
) -> str:
    """Log one experiment; the same key finds the run that is there."""
    params = recipe["params"] if isinstance(recipe["params"], dict) else {}
    run = ExperimentRun(
        key=key,
        name=name,
        params={"kind": recipe["kind"], **params},
        metrics=metrics,
        provenance=provenance(bench, dataset_digest=dataset_digest, seed=int(str(recipe["seed"])), seconds=seconds),
        model_folder=bench.artifacts.path_of(model_digest),
        model_digest=model_digest,
    )
    return bench.tracking.log_experiment(project=project, run=run)


def made_with(bench: Workbench) -> dict[str, Json]:
    """What must be the same for the same model to come out; the lock itself is kept, so that it can be had again."""
    code, lock = code_state(bench.settings.home), bench.settings.home / "requirements.lock"
    return {
        "code": making_code(bench.settings.home),
        "commit": code["commit"],
        "uncommitted": code["diff_digest"],
        "lock": bench.artifacts.put_bytes(lock.read_bytes()) if lock.is_file() else NO_LOCK,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {counted(os.cpu_count() or 1, 'core')}",
    }


def provenance(bench: Workbench, *, dataset_digest: Digest, seed: int, seconds: float) -> Provenance:
    """Everything that made an experiment what it is."""
    code = code_state(bench.settings.home)
    lock = bench.settings.home / "requirements.lock"
    return Provenance(
        code_commit=code["commit"],
        diff_digest=code["diff_digest"],
        data_digest=dataset_digest,
        lock_digest=digest_bytes(lock.read_bytes()) if lock.is_file() else NO_LOCK,
        seed=seed,
        hardware=f"{platform.machine()}, {counted(os.cpu_count() or 1, 'core')}",
        cost=(CPU_SECOND_PRICE * Decimal(str(round(seconds, 3)))).quantize(Decimal("0.000001")),
    )
