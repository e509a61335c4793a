"""What an endpoint answers of one row: a chance and a decision in words, or an amount and its interval.

What a model says is its score, and what follows is its decision; a rule decides and has no score. Callers read both in
the words of their kind, and the prediction log keeps them in two columns, whatever the kind.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

from flywheel.errors import InputRefused

Scored = tuple[float | None, str]
"""What a model said, which a rule does not, and what was decided, as the log keeps both."""

Outcome = bool | float
"""What a rule may answer: one side of yes or no, an amount."""


class AnswerKind(StrEnum):
    """Which of the answers it is, by its name in a contract."""

    CHANCE = "chance"
    AMOUNT = "amount"


class Answer(Protocol):
    """Decides by what a model said, and words it."""

    @property
    def kind(self) -> AnswerKind:
        """Its name."""
        ...

    def scored(self, said: Sequence[float]) -> list[Scored]:
        """Decide by what a model says of some rows."""
        ...

    def ruled(self, outcome: Outcome) -> Scored:
        """Take what a rule answers."""
        ...

    def takes(self, outcome: Outcome) -> bool:
        """Whether a rule that answers so fits."""
        ...

    def worded(self, scored: Scored) -> dict[str, Any]:
        """Write one answer as its caller reads it."""
        ...

    def describe(self) -> dict[str, str]:
        """Say of each key of an answer what it is."""
        ...

    def faults(self) -> list[tuple[str, object]]:
        """What contradicts itself, each with what was found."""
        ...


@dataclass(frozen=True)
class Decisions:
    """The words for a score at or above the threshold and for one below it."""

    positive: str = "yes"
    negative: str = "no"


YES_OR_NO = Decisions()


@dataclass(frozen=True)
class ChanceAnswer:
    """How likely the positive answer is, and one of two words."""

    target: str
    positive: str = "true"
    threshold: float = 0.5
    decisions: Decisions = YES_OR_NO
    kind: AnswerKind = field(default=AnswerKind.CHANCE, init=False)

    def scored(self, said: Sequence[float]) -> list[Scored]:
        """One word at or above the threshold, the other below it."""
        threshold, above, below = self.threshold, self.decisions.positive, self.decisions.negative
        return [(chance, above if chance >= threshold else below) for chance in said]

    def ruled(self, outcome: Outcome) -> Scored:
        """The word of a side."""
        return None, self.decisions.positive if outcome else self.decisions.negative

    def takes(self, outcome: Outcome) -> bool:
        """A rule answers one side or the other."""
        return isinstance(outcome, bool)

    def worded(self, scored: Scored) -> dict[str, Any]:
        """The chance and the word."""
        return {"score": scored[0], "decision": scored[1]}

    def describe(self) -> dict[str, str]:
        """Say what score and decision are."""
        words = self.decisions
        return {
            "score": f"how likely {self.target} = {self.positive} is, from 0 to 1; null by the business rule",
            "decision": f"{words.positive} for a score of {self.threshold:.6g} or more, else {words.negative}",
        }

    def faults(self) -> list[tuple[str, object]]:
        """The threshold is finite, and the two words differ."""
        words = (self.decisions.positive, self.decisions.negative)
        rules = (
            (math.isfinite(self.threshold), "the threshold must be a number", self.threshold),
            (all(words) and words[0] != words[1], "the decisions must be two different words", words),
        )
        return [(what, found) for holds, what, found in rules if not holds]


@dataclass(frozen=True)
class Reach:
    """Around one amount, how far the truth lies below what is said, and above it."""

    at: float
    below: float
    above: float


@dataclass(frozen=True)
class AmountAnswer:
    """The amount that costs least, and an interval in which the truth lies in nine of ten cases.

    Between two amounts whose reach is known it goes from one to the other, and beyond the largest it goes on growing.
    """

    target: str
    reach: tuple[Reach, ...]
    least: float | None = None
    """Below which nothing lies, where that is known."""
    kind: AnswerKind = field(default=AnswerKind.AMOUNT, init=False)

    @cached_property
    def _known(self) -> list[float]:
        return [one.at for one in self.reach]

    def _around(self, amount: float) -> tuple[float, float]:
        """How far the truth lies below and above an amount."""
        if len(self.reach) == 1 or amount <= self.reach[0].at:
            return self.reach[0].below, self.reach[0].above
        place = min(bisect_left(self._known, amount), len(self.reach) - 1)
        one, next_one = self.reach[place - 1], self.reach[place]
        part = (amount - one.at) / (next_one.at - one.at)
        below = one.below + part * (next_one.below - one.below)
        above = one.above + part * (next_one.above - one.above)
        return (max(below, next_one.below), max(above, next_one.above)) if part > 1 else (below, above)

    def scored(self, said: Sequence[float]) -> list[Scored]:
        """What is said is decided."""
        return [(amount, repr(amount)) for amount in said]

    def ruled(self, outcome: Outcome) -> Scored:
        """The amount of a rule."""
        return None, repr(float(outcome))

    def takes(self, outcome: Outcome) -> bool:
        """A rule answers an amount."""
        return not isinstance(outcome, bool) and math.isfinite(outcome)

    def worded(self, scored: Scored) -> dict[str, Any]:
        """The amount and its interval; a rule has none."""
        amount = scored[0]
        if amount is None:
            return {"amount": float(scored[1]), "low": None, "high": None}
        below, above = self._around(amount)
        low = amount - below
        return {
            "amount": amount,
            "low": low if self.least is None or low > self.least else self.least,
            "high": amount + above,
        }

    def describe(self) -> dict[str, str]:
        """Say what the amount and its bounds are."""
        bound = "of a 90 % interval for the truth; null by the business rule"
        return {
            "amount": f"{self.target}: the amount that costs least where it is too high or too low",
            "low": f"lower end {bound}",
            "high": f"upper end {bound}",
        }

    def faults(self) -> list[tuple[str, object]]:
        """There is a reach, of finite numbers that are not below nought, and amounts rise."""
        known, widths = self._known, [width for one in self.reach for width in (one.below, one.above)]
        least = 0.0 if self.least is None else self.least
        rules = (
            (all(map(math.isfinite, [*known, *widths])), "the reach must be of numbers", [*known, *widths]),
            (bool(known) and known == sorted(set(known)), "the amounts of its reach must rise", known),
            (min(widths, default=0.0) >= 0, "an interval ends below where it begins", widths),
            (math.isfinite(least), "the least amount must be a number", least),
        )
        return [(what, found) for holds, what, found in rules if not holds]


def said_in(prediction: Mapping[str, Any]) -> float | None:
    """Find what the model said in an answer of any kind, as its caller reads it."""
    said: float | None = prediction[next(key for key in _SAID if key in prediction)]
    return said


def read_answer(document: Mapping[str, Any]) -> Answer:
    """Read what a contract says of its answers; refuse whatever is unknown or contradicts itself."""
    values = dict(document)
    answer = _READERS[AnswerKind(values.pop("kind"))](values)
    if unknown := sorted(values):
        raise InputRefused("the serving contract holds unknown keys of an answer", found=unknown)
    for what, found in answer.faults():
        raise InputRefused(f"the serving contract does not hold: {what}", found=found)
    return answer


def _read_chance(values: dict[str, Any]) -> Answer:
    words = values.pop("decisions")
    return ChanceAnswer(
        _word(values.pop("target")),
        _word(values.pop("positive")),
        _number(values.pop("threshold")),
        Decisions(**{side: _word(word) for side, word in words.items()}),
    )


def _read_amount(values: dict[str, Any]) -> Answer:
    reach = tuple(_read_reach(**one) for one in values.pop("reach"))
    return AmountAnswer(_word(values.pop("target")), reach, _number_or_none(values.pop("least")))


def _read_reach(*, at: object, below: object, above: object) -> Reach:
    return Reach(_number(at), _number(below), _number(above))


_SAID = ("score", "amount")
_READERS: Mapping[AnswerKind, Callable[[dict[str, Any]], Answer]] = {
    AnswerKind.CHANCE: _read_chance,
    AnswerKind.AMOUNT: _read_amount,
}


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _number_or_none(value: object) -> float | None:
    return None if value is None else _number(value)


def _word(value: object) -> str:
    if not (isinstance(value, str) and value):
        raise TypeError(f"{value!r} is no word")
    return value
