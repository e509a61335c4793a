"""Foreign models behind an address: rows go out as JSON, chances come back; whoever loads one gives the way there."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.domain.digests import Json, canonical_json
from flywheel.errors import InputRefused, Unavailable
from flywheel.project.tabular.external.chances import chances_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flywheel.project.tabular.encoding import ColumnEncoding, Encoding
    from flywheel.project.tabular.external.terms import Terms

Ask = Callable[[str, Json], Any]
"""Posts JSON to an address and gives the JSON that comes back."""

ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class HttpModel:
    """An address, and the way to ask it."""

    url: str
    terms: Terms
    encoding: Encoding
    ask: Ask

    def __call__(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Chance of yes for each row, a few hundred at a time."""
        parts = [self._asked(matrix[at : at + ROWS_AT_ONCE]) for at in range(0, len(matrix), ROWS_AT_ONCE)]
        return np.concatenate(parts) if parts else np.empty(0)

    def _asked(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        columns = [_values(values, column) for column, values in zip(self.encoding.columns, matrix.T, strict=True)]
        rows: list[Json] = [dict(zip(self.terms.asked_as, row, strict=True)) for row in zip(*columns, strict=True)]
        answer = self.ask(self.url, {"rows": rows})
        found = answer.get(self.terms.output) if isinstance(answer, Mapping) else None
        if not isinstance(found, Sequence) or isinstance(found, str):
            raise InputRefused(
                f"the answer of {self.url} holds no list {self.terms.output}",
                found=answer,
                next_step='name it in the signature: [output] name = "..."',
            )
        return chances_in([_number(one) for one in found], self.terms, rows=len(matrix))


def address_content(url: str) -> bytes:
    """Write the file that stands for the model."""
    return canonical_json({"url": url}).encode()


def read_http(content: bytes, terms: Terms, encoding: Encoding, ask: Ask | None) -> HttpModel:
    """Read where the model is; it is asked at once for its golden rows."""
    if ask is None:
        raise Unavailable("a model behind an address needs a network", found=terms.maker)
    return HttpModel(str(json.loads(content)["url"]), terms, encoding, ask)


def _values(values: NDArray[np.float64], column: ColumnEncoding) -> list[Json]:
    """Give back what stood in the column."""
    if column.is_category and not column.given:
        words: list[Json] = [*column.levels, None]
        return [None if math.isnan(v) else words[min(int(v), len(column.levels))] for v in values.tolist()]
    return [None if value != value else value for value in values.tolist()]  # NaN differs from itself


def _number(one: object) -> float:
    value = one.get("score") if isinstance(one, Mapping) else one
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputRefused("an answer is no number", found=value, allowed='numbers, or objects with "score"')
    try:
        return float(value)
    except OverflowError:  # a whole number of hundreds of digits
        return math.inf
