"""Made-up card applications: a few columns of each kind, a target that depends on them, all by seed."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import numpy as np
import pandas as pd

from flywheel.domain.value import Payoff
from flywheel.project.problems.binary import Binary
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.model import Fitted, fit
from flywheel.project.tabular.recipe import Budget, ColumnFacts, Recipe, RecipeKind, ladder, usable_columns

PAYOFF = Payoff(Decimal(1900), Decimal(-140), Decimal(0), Decimal(-2100))
GOAL = Binary("default_12m", True, PAYOFF)
COLUMNS = (
    ColumnFacts("income", Kind.NUMBER),
    ColumnFacts("score", Kind.INTEGER, missing_codes=(999, -1)),
    ColumnFacts("channel", Kind.CATEGORY),
    ColumnFacts("region", Kind.CATEGORY, missing_codes=("?",)),
    ColumnFacts("owner", Kind.BOOLEAN),
    ColumnFacts("postcode", Kind.CATEGORY, is_permitted=False),
    ColumnFacts("gender", Kind.CATEGORY, role="group"),
    ColumnFacts("repaid", Kind.NUMBER, is_known_at_decision=False),
    ColumnFacts("remark", Kind.TEXT),
)
FEATURES = ("channel", "income", "owner", "region", "score")


def applications(rows: int = 1_500, *, seed: int = 1) -> pd.DataFrame:
    """A frame of applications over a year."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "income": np.where(draw.random(rows) < 0.1, np.nan, draw.lognormal(10, 0.5, rows)),
            "score": np.where(draw.random(rows) < 0.05, 999, draw.integers(300, 850, rows)),
            "channel": draw.choice(["web", "branch", "phone"], rows),
            "region": draw.choice(np.array(["north", "south", "?", None], dtype=object), rows),
            "owner": draw.random(rows) < 0.4,
            "postcode": draw.choice(["1010", "1020"], rows),
            "gender": draw.choice(["f", "m"], rows),
            "repaid": draw.random(rows),
            "remark": "none",
            "applied_at": pd.Timestamp("2025-01-01") + pd.to_timedelta(draw.integers(0, 365, rows), unit="D"),
        }
    )
    score = np.where(frame["score"] == 999, 575, frame["score"])
    logit = -1.5 - (score - 575) / 120 + (frame["channel"] == "web") - 0.5 * frame["owner"]
    frame["default_12m"] = draw.random(rows) < 1 / (1 + np.exp(-logit))
    return frame


def rungs(*, trials: int = 3) -> dict[RecipeKind, Recipe]:
    """The ladder over the usable columns."""
    usable = usable_columns(COLUMNS, besides=("default_12m", "applied_at"))
    planned = ladder([c.name for c in usable], seed=7, budget=Budget(trials=trials, minutes=5))
    return {recipe.kind: recipe for recipe in planned}


def fit_recipe(recipe: Recipe, *, seed: int = 1) -> Fitted:
    """Fit on synthetic applications."""
    return fit(
        recipe,
        applications(seed=seed),
        applications(600, seed=seed + 100),
        columns=COLUMNS,
        goal=GOAL,
    )


@cache
def fitted(kind: RecipeKind) -> Fitted:
    """One fitted rung, fitted once."""
    return fit_recipe(rungs()[kind])
