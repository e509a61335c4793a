"""Models in which nothing is wrong, and models that gain nothing: each gate that can act is asked about many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.null_arrangements import Arrange, Arranged, alone, come, few_have_most
from benchmarks.null_worlds import clean_world, drawn, rules_of
from flywheel.domain.gates import Severity, Verdict
from flywheel.domain.value import Payoff
from flywheel.project.examination import Answered
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.scoring import gains
from validators import behaviour, calibration, drift_versions, fairness, leakage, money, slices, stability
from validators.protocol import Checked
from validators.specs import ColumnRole, ColumnRule

Judged = Callable[..., bool]
"""Judges what is drawn by a generator, in rows that come about so, of one side or of each."""
Bits = NDArray[np.uint8]


@dataclass(frozen=True)
class Subject:
    """What a gate is asked about, what would be wrong to say of it, and at how many rows."""

    code: str
    world: str
    wrong: str
    judged: Judged
    rows: tuple[int, ...]
    promised: float | None = None
    """How often at most, where that is not what the gate's own facts promise."""
    sides: tuple[int, ...] = (1,)
    """So many times as many rows each side has."""
    arrange: Arrange = alone

    def is_wrong(self, rng: np.random.Generator, rows: int) -> bool:
        """Say once whether the gate spoke wrongly of so many rows."""
        return self.judged(rng, *(self.arrange(rng, side * rows) for side in self.sides))

    def arranged(self, words: str, arrange: Arrange, times: int) -> Subject:
        """The same of rows of which several are of one unit, with so many times as many rows."""
        rows = tuple(times * rows for rows in self.rows[:3])
        return replace(self, world=f"{self.world}, {words}", rows=rows, arrange=arrange)


LEFT_OUT = {"rare_200", "many_300", "many_2000", "sparse_2"}
WORLD = tuple(one for one in clean_world() if one.sort != "calendar" and one.rule.name not in LEFT_OUT)
RULES = rules_of(WORLD)
FILLED = tuple(rule for rule in RULES if rule.name not in {"sparse_0", "sparse_1"})
"""A feature that is empty in all test rows closes the gates of versions, and a column 2 % filled may be by chance."""
LOOKED_AT = tuple(
    rule for rule in RULES if rule.name in {"dense_0", "sparse_3", "heavy_student", "ties_counts", "rare_12"}
)
CLOCK = ColumnRule("at", Kind.TIME, role=ColumnRole.TIME)
SWINGS = ((1, -1), (3, -1), (30, -1), (1, -30))


@dataclass(frozen=True)
class Turned:
    """Two sets of decisions, what was true, and what they bring."""

    payoff: Payoff
    labels: Bits
    ours: Bits
    theirs: Bits

    @property
    def money(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What each set brings, row by row."""
        table = gains(self.payoff)
        return table[self.labels, self.ours], table[self.labels, self.theirs]

    def laid_out(self, arranged: Arranged) -> Turned:
        """The same where rows show these cases."""
        labels, ours, theirs = (one[arranged.shown] for one in (self.labels, self.ours, self.theirs))
        return replace(self, labels=labels, ours=ours, theirs=theirs)


def one_way(rng: np.random.Generator, rows: int, *, asked: float) -> Turned:
    """Turn some of the baseline's rows, so that what is asked is gained exactly on average."""
    payoff, (dear, cheap) = _payoff(rng)
    turned, base, lost = float(rng.uniform(0.05, 0.5)), float(rng.uniform(0.05, 0.5)), -float(payoff.false_negative)
    is_turned = rng.random(rows) < turned
    share = (asked * lost * (1 - turned) * base - turned * cheap) / (turned * (dear - cheap - asked * lost))
    labels = rng.random(rows) < np.where(is_turned, np.clip(share, 0, 1), base)
    return Turned(payoff, _bits(labels), _bits(is_turned), _bits(np.zeros(rows)))


def two_ways(rng: np.random.Generator, rows: int) -> Turned:
    """Turn rows to yes and to no, so that nothing is gained on average: each way, or one way what the other loses."""
    payoff, (dear, cheap) = _payoff(rng)
    even = cheap / (cheap - dear)
    turned, share = float(rng.uniform(0.02, 0.2)), float(rng.choice([even, even / 2, (1 + even) / 2]))
    way = rng.choice(3, rows, p=[turned, turned, 1 - 2 * turned])
    labels = rng.random(rows) < np.where(way == 2, 0.3, share)
    theirs = np.where(way == 2, rng.random(rows) < 0.3, way == 1)
    ours = np.where(way == 2, theirs, way == 0)
    return Turned(payoff, _bits(labels), _bits(ours), _bits(theirs))


def _payoff(rng: np.random.Generator) -> tuple[Payoff, tuple[int, int]]:
    dear, cheap = SWINGS[int(rng.integers(len(SWINGS)))]
    half = Decimal(dear) / 2
    return Payoff(half, Decimal(cheap), Decimal(0), -half), (dear, cheap)


def _bits(values: NDArray[np.generic]) -> Bits:
    return values.astype(np.uint8)


def honest(rng: np.random.Generator, arranged: Arranged) -> slices.Scored:
    """Answers that are true to the last word, of a model that decides by them or breaks even in what it turns."""
    (payoff, (dear, cheap)), rows = _payoff(rng), arranged.cases
    even = cheap / (cheap - dear)
    if rng.random() < 0.5:
        chances = rng.beta(*((1.0, 8.0), (2.0, 2.0), (0.5, 0.5))[int(rng.integers(3))], rows)
        decisions, naive = _bits(chances >= even), int(chances.mean() >= even)
    else:
        decisions, naive = _bits(rng.random(rows) < rng.uniform(0.05, 0.5)), 0
        chances = np.where(decisions == 1, even, even / 2)
    labels, table = _bits(rng.random(rows) < chances), gains(payoff)
    labels, chances, decisions = labels[arranged.shown], chances[arranged.shown], decisions[arranged.shown]
    money = (table[labels, decisions], table[labels, naive])
    return slices.Scored(labels, chances, *money, payoff.swing, arranged.units)


def _earns_nothing(asked: float) -> Judged:
    def judged(rng: np.random.Generator, arranged: Arranged) -> bool:
        one, units = one_way(rng, arranged.cases, asked=asked).laid_out(arranged), arranged.units
        ours, theirs = one.money
        return _opens(money.check_baseline(ours, theirs, must_beat=asked, swing=one.payoff.swing, units=units))

    return judged


def _asks_for_nothing(rng: np.random.Generator, arranged: Arranged) -> bool:
    one, units = one_way(rng, arranged.cases, asked=0.0).laid_out(arranged), arranged.units
    limits = money.BaselineLimits(asked_confidence_at_least=0.6)
    told = money.check_baseline(*one.money, must_beat=0.0, swing=one.payoff.swing, limits=limits, units=units)
    return told.result.verdict is not Verdict.FAILED


def _challenges(rng: np.random.Generator, arranged: Arranged) -> bool:
    one, units = two_ways(rng, arranged.cases).laid_out(arranged), arranged.units
    told = money.check_champion(*one.money, must_beat=0.0, swing=one.payoff.swing, units=units)
    return bool((one.ours != one.theirs).any()) and _opens(told)


def _challenges_in_vain(rng: np.random.Generator, arranged: Arranged) -> bool:
    one, units = two_ways(rng, arranged.cases).laid_out(arranged), arranged.units
    told = money.check_champion(*one.money, must_beat=0.0, swing=one.payoff.swing, units=units)
    return told.result.verdict is Verdict.FAILED


def _renews(rng: np.random.Generator, arranged: Arranged) -> bool:
    one, units = two_ways(rng, arranged.cases).laid_out(arranged), arranged.units
    swing = one.payoff.swing
    return not _opens(money.check_champion(*one.money, must_beat=0.0, swing=swing, is_renewal=True, units=units))


def _simple(wrong: Verdict) -> Judged:
    def judged(rng: np.random.Generator, arranged: Arranged) -> bool:
        one, units = two_ways(rng, arranged.cases).laid_out(arranged), arranged.units
        return money.check_simple(*one.money, swing=one.payoff.swing, units=units).result.verdict is wrong

    return judged


def _calibrated(rng: np.random.Generator, arranged: Arranged) -> bool:
    said = rng.beta(*((1.0, 8.0), (2.0, 2.0), (0.5, 0.5), (8.0, 8.0))[int(rng.integers(4))], arranged.cases)
    happened, shown = rng.random(said.size) < said, arranged.shown
    return not _opens(calibration.check(said[shown], happened[shown], units=arranged.units))


def _blind(rng: np.random.Generator, arranged: Arranged) -> bool:
    cases = arranged.cases
    labels = rng.permutation(cases) < max(5, cases * rng.uniform(0.05, 0.5))
    frame = arranged.frame(drawn(WORLD, rng, cases))
    return _says(leakage.check(frame, labels[arranged.shown], rules=FILLED, units=arranged.units))


def _sliced(rng: np.random.Generator, arranged: Arranged) -> bool:
    scored = honest(rng, arranged)
    frame = arranged.frame(drawn(WORLD, rng, arranged.cases))
    return _says(slices.check(frame, scored, rules=LOOKED_AT, declared=("rare_12", "ties_counts")))


def _steady(rng: np.random.Generator, arranged: Arranged) -> bool:
    scored = honest(rng, arranged)
    times = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(np.arange(arranged.rows), unit="h")
    said = (scored.gain, scored.labels, scored.chances)
    frame, swing, units = pd.DataFrame({"at": times}), scored.swing, scored.units
    return _says(stability.check(frame, *said, rules=(CLOCK,), swing=swing, units=units))


def _alike(difference: float) -> Judged:
    def judged(rng: np.random.Generator, arranged: Arranged) -> bool:
        groups, base = int(rng.integers(2, 7)), float(rng.uniform(0.05, 0.9))
        group = rng.integers(groups, size=arranged.cases)
        is_yes = (rng.random(group.size) < base + np.where(group == 0, difference, 0.0))[arranged.shown]
        frame = pd.DataFrame({"group": pd.Series(group[arranged.shown]).astype(str).astype("str")})
        rule = ColumnRule("group", Kind.CATEGORY, role=ColumnRole.GROUP)
        promise = fairness.Promise(("group",), "demographic_parity", 0.05)
        told = fairness.check(frame, _bits(is_yes), is_yes, promise=promise, rules=(rule,), units=arranged.units)
        return told.result.verdict is Verdict.FAILED

    return judged


def _differs(rng: np.random.Generator, arranged: Arranged) -> bool:
    one, units = two_ways(rng, arranged.cases).laid_out(arranged), arranged.units
    said = [
        Answered(name, np.where(decided == 1, 0.75, 0.25), decided == 1, earned)
        for name, decided, earned in zip(("ours", "theirs"), (one.ours, one.theirs), one.money, strict=True)
    ]
    frame, ground = arranged.frame(drawn(WORLD, rng, arranged.cases)), behaviour.Ground(one.payoff.swing, units=units)
    return _says(behaviour.check(frame, said[0], said[1], rules=LOOKED_AT, ground=ground))


def _like_its_training(rng: np.random.Generator, test: Arranged, train: Arranged) -> bool:
    now, before = (one.frame(drawn(WORLD, rng, one.cases)) for one in (test, train))
    return _says(drift_versions.check_test(now, before, rules=FILLED, units=(test.units, train.units)))


def _like_the_champions(rng: np.random.Generator, now: Arranged, before: Arranged) -> bool:
    ours, theirs = (one.frame(drawn(WORLD, rng, one.cases)) for one in (now, before))
    return _says(drift_versions.check_training(ours, theirs, rules=FILLED, units=(now.units, before.units)))


def _opens(checked: Checked) -> bool:
    return checked.result.verdict is Verdict.PASSED


def _says(checked: Checked) -> bool:
    return any(finding.severity is not Severity.INFO for finding in checked.result.findings)


_SUBJECTS = (
    Subject("PERF-001", "earns nothing", "passes", _earns_nothing(0.0), (50, 100, 500, 5_000)),
    Subject("PERF-001", "earns just the 2 % asked", "passes", _earns_nothing(0.02), (50, 100, 500, 5_000)),
    Subject("PERF-001", "earns nothing, low risk", "asks or passes", _asks_for_nothing, (50, 500, 5_000), 0.2),
    Subject("PERF-002", "a challenger no better", "passes", _challenges, (50, 100, 500, 5_000)),
    Subject("PERF-002", "a challenger as good", "closes", _challenges_in_vain, (50, 100, 500, 5_000)),
    Subject("PERF-002", "a renewal as good", "closes", _renews, (50, 100, 500, 5_000)),
    Subject("PERF-004", "every word true", "closes", _calibrated, (100, 200, 1_000, 10_000)),
    Subject("PERF-005", "columns know nothing", "any word", _blind, (50, 100, 500, 5_000)),
    Subject("PERF-006", "as good as the simple", "closes", _simple(Verdict.FAILED), (50, 100, 500, 5_000)),
    Subject("PERF-006", "no better", "passes unasked", _simple(Verdict.PASSED), (50, 100, 500, 5_000)),
    Subject("PERF-009", "every word true", "any word", _sliced, (120, 240, 1_200, 12_000)),
    Subject("PERF-010", "nothing changes", "any word", _steady, (200, 400, 2_000, 20_000)),
    Subject("PERF-013", "groups alike", "closes", _alike(0.0), (60, 120, 600, 6_000)),
    Subject("PERF-013", "just the 5 % allowed", "closes", _alike(0.05), (60, 120, 600, 6_000)),
    Subject("DIFF-001", "each way breaks even", "any word", _differs, (120, 500, 5_000)),
    Subject("DRIFT-003", "nothing changes", "any word", _like_its_training, (200, 400, 2_000), sides=(1, 3)),
    Subject("DRIFT-004", "nothing changes", "any word", _like_the_champions, (200, 400, 2_000), sides=(1, 1)),
)


_OF_UNITS = (("each row 5 times", come(5), 5), ("few have most rows", few_have_most, 10))
_ALL = (*_SUBJECTS, *(one.arranged(*how) for how in _OF_UNITS for one in _SUBJECTS))
SUBJECTS: Mapping[str, Subject] = MappingProxyType({f"{one.code}: {one.world}": one for one in _ALL})
"""Each gate about versions that can act or ask, at its least rows, at twice, ten times and a hundred times as many; and
of rows that each come several times, or of which few units have most."""
