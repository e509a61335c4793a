"""How the rows behind a candidate were parted: the rule, the rows that were compared, and what it has seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flywheel.domain.digests import Digest, Json


@dataclass(frozen=True)
class SplitFacts:
    """One candidate's split.

    `rule` says how units are parted and stays the same while the data grow; `unit`, `time` and `until` say how what it
    has seen is known again, and `seen` names the hashed units in the artifact store. `periods` counts all rows of each
    period by time, those left apart too. `chosen_on` and `judged_on` name
    the very rows of validation and of the test together with the money that is counted there: figures are compared
    where these are the same, and nowhere else.
    """

    rule: Digest
    cuts: Mapping[str, str]
    rows: Mapping[str, int]
    periods: Mapping[str, int]
    apart: int
    unit: Mapping[str, Json]
    time: str | None
    until: datetime | None
    seen: Digest
    chosen_on: Digest
    judged_on: Digest
