"""All kinds of problem, by the word that a charter has for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from flywheel.errors import CharterError, Problem
from flywheel.project.answer import Decisions
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.data import Data
from flywheel.project.charter.tasks import Task
from flywheel.project.problems.binary import EVEN_PAYOFF, Binary
from flywheel.project.problems.kind import ProblemKind
from flywheel.project.problems.regression import EVEN_COST, Regression
from flywheel.project.tabular.recipe import Scalar


def problem_of(charter: Charter, data: Data) -> ProblemKind:
    """The kind of problem, with what the charter says of it."""
    if data.target is None:
        raise CharterError((Problem("project.toml", "data.target", "the target is not named"),))
    return MAKERS[charter.research.task](charter, data.target, data.positive)


def _binary(charter: Charter, target: str, yes: Scalar | None) -> ProblemKind:
    payoff = (charter.value.money if charter.value else None) or EVEN_PAYOFF
    positive = True if yes is None else yes
    return Binary(target, positive, payoff, Decisions(charter.decision.positive, charter.decision.negative))


def _regression(charter: Charter, target: str, _: Scalar | None) -> ProblemKind:
    return Regression(target, (charter.value.prices if charter.value else None) or EVEN_COST)


MAKERS: Mapping[Task, Callable[[Charter, str, Scalar | None], ProblemKind]] = MappingProxyType(
    {"binary": _binary, "regression": _regression}
)
