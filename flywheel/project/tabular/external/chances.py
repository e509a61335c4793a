"""What a foreign model gives: one column of finite numbers, for chances from nought to one, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.errors import InputRefused, counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flywheel.project.tabular.external.terms import Terms

SLACK = 1e-6
"""Rounding of single precision beyond nought and one."""


def chances_in(answer: Any, terms: Terms, *, rows: int | None = None) -> NDArray[np.float64]:
    """Take the chance of yes out of an answer; without a named column, the only one or the last of two."""
    if terms.says_amounts:
        return _amounts_in(answer, rows)
    table = np.asarray(answer, dtype=np.float64)
    if table.ndim == 1:
        table = table[:, None]
    if table.ndim != 2 or (rows is not None and len(table) != rows):
        raise InputRefused("the model did not return one row for each input row", found=table.shape, allowed=str(rows))
    width = table.shape[1]
    place = terms.place if terms.place is not None else width - 1
    if place >= width or (terms.place is None and width > 2):
        raise InputRefused(
            "it is not clear which output is the probability of yes",
            found=counted(width, "column"),
            allowed=f"column 0 to {width - 1}",
            next_step="name it in the signature: [output] column = ...",
        )
    chances = table[:, place]
    if not (np.isfinite(chances).all() and (chances >= -SLACK).all() and (chances <= 1 + SLACK).all()):
        raise InputRefused(
            "the model returns values that are no probabilities", found=_first_odd(chances), allowed="0 to 1"
        )
    return np.clip(chances, 0.0, 1.0)


def _amounts_in(answer: Any, rows: int | None) -> NDArray[np.float64]:
    amounts = np.asarray(answer, dtype=np.float64)
    if amounts.ndim == 2 and amounts.shape[1] == 1:
        amounts = amounts[:, 0]
    if amounts.ndim != 1 or (rows is not None and len(amounts) != rows):
        raise InputRefused("the model did not return one amount for each row", found=amounts.shape, allowed=str(rows))
    if not np.isfinite(amounts).all():
        raise InputRefused("the model returns values that are no amounts", allowed="finite numbers")
    return amounts


def _first_odd(chances: NDArray[np.float64]) -> float:
    odd = ~np.isfinite(chances) | (chances < -SLACK) | (chances > 1 + SLACK)
    return float(chances[odd][0])
