"""Definitions of features: which needs which, in order; what none can be made of is told once, where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from flywheel.project.expressions.known import Known
from flywheel.project.expressions.meaning import meaning_of
from flywheel.project.expressions.misread import Misread, Span
from flywheel.project.expressions.operands import Meaning
from flywheel.project.expressions.tokens import TokenKind, tokens_of
from flywheel.project.expressions.units import Measure, read_measure, shared
from flywheel.project.reading.kinds import Kind

MOST_FEATURES = 200
_NO_FEATURE = {
    Kind.TEXT: ("a text", "a category: lookup(...) makes one of a text"),
    Kind.TIME: ("a time, which is no amount", "days_between(...), year(...), month(...) and their like"),
}
"""What no model learns from, and what to write."""


@dataclass(frozen=True)
class Definition:
    """One feature as its author wrote it; `barred` says why no model may use it."""

    name: str
    text: str
    unit: str = ""
    barred: str = ""


def meanings_of(
    definitions: Sequence[Definition], known: Mapping[str, Known]
) -> tuple[dict[str, Meaning], dict[str, Misread]]:
    """Say what each definition means, in the order in which they need each other, and what is wrong with the others.

    Of what is made of a wrong one nothing is told: its cure is there.
    """
    wrong: dict[str, Misread] = {}
    needs = {one.name: _needed(one, wrong) for one in definitions}
    features = {one.name: one for one in definitions}
    order = _ordered({name: sorted(of & features.keys()) for name, of in needs.items()}, features, wrong)
    now: dict[str, Known] = dict(known)
    found: dict[str, Meaning] = {}
    for name in order:
        if name in wrong or any(one in wrong or one not in now for one in needs[name] & features.keys()):
            continue
        one = features[name]
        try:
            meaning = meaning_of(one.text, now)
            measure = _stated(one, meaning)
        except Misread as mistake:
            wrong[name] = mistake
            continue
        if not one.barred:
            found[name] = meaning
        now[name] = Known(name, meaning.kind, measure, meaning.labels, one.barred)
    return found, wrong


def _stated(one: Definition, meaning: Meaning) -> Measure:
    """Hold a feature against what a model can learn from, and against the unit that its author states."""
    whole = Span(0, len(one.text))
    if meaning.kind in _NO_FEATURE:
        what, allowed = _NO_FEATURE[meaning.kind]
        raise Misread(f"gives {what}", whole, allowed=allowed)
    if meaning.is_constant:
        raise Misread("is the same in every row", whole, allowed="something of a column")
    if not one.unit:
        return meaning.measure
    stated = read_measure(one.unit)
    if stated is None:
        raise Misread(
            f"the unit `{one.unit}` cannot be read",
            whole,
            allowed="such as EUR, EUR/month or kg*days",
            is_of_the_unit=True,
        )
    if shared(stated, meaning.measure) is None:
        what = f"is in {meaning.measure.said}, and not in {stated.said}"
        raise Misread(what, whole, allowed=meaning.measure.name or "leave it out", is_of_the_unit=True)
    return stated


def _needed(one: Definition, wrong: dict[str, Misread]) -> set[str]:
    """Name what stands in a text, functions and the words of the language among it."""
    try:
        return {token.text for token in tokens_of(one.text) if token.kind is TokenKind.NAME}
    except Misread as mistake:
        wrong[one.name] = mistake
        return set()


def _ordered(
    needs: Mapping[str, list[str]], features: Mapping[str, Definition], wrong: dict[str, Misread]
) -> tuple[str, ...]:
    """Order features so that each comes behind what it is made of; those that go in a circle are told and left out."""
    left = dict(needs)
    while True:
        try:
            return tuple(TopologicalSorter(left).static_order())
        except CycleError as circle:
            names: list[str] = circle.args[1]
            first, then = names[-1], names[-2]
            text = features[first].text
            place = next(t.span for t in tokens_of(text) if t.kind is TokenKind.NAME and t.text == then)
            way = " -> ".join(reversed(names))
            wrong[first] = Misread(f"is made of itself: {way}", place, allowed="what does not need it")
            left[first] = []
