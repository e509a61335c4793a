"""Comparing two versions on rows that neither has seen; where too few are left, people are asked instead."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted
from validators.columns import Mask
from validators.protocol import Judgement


def unseen_of(given: npt.ArrayLike | None, *, rows: int) -> Mask:
    """Take the rows that neither version has seen; all of them where nobody says otherwise."""
    mask: Mask = np.ones(rows, dtype=bool) if given is None else np.asarray(given, dtype=bool)
    if mask.shape != (rows,):
        raise ValueError(f"{counted(mask.size, 'mark')} of unseen rows do not fit {counted(rows, 'row')}")
    return mask


def insufficient(unseen: Mask, *, at_least: int, whose: str) -> Judgement | None:
    """Ask where enough rows were held back and too few of them are unseen; nothing where they suffice."""
    left, rows = int(unseen.sum()), int(unseen.size)
    if left >= at_least or rows < at_least:
        return None
    what = (
        f"Insufficient: of {counted(rows, 'test row')} only {left:,} are unseen by {whose} and by this version, and "
        f"at least {at_least} are needed, so no figure shows which is better. May it proceed without one?"
    )
    asked = GateFinding(what, Severity.QUESTION, seen=str(left), allowed=f"at least {at_least}")
    return Judgement((asked,), evaluated=1, figures={"rows": left, "rows_left_out_as_seen": rows - left})
