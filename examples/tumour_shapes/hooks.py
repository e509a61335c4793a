"""What expressions and our own rungs do not say: how a tumour's outline differs from a circle, and other estimators."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def features(frame: pd.DataFrame) -> pd.DataFrame:
    """Add columns, each row by itself: 1 is a circle, more is an outline with bays."""
    roundness = frame.mean_perimeter**2 / (4 * np.pi * frame.mean_area)
    dents = frame.mean_concavity * frame.mean_concave_points
    return frame.assign(roundness=roundness, dents=np.sqrt(dents), is_large=frame.mean_area > 1_000)


def candidates() -> dict[str, Any]:
    """Offer estimators beside the ladder; parameters to choose from are tried within the budget."""
    plain = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(max_iter=500))
    forest = make_pipeline(SimpleImputer(), RandomForestClassifier(60))
    return {
        "scaled-logistic": (plain, {"logisticregression__C": stats.loguniform(0.01, 10)}),
        "forest": (forest, {"randomforestclassifier__max_depth": [3, 5, None]}),
    }
