"""A derived feature that tells nothing is named before anything is trained, with what may be wrong."""

from __future__ import annotations

from flywheel.project.checking.idle_features import idle_features
from tests.factories.expressions import KNOWN, derived, frame_of


def test_what_is_always_missing_or_always_the_same_is_named_and_nothing_else() -> None:
    made = derived(
        share="loan / income",
        lost='lookup(note, {"north": 1})',
        flat="if loan > 1e9 then 1 else 0",
        rare="log(loan - 2)",
    )
    empty = dict.fromkeys(one.name for one in KNOWN if not one.barred)
    frame = frame_of([empty | {"loan": float(place), "income": 4.0, "note": "x"} for place in range(4)])
    told = {fault.column: fault for fault in idle_features(made, frame)}
    assert sorted(told) == ["features.flat", "features.lost"]
    assert (
        told["features.lost"].what == "is missing in all of the 4 rows that were looked at; a run would end at PERF-005"
    )
    assert told["features.flat"].values == ("0.0",)
    assert all(fault.cure for fault in told.values())
    assert list(idle_features(made, frame.head(0))) == []
