"""Figures of a gate as the numbers that they are."""

from __future__ import annotations

from collections.abc import Mapping


def bounds_of(figures: Mapping[str, float | int | str], name: str) -> tuple[float, float, float]:
    """A figure between its lower and its upper bound."""
    low, middle, high = figures[f"{name}_low"], figures[name], figures[f"{name}_high"]
    assert not isinstance(low, str)
    assert not isinstance(middle, str)
    assert not isinstance(high, str)
    return low, middle, high
