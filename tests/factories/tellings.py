"""What a dossier's document holds of the kind of problem, told by the kind itself."""

from __future__ import annotations

from flywheel.domain.digests import Json, plain
from flywheel.domain.value import Payoff
from flywheel.project.answer import Decisions
from flywheel.project.problems.binary import Binary
from flywheel.project.problems.kind import ProblemKind
from flywheel.project.problems.telling import Measured, Year

MET: dict[str, Json] = {
    "threshold": 0.2137,
    "decided": {"tp": 12, "fp": 29, "tn": 150, "fn": 9},
    "metrics": {"auc": 0.8123},
}
YES_OR_NO = Binary(
    "bad",
    True,
    Payoff.of(true_positive=11, false_positive=-67, true_negative=23, false_negative=-450),
    Decisions("decline", "accept"),
)


def told_by(kind: ProblemKind = YES_OR_NO, met: dict[str, Json] = MET, *, year: Year | None = None) -> dict[str, Json]:
    """The parts of a document in which a kind tells of a version."""
    measured = Measured.of(met)
    said = {key: plain(value) for key, value in vars(kind.told(measured)).items()}
    paid: Json = {"is_stated": True, "cases": said.pop("cases")}
    if measured is not None and year is not None:
        said["worth"] = plain(kind.worth(measured, year))
    return {"payoff": paid, "kind": said}
