"""How the rows behind a candidate were parted: the rule, the rows that were compared, and what it has seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from flywheel.domain.digests import Digest, Json
from flywheel.errors import InputRefused


@dataclass(frozen=True)
class SplitFacts:
    """One candidate's split.

    `rule` says how units are parted and stays the same while the data grow; `unit`, `time` and `until` say how what it
    has seen is known again, and `seen` names the hashed units in the artifact store. `chosen_on` and `judged_on` name
    the very rows of validation and of the test together with the money that is counted there: figures are compared
    where these are the same, and nowhere else.
    """

    rule: Digest
    cuts: Mapping[str, str]
    rows: Mapping[str, int]
    apart: int
    unit: Mapping[str, Json]
    time: str | None
    until: datetime | None
    seen: Digest
    chosen_on: Digest
    judged_on: Digest

    @classmethod
    def from_json(cls, document: Mapping[str, Json]) -> Self:
        """Read what stands in the record."""
        cuts, rows, unit = document["cuts"], document["rows"], document["unit"]
        if not (isinstance(cuts, dict) and isinstance(rows, dict) and isinstance(unit, dict)):
            raise InputRefused("a split's facts need cuts, rows and a unit", found=document)
        time, until = document["time"], document["until"]
        return cls(
            rule=Digest(str(document["rule"])),
            cuts={name: str(moment) for name, moment in cuts.items()},
            rows={name: int(str(count)) for name, count in rows.items()},
            apart=int(str(document["apart"])),
            unit=unit,
            time=None if time is None else str(time),
            until=None if until is None else datetime.fromisoformat(str(until)),
            seen=Digest(str(document["seen"])),
            chosen_on=Digest(str(document["chosen_on"])),
            judged_on=Digest(str(document["judged_on"])),
        )
