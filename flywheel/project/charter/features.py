"""The charter's `[features]`: derived columns, as people write them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from flywheel.project.charter.fields import Block, Flag, Line, seen
from flywheel.project.expressions.tokens import LONGEST_TEXT

Expression = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT), AfterValidator(seen)]
"""The text of an expression; what it says is read beside the columns (`derived.py`)."""


class DerivedFeature(Block):
    """One feature that is computed from columns, in training and at the endpoint alike."""

    __annotations__["is"] = Expression  # the key is a word of Python's, which no class can write otherwise
    unit: Line | None = None
    expect: Literal["increasing", "decreasing"] | None = None
    permitted: Flag = True

    @property
    def text(self) -> str:
        """The expression as written."""
        return str(getattr(self, "is"))
