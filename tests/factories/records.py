"""Rows as callers send them."""

from __future__ import annotations

from typing import Any

import pandas as pd


def records_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """One mapping by column name a row."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
