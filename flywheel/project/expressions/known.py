"""What an expression may be made of: columns and earlier features, and why some columns may not be used."""

from __future__ import annotations

from dataclasses import dataclass

from flywheel.project.expressions.units import UNSTATED, Measure
from flywheel.project.reading.kinds import Kind

IN_WORDS = {
    Kind.NUMBER: "a number",
    Kind.INTEGER: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.CATEGORY: "a category",
    Kind.TEXT: "a text",
    Kind.TIME: "a time",
}
"""What values of a kind are, in messages."""
AMOUNTS = frozenset({Kind.NUMBER, Kind.INTEGER})
WORDS = frozenset({Kind.CATEGORY, Kind.TEXT})


@dataclass(frozen=True)
class Known:
    """A name that an expression may meet; `barred` says why no model may decide by it."""

    name: str
    kind: Kind
    measure: Measure = UNSTATED
    categories: tuple[str, ...] = ()
    barred: str = ""
