"""How two examiners share the work: ours sees every row, Great Expectations checks it where that is cheap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from flywheel.domain.gates import GateFinding
from validators.gx_examiner import arguments_of, examine
from validators.outcomes import Outcome, place_of
from validators.precheck import answer, tally
from validators.sampling import Sample
from validators.specs import ColumnRule, ExpectationRule
from validators.suites import WITHOUT_VALUES, columns_of, looks_at_names
from validators.tallies import Tally, Unknown, add, values_of

Rules = Mapping[str, ColumnRule]


@dataclass(frozen=True)
class Examining:
    """Up to how many rows Great Expectations sees all, how many of more rows it sees beside ours, and what fits."""

    whole_at_most: int = 50_000
    sample_rows: int = 10_000
    seed: int = 0
    bytes_at_most: int = 4_000_000_000


EXAMINING = Examining()


class Examination:
    """Some expectations on the rows that meet their condition, counted part by part."""

    def __init__(self, suite: Iterable[ExpectationRule], rules: Rules, examining: Examining) -> None:
        self.suite, self._rules, self._examining = tuple(suite), rules, examining
        self._ours = [_Ours(expectation) for expectation in self.suite]
        self._names = {name for expectation in self.suite for name in columns_of(expectation)}
        self._present: Counter[str] = Counter()
        self._sample = Sample(
            whole_at_most=examining.whole_at_most, sample_rows=examining.sample_rows, seed=examining.seed
        )

    def see(self, rows: pd.DataFrame) -> None:
        """Count the next rows."""
        values = {name: values_of(rows[name]) for name in self._names if name in rows}
        self._present.update({name: len(one.present) for name, one in values.items()})
        for one in self._ours:
            one.see(lambda e: tally(e, rows, values, arguments_of(e, rows, self._rules)))
        self._sample.see(rows)

    def outcomes(self, whole: Callable[[tuple[ExpectationRule, ...]], pd.DataFrame]) -> list[Outcome]:
        """Let the pre-check answer for every row and Great Expectations for what it alone can judge.

        `whole` gives all rows in the columns of some expectations; where both look, they must agree.
        """
        sample, idle, ready = self._sample.frame(), [], []
        for one in self._ours:
            if nothing := self._nothing_to_judge(one.expectation):
                idle.append(Outcome(one.expectation, {}, nothing, is_judged=False))
            else:
                ready.append((one.expectation, one.answer(sample, self._rules)))
        return idle + (self._by_both(ready, sample, whole) if ready else [])

    def _by_both(
        self,
        ready: list[tuple[ExpectationRule, Outcome | None]],
        sample: pd.DataFrame,
        whole: Callable[[tuple[ExpectationRule, ...]], pd.DataFrame],
    ) -> list[Outcome]:
        if self._sample.is_whole:
            theirs = examine(sample, [expectation for expectation, _ in ready], self._rules)
            return [other if own is None else agreed(own, other) for (_, own), other in zip(ready, theirs, strict=True)]
        known = [expectation for expectation, own in ready if own is not None]
        unknown = [expectation for expectation, own in ready if own is None]
        about_names = [expectation for expectation in unknown if looks_at_names(expectation)]
        about_rows = [expectation for expectation in unknown if not looks_at_names(expectation)]
        judged = second_look(sample, known, self._rules) if known else {}
        if about_names:
            judged |= self._theirs(about_names, sample)
        if about_rows:
            judged |= self._theirs(about_rows, whole(tuple(about_rows)))
        return [judged[id(e)] if own is None else judged.get(id(e), own) for e, own in ready]

    def _theirs(self, suite: list[ExpectationRule], rows: pd.DataFrame) -> dict[int, Outcome]:
        return {id(one): outcome for one, outcome in zip(suite, examine(rows, suite, self._rules), strict=True)}

    def _nothing_to_judge(self, expectation: ExpectationRule) -> GateFinding | None:
        names = columns_of(expectation)
        where = " and ".join(names) or "the table"
        if not self._sample.rows:
            return GateFinding(f"No row meets the condition, so {where} was not judged.", locator=where)
        empty = [name for name in names if name in self._present and not self._present[name]]
        if empty and expectation.type not in WITHOUT_VALUES:
            what = f"{empty[0]} holds no value in the rows concerned, so nothing was judged."
            return GateFinding(what, locator=empty[0], seen="only missing values")
        return None


def prejudge(rows: pd.DataFrame, suite: list[ExpectationRule], rules: Rules) -> list[Outcome | None]:
    """Give our own outcome of each expectation on some rows; None where only Great Expectations can judge."""
    values = {name: values_of(rows[name]) for e in suite for name in columns_of(e) if name in rows}
    found = []
    for expectation in suite:
        one = _Ours(expectation)
        one.see(lambda e: tally(e, rows, values, arguments_of(e, rows, rules)))
        found.append(one.answer(rows, rules))
    return found


def second_look(sample: pd.DataFrame, suite: list[ExpectationRule], rules: Rules) -> dict[int, Outcome]:
    """Let both judge one seeded sample; where they differ, ours is not to be believed about the whole either."""
    ours, theirs = prejudge(sample, suite, rules), examine(sample, suite, rules)
    found = {}
    for expectation, own, other in zip(suite, ours, theirs, strict=True):
        if own is not None and agreed(own, other).is_broken:
            found[id(expectation)] = agreed(own, other)
    return found


def agreed(own: Outcome, other: Outcome) -> Outcome:
    """Take the answer that both give; two answers are none."""
    if other.is_broken or own.is_judged != other.is_judged or own.is_met != other.is_met:
        where = place_of(own.expectation)
        what = f"The two examiners disagree about {where} ({own.expectation.type}), so neither result counts."
        seen = f"pre-check: {_word(own)}; Great Expectations: {_word(other)}"
        return Outcome(own.expectation, own.counts, GateFinding(what, locator=where, seen=seen), is_broken=True)
    return other


class _Ours:
    """The pre-check's own count of one expectation, given up where it cannot judge."""

    def __init__(self, expectation: ExpectationRule) -> None:
        self.expectation = expectation
        self._counted: Tally | None = Tally()

    def see(self, counted: Callable[[ExpectationRule], Tally]) -> None:
        if self._counted is None:
            return
        try:
            self._counted = add(self._counted, counted(self.expectation))
        except Unknown:
            self._counted = None

    def answer(self, rows: pd.DataFrame, rules: Rules) -> Outcome | None:
        """Judge what was counted; any of the rows tell in which manner bounds on times are to be read."""
        if self._counted is None:
            return None
        try:
            return answer(self.expectation, self._counted, arguments_of(self.expectation, rows, rules))
        except Unknown:
            return None


def _word(outcome: Outcome) -> str:
    if outcome.is_broken:
        return "could not judge"
    return "met" if outcome.is_met else "not met" if outcome.is_judged else "nothing to judge"
