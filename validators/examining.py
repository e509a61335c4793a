"""How two examiners share the work: ours sees every row, Great Expectations checks it where that is cheap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from flywheel.domain.gates import GateFinding
from validators.gx_examiner import arguments_of, examine
from validators.outcomes import Outcome, place_of
from validators.precheck import answer, tally
from validators.specs import ColumnRule, ExpectationRule
from validators.tallies import Unknown


@dataclass(frozen=True)
class Examining:
    """Up to how many rows Great Expectations sees all, and how many of more rows it sees beside ours."""

    whole_at_most: int = 50_000
    sample_rows: int = 10_000
    seed: int = 0


EXAMINING = Examining()


def prejudge(rows: pd.DataFrame, suite: list[ExpectationRule], rules: Mapping[str, ColumnRule]) -> list[Outcome | None]:
    """Give our own outcome of each expectation; None where only Great Expectations can judge."""
    return [_own(rows, expectation, rules) for expectation in suite]


def second_look(
    rows: pd.DataFrame, suite: list[ExpectationRule], rules: Mapping[str, ColumnRule], examining: Examining
) -> dict[int, Outcome]:
    """Let both judge one seeded sample; where they differ, ours is not to be believed about the whole either."""
    chosen = np.random.default_rng(examining.seed).choice(len(rows), examining.sample_rows, replace=False)
    sample = rows.iloc[np.sort(chosen)].reset_index(drop=True)
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
        what = f"The two examiners differ about {where} ({own.expectation.type}), so neither is believed."
        seen = f"pre-check: {_word(own)}; Great Expectations: {_word(other)}"
        return Outcome(own.expectation, own.counts, GateFinding(what, locator=where, seen=seen), is_broken=True)
    return other


def _own(rows: pd.DataFrame, expectation: ExpectationRule, rules: Mapping[str, ColumnRule]) -> Outcome | None:
    try:
        counted = tally(expectation, rows, rules)
        return answer(expectation, counted, arguments_of(expectation, rows, rules))
    except Unknown:
        return None


def _word(outcome: Outcome) -> str:
    if outcome.is_broken:
        return "could not judge"
    return "met" if outcome.is_met else "not met" if outcome.is_judged else "nothing to judge"
