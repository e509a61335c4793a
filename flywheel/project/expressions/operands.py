"""What operands have in common: kinds, units and categories, or at which place two do not fit together."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flywheel.errors import some_of
from flywheel.project.expressions.calendar_parts import micros_of
from flywheel.project.expressions.known import IN_WORDS, WORDS
from flywheel.project.expressions.misread import Misread, Span, close_to
from flywheel.project.expressions.rows import is_nothing, settled
from flywheel.project.expressions.steps import SORTS, Op, Sort, Step, Value, constant
from flywheel.project.expressions.units import ANY, UNSTATED, Measure, shared
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.levels import level_of
from flywheel.project.reading.moments import moment_of

Constant = float | str | bool


@dataclass(frozen=True)
class Meaning:
    """A part of an expression that makes sense: what it computes, of which kind and unit, and where it stands.

    `labels` are the only categories that it can give, where they are known.
    """

    step: Step
    kind: Kind
    span: Span
    measure: Measure = ANY
    labels: tuple[str, ...] = ()

    @property
    def is_constant(self) -> bool:
        """Whether it is the same in every row."""
        return self.step.op is Op.CONSTANT

    @property
    def said(self) -> str:
        """Name its kind in a message."""
        return "a text" if self.is_constant and self.kind in WORDS else IN_WORDS[self.kind]


@dataclass(frozen=True)
class Operands:
    """The parts of one expression, held against each other."""

    text: str

    def quote(self, part: Meaning) -> str:
        """Show the text of a part."""
        return f"`{self.text[part.span.start : part.span.end]}`"

    def must_be(self, part: Meaning, kinds: frozenset[Kind], wanted: str) -> None:
        """Refuse an operand of another kind."""
        if part.kind not in kinds:
            raise Misread(f"{self.quote(part)} is {part.said}, and {wanted} is needed here", part.span, allowed=wanted)

    def time(self, part: Meaning) -> Meaning:
        """Take a part as a time; a text may be one, by ISO 8601."""
        if part.is_constant and part.kind in WORDS:
            moment = moment_of(str(part.step.value))
            if moment is None:
                what = f"{self.quote(part)} is no time"
                raise Misread(what, part.span, allowed='a day or a time by ISO 8601, such as "2026-01-31"')
            return Meaning(constant(micros_of(moment), Sort.TIME), Kind.TIME, part.span)
        self.must_be(part, frozenset({Kind.TIME}), "a time")
        return part

    def alike(self, *parts: Meaning) -> tuple[Meaning, ...]:
        """Bring operands that are compared or chosen from to one kind and unit, or refuse them."""
        if any(part.kind is Kind.TIME for part in parts):
            return tuple(self.time(part) for part in parts)
        first = parts[0]
        for part in parts[1:]:
            if SORTS[part.kind] is not SORTS[first.kind]:
                what = f"{self.quote(first)} is {first.said}, and {self.quote(part)} is {part.said}"
                raise Misread(what, first.span.to(part.span), allowed="two of one kind")
        self.measure(*parts)
        return parts

    def measure(self, *parts: Meaning) -> Measure:
        """Give the unit that operands share; two different ones are refused."""
        measure, first = parts[0].measure, parts[0]
        for part in parts[1:]:
            both = shared(measure, part.measure)
            if both is None:
                what = f"{self.quote(first)} is in {measure.said}, and {self.quote(part)} in {part.measure.said}"
                raise Misread(what, first.span.to(part.span), allowed="one unit; a product or a quotient of two")
            first = first if first.measure.is_stated and not first.measure.is_any else part
            measure = both
        return measure

    def settle(self, part: Meaning) -> Meaning:
        """Compute what is the same in every row once; where that has no answer, no row would have one."""
        if part.is_constant or not part.step.of or any(one.op is not Op.CONSTANT for one in part.step.of):
            return part
        value = settled(part.step)
        if is_nothing(value):
            raise Misread(f"{self.quote(part)} has no answer, whatever the row", part.span, allowed="a finite number")
        return replace(part, step=constant(value, part.step.sort))

    def must_be_known(self, *parts: Meaning) -> None:
        """Refuse a text that can be none of the categories that it is held against."""
        labels = next((part.labels for part in parts if part.labels and not part.is_constant), ())
        for part in parts:
            if labels and part.is_constant and part.kind in WORDS and str(part.step.value) not in labels:
                word = str(part.step.value)
                what = f"{self.quote(part)} is none of the declared categories"
                raise Misread(what, part.span, allowed=some_of(labels), suggestion=close_to(word, labels))


def constant_of(value: Constant, span: Span) -> Meaning:
    """Say what a constant means."""
    if isinstance(value, bool):
        return Meaning(constant(value, Sort.TRUTH), Kind.BOOLEAN, span, UNSTATED)
    if isinstance(value, str):
        word = level_of(value)
        return Meaning(constant(word, Sort.WORD), Kind.CATEGORY, span, UNSTATED, (word,))
    kind = Kind.INTEGER if value.is_integer() else Kind.NUMBER
    return Meaning(constant(value, Sort.NUMBER), kind, span)


def word_of(part: Meaning) -> Value:
    """Give the value of a constant."""
    return part.step.value if not isinstance(part.step.value, tuple) else None
