"""A category's name, the same whether a value came as text, as a whole number or as a truth."""

from __future__ import annotations

import re

from flywheel.project.reading.text_form import BLANKS

WHOLE, WHOLE_PART = r"^(-?[1-9][0-9]{0,15}|0)\.0+$", r"\1"
"""A whole number as programs write it where others of its column are missing, and what is left of it."""


def level_of(value: object) -> str:
    """Name a category: 3, 3.0, "3", "3.0" and " 3" are one, and a truth is `true` or `false`."""
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, float) and plain.is_integer():
        return str(int(plain))
    return re.sub(WHOLE, WHOLE_PART, str(plain).strip(BLANKS))
