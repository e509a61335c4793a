"""The terms under which a model from elsewhere is asked, kept with it: its form, its maker, answers it must give."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

from flywheel.domain.digests import Json, plain
from flywheel.errors import InputRefused, counted

BY_MONEY, GIVEN = "by money", "given"
"""Who sets the threshold: validation rows here, or the maker."""


class Form(StrEnum):
    """How the model comes; none of them can hold code that runs when it is opened."""

    ONNX = "onnx"
    XGBOOST = "xgboost"
    SKOPS = "skops"
    HTTP = "http"


FILES = {Form.ONNX: "model.onnx", Form.XGBOOST: "model.json", Form.SKOPS: "model.skops", Form.HTTP: "address.json"}
"""The model's file in its folder."""

NEEDS = {
    Form.ONNX: ("numpy", "onnxruntime"),
    Form.XGBOOST: ("numpy", "xgboost-cpu"),
    Form.SKOPS: ("numpy", "scikit-learn", "skops"),
    Form.HTTP: ("httpx", "numpy"),
}
"""What asking it takes."""


def unknown_of(settings: Mapping[str, object]) -> tuple[str, ...]:
    """Say what nobody here can know of a foreign model, from what its recipe says."""
    maker, until = settings.get("maker"), settings.get("learned_until")
    learned = f"rows up to {until}, as they say," if until else "unknown rows"
    return (
        f"{maker} made the model, from {learned} so its test rows here may be among them",
        f"how {maker} made it is unknown: only its answers were examined",
    )


@dataclass(frozen=True)
class Golden:
    """One row as the maker tried it, and the chance that came out there."""

    row: Mapping[str, Json]
    expected: float


@dataclass(frozen=True)
class Terms:
    """Everything about a foreign model that is not in its own file."""

    form: Form
    maker: str
    release: str
    learned_until: str
    asked_as: tuple[str, ...]
    output: str
    place: int | None
    tolerance: float
    golden: tuple[Golden, ...]
    says_amounts: bool = False
    """Whether its one output is an amount, and not a chance."""

    def to_json(self) -> Json:
        """Write it as plain JSON."""
        said = {field.name: plain(getattr(self, field.name)) for field in fields(self)}
        return said if self.says_amounts else {key: value for key, value in said.items() if key != "says_amounts"}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        golden = tuple(Golden(dict(one["row"]), float(one["expected"])) for one in document["golden"])
        place = document["place"]
        return cls(
            Form(document["form"]),
            str(document["maker"]),
            str(document["release"]),
            str(document["learned_until"]),
            tuple(str(name) for name in document["asked_as"]),
            str(document["output"]),
            None if place is None else int(place),
            float(document["tolerance"]),
            golden,
            bool(document.get("says_amounts", False)),
        )

    def must_answer(self, chances: list[float]) -> None:
        """Refuse a model that answers the maker's own rows otherwise than it did there."""
        far = [
            (place, said, one.expected)
            for place, (said, one) in enumerate(zip(chances, self.golden, strict=True), start=1)
            if not math.isclose(said, one.expected, rel_tol=0.0, abs_tol=self.tolerance)
        ]
        if far:
            place, said, expected = far[0]
            raise InputRefused(
                f"the model answers {len(far)} of {counted(len(self.golden), 'golden row')} differently from its maker",
                found=f"{said:.6g} for row {place}",
                allowed=f"{expected:.6g}, within {self.tolerance:g}",
                next_step="look at the order of the inputs, their codes, and what is given where a value is missing",
            )
