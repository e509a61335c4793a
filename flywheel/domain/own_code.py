"""A project's own code: the file that holds it, and the hooks that it may define."""

from __future__ import annotations

from enum import StrEnum

HOOKS_FILE = "hooks.py"
AMISS = "own code: "
"""How an endpoint begins to say that the features of its own code cannot be computed."""


class Hook(StrEnum):
    """One function of `hooks.py` that we call."""

    PREPARE = "prepare"
    """Takes the joined rows and gives back those to learn from."""
    FEATURES = "features"
    """Takes raw columns and gives back columns beside them, row by row, in training as at the endpoint."""
    CANDIDATES = "candidates"
    """Names estimators that are tried beside the rungs of the ladder."""
