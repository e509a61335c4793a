"""Reads a column that holds one value or none as a yes and a no, since being there is all that it tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from flywheel.errors import counted
from flywheel.project.proposing.columns import as_words
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.reading.kinds import Kind


def as_sign(one: Proposed, values: Mapping[str, int], *, given: Kind | None, is_whole: bool) -> Proposed:
    """Propose such a column as a category of its one value, and ask whether that is known in time."""
    if not one.is_a_sign:
        return one
    filled = round(one.rows * (1 - one.missing_share))
    held = Counter({value: count for value, count in values.items() if value.strip() and count == filled})
    shown = next(iter(held), "one value")[:30]
    asked = (
        f"it says {shown} in {counted(filled, 'row')} of {one.rows:,} and nothing in the others, which is read as yes "
        'and no: is that known when the decision is asked for? else role = "kept"'
    )
    sign = replace(one, decide=(asked,), otherwise=None)
    if given not in {None, Kind.TEXT} or one.kind is Kind.BOOLEAN or len(held) != 1:
        return sign
    plain = replace(sign, unit="", between=None, middle=None, date_formats=(), spans=())
    return as_words(plain, held, one.codes, is_whole=is_whole)
