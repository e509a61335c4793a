"""PERF-003: the figures of a candidate are real numbers within the declared bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real

from flywheel.domain.amounts import written_out
from flywheel.domain.gates import GateFinding
from flywheel.errors import shorten
from validators.protocol import Judgement, Report, gate
from validators.specs import Bounds


@gate("PERF-003")
def check(figures: Mapping[str, float], *, bounds: Mapping[str, Bounds], reports: tuple[Report, ...] = ()) -> Judgement:
    """Judge each bounded figure; a figure that is absent or not a number closes the gate.

    `reports` show what the figures were made of.
    """
    findings = [_unreal(name, value) for name, value in figures.items() if not _is_real(value)]
    evaluated = 0
    for name, bound in bounds.items():
        _refuse_empty(name, bound)
        value = figures.get(name)
        if name not in figures:
            findings.append(GateFinding(f"The figure {name} was never computed.", locator=name, allowed=_words(bound)))
        elif value is not None and _is_real(value):
            evaluated += 1
            findings.extend(_outside(name, float(value), bound))
    real = {name: float(value) for name, value in figures.items() if _is_real(value)}
    return Judgement(tuple(findings), evaluated=evaluated, figures=real, reports=reports)


def _is_real(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _unreal(name: str, value: object) -> GateFinding:
    return GateFinding(
        f"The figure {name} is not a real number.", locator=name, seen=shorten(value), allowed="a number"
    )


def _refuse_empty(name: str, bound: Bounds) -> None:
    sides = [side for side in (bound.at_least, bound.at_most) if side is not None]
    if not sides or not all(map(math.isfinite, sides)):
        raise ValueError(f"the bounds of {name} must state at least one finite number")


def _outside(name: str, value: float, bound: Bounds) -> list[GateFinding]:
    is_low = bound.at_least is not None and value < bound.at_least and not _near(value, bound.at_least)
    is_high = bound.at_most is not None and value > bound.at_most and not _near(value, bound.at_most)
    if not (is_low or is_high):
        return []
    what = f"The figure {name} is too {'low' if is_low else 'high'}: {value:.4g}."
    return [GateFinding(what, locator=name, seen=f"{value:.6g}", allowed=_words(bound))]


def _near(value: float, bound: float) -> bool:
    return math.isclose(value, bound, rel_tol=1e-9, abs_tol=1e-12)


def _words(bound: Bounds) -> str:
    sides = [f"at least {written_out(bound.at_least)}"] if bound.at_least is not None else []
    return " and ".join(sides + ([f"at most {written_out(bound.at_most)}"] if bound.at_most is not None else []))
