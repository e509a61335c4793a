"""Compaction: many small segments of a prediction log become few large ones, which the notary makes again itself."""

from __future__ import annotations

from pathlib import Path

from flywheel.adapters.predictions.chaining import alone, clear_drafts
from flywheel.adapters.predictions.journal import take_in
from flywheel.adapters.predictions.segments import SETTLED_SECONDS, put_together
from flywheel.catalog.engine import Catalog
from flywheel.errors import Tampered
from flywheel.services.watching.prediction_logs import examine, known_logs
from flywheel.services.watching.prediction_rewrites import Asked, attest_compaction, complete
from flywheel.settings import Settings


def compact_logs(catalog: Catalog, settings: Settings, *, now: float) -> int:
    """Take in what died servers left and put small segments together; gives how many segments are fewer.

    A log that does not hold is left as it is: what was altered must not be written anew.
    """
    fewer, failures, root = 0, list[Exception](), settings.predictions_root
    with alone(root) as is_free:
        for log in known_logs(catalog, root) if is_free else ():
            try:
                take_in(root / log)
            except Exception as error:  # noqa: BLE001  what cannot be taken in now keeps nothing from being put together
                failures.append(error)
            try:
                fewer += _compact(catalog, settings, root / log, now=now) if (root / log).is_dir() else 0
            except Exception as error:  # noqa: BLE001  whatever lies in one log must not keep the others from it
                failures.append(error)
    if failures:
        raise failures[0]
    return fewer


def _compact(catalog: Catalog, settings: Settings, folder: Path, *, now: float) -> int:
    fewer = 0
    while (made := _compact_some(catalog, settings, folder, now=now)) > 0:
        fewer += made
    return fewer


def _compact_some(catalog: Catalog, settings: Settings, folder: Path, *, now: float) -> int:
    clear_drafts(folder, before=now - SETTLED_SECONDS)
    examined = examine(catalog, folder)
    if examined.problems:
        raise Tampered(
            f"nothing is put together in {folder.name}: {examined.problems[0]}",
            next_step="`flywheel events verify` names all of it; restore the log from a backup",
        )
    rewrite = put_together(folder, examined.chain, now=now)
    if rewrite is None:
        return 0
    attest_compaction(catalog, settings=settings, asked=Asked.of(rewrite))
    complete(rewrite)
    return len(rewrite.replaced) - len(rewrite.made)
