"""The targets of a charter held against what a version's test rows say of each measure."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from flywheel.project.examination import Examination
from validators import targets
from validators.protocol import Checked


def held(seen: Examination) -> Checked:
    """Judge the measured targets as of today."""
    wanted = tuple(
        targets.Target(one.name, one.measure, one.before, float(one.target), one.by)
        for one in seen.charter.kpis
        if one.measure
    )
    return targets.check(measured(seen), targets=wanted, today=datetime.now(UTC).date())


def measured(seen: Examination) -> dict[str, float]:
    """Take what the test rows say of each measure; what a kind of problem does not know is left out."""
    value = seen.charter.value
    gain = float((seen.money - seen.rivals.naive).mean())
    found = {} if value is None else {"value per year": gain * value.volume_per_year}
    named = {"AUC": "auc", "mean absolute error": "mae"}
    found |= {measure: seen.figures[name] for measure, name in named.items() if name in seen.figures}
    if seen.decided.dtype == np.bool_ and seen.decided.size:
        acted = seen.decided
        found["share acted on"] = float(acted.mean())
        found |= {"hit rate": float(seen.truth[acted].mean())} if acted.any() else {}
    return found
