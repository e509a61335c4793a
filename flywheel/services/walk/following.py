"""Following: whether a stage may go on from what the stages before it brought, and from what people agreed on."""

from __future__ import annotations

from flywheel.catalog.engine import Catalog
from flywheel.domain.stages import Stage
from flywheel.errors import Refused
from flywheel.services.standing.agreements import must_be_agreed
from flywheel.services.terms import charters

KEYS_TOLD = 5


def must_follow(catalog: Catalog, *, project: str, stage: Stage) -> None:
    """Refuse to go on from what ended under a charter that said otherwise, or on what people have not agreed on."""
    with catalog.begin() as work:
        changed = charters.changed_before(work, project, stage)
    if changed:
        first, keys = next(iter(changed.items()))
        raise Refused(
            f"the charter has changed since {first.value} ended",
            found=", ".join(keys[:KEYS_TOLD]),
            next_step=f"`flywheel run {project}` begins there; what has not changed is not repeated",
        )
    with catalog.begin() as work:
        must_be_agreed(work, project, stage)
