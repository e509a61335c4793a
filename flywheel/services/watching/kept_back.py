"""What was kept back of parts of slots: in how many of them in succession, so that nothing is kept back for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from flywheel.catalog.engine import Catalog
from flywheel.domain.monitoring import FIRST_MONDAY, kept_back_in
from flywheel.services.watching import health
from flywheel.services.watching.health import Part

_LOOKED_BACK = 64
"""Windows; what was kept back in more slots than these hold is asked of a person as often."""


def kept_back_before(catalog: Catalog, project: str, part: Part, *, length: timedelta) -> Mapping[str, int]:
    """Count for each column the slots in succession before this one in which it was kept back, of the same answerer.

    A slot without rows says nothing; the last word on a slot is that of the window that was judged last.
    """
    judged = health.list_of(
        catalog, project=project, version=part.version, served_by=part.served_by, limit=_LOOKED_BACK
    )
    own = (part.start_at - FIRST_MONDAY) // length
    slots: dict[int, frozenset[str]] = {}
    for one in judged:
        slot = (one.window_start_at - FIRST_MONDAY) // length
        if one.rows and slot < own:
            slots.setdefault(slot, frozenset(kept_back_in(one.verdicts)))
    counts, held = Counter[str](), None
    for slot in sorted(slots, reverse=True):
        held = slots[slot] if held is None else held & slots[slot]
        counts.update(held)
    return counts
