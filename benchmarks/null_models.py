"""Models in which nothing is wrong, and models that gain nothing: each gate that can act is asked about many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.null_worlds import clean_world, drawn, rules_of
from flywheel.domain.gates import Severity, Verdict
from flywheel.domain.value import Payoff
from flywheel.project.examination import Answered
from flywheel.project.kinds import Kind
from flywheel.project.tabular.certainty import Units, units_of
from flywheel.project.tabular.scoring import gains
from validators import behaviour, calibration, drift_versions, fairness, leakage, money, slices, stability
from validators.protocol import Checked
from validators.specs import ColumnRole, ColumnRule

Judged = Callable[[np.random.Generator, int, int], bool]
"""Judges what is drawn by a generator, in so many rows, each of them so many times."""
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
    copies: int = 1

    def is_wrong(self, rng: np.random.Generator, rows: int) -> bool:
        """Say once whether the gate spoke wrongly of so many rows."""
        return self.judged(rng, rows // self.copies, self.copies)

    def copied(self) -> Subject:
        """The same of rows that each come five times, with as many different rows as before."""
        rows = tuple(COPIES * rows for rows in self.rows[:3])
        return replace(self, world=f"{self.world}, each row {COPIES} times", rows=rows, copies=COPIES)


LEFT_OUT = {"rare_200", "many_300", "many_2000", "sparse_2"}
WORLD = tuple(one for one in clean_world() if one.sort != "calendar" and one.rule.name not in LEFT_OUT)
RULES = rules_of(WORLD)
FILLED = tuple(rule for rule in RULES if rule.name not in {"sparse_0", "sparse_1"})
"""A feature that is empty in all test rows closes the gates of versions, and a column 2 % filled may be by chance."""
LOOKED_AT = tuple(
    rule for rule in RULES if rule.name in {"dense_0", "sparse_3", "heavy_student", "ties_counts", "rare_12"}
)
CLOCK = ColumnRule("at", Kind.TIME, role=ColumnRole.TIME)
COPIES = 5
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

    def copied(self, copies: int) -> Turned:
        """The same where each row comes so many times."""
        labels, ours, theirs = (np.repeat(one, copies) for one in (self.labels, self.ours, self.theirs))
        return replace(self, labels=labels, ours=ours, theirs=theirs)


def of_copies(rows: int, copies: int) -> Units:
    """The units of so many different rows that each come so many times."""
    return units_of(np.repeat(np.arange(rows), copies))


def copied(frame: pd.DataFrame, copies: int) -> pd.DataFrame:
    """Each row so many times."""
    return frame.loc[frame.index.repeat(copies)].reset_index(drop=True)


def one_way(rng: np.random.Generator, rows: int, *, asked: float) -> Turned:
    """Turn some of the naive answer's rows, so that what is asked is gained exactly on average."""
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


def honest(rng: np.random.Generator, rows: int, copies: int) -> slices.Scored:
    """Answers that are true to the last word, of a model that decides by them or breaks even in what it turns."""
    payoff, (dear, cheap) = _payoff(rng)
    even = cheap / (cheap - dear)
    if rng.random() < 0.5:
        chances = rng.beta(*((1.0, 8.0), (2.0, 2.0), (0.5, 0.5))[int(rng.integers(3))], rows)
        decisions, naive = _bits(chances >= even), int(chances.mean() >= even)
    else:
        decisions, naive = _bits(rng.random(rows) < rng.uniform(0.05, 0.5)), 0
        chances = np.where(decisions == 1, even, even / 2)
    labels, table = _bits(rng.random(rows) < chances), gains(payoff)
    labels, chances, decisions = np.repeat(labels, copies), np.repeat(chances, copies), np.repeat(decisions, copies)
    money, units = (table[labels, decisions], table[labels, naive]), of_copies(rows, copies)
    return slices.Scored(labels, chances, *money, payoff.swing, units)


def _earns_nothing(asked: float) -> Judged:
    def judged(rng: np.random.Generator, rows: int, copies: int) -> bool:
        one, units = one_way(rng, rows, asked=asked).copied(copies), of_copies(rows, copies)
        ours, theirs = one.money
        return _opens(money.check_baseline(ours, theirs, must_beat=asked, swing=one.payoff.swing, units=units))

    return judged


def _asks_for_nothing(rng: np.random.Generator, rows: int, copies: int) -> bool:
    one, units = one_way(rng, rows, asked=0.0).copied(copies), of_copies(rows, copies)
    limits = money.BaselineLimits(asked_confidence_at_least=0.6)
    told = money.check_baseline(*one.money, must_beat=0.0, swing=one.payoff.swing, limits=limits, units=units)
    return told.result.verdict is not Verdict.FAILED


def _challenges(rng: np.random.Generator, rows: int, copies: int) -> bool:
    one, units = two_ways(rng, rows).copied(copies), of_copies(rows, copies)
    told = money.check_champion(*one.money, must_beat=0.0, swing=one.payoff.swing, units=units)
    return bool((one.ours != one.theirs).any()) and _opens(told)


def _challenges_in_vain(rng: np.random.Generator, rows: int, copies: int) -> bool:
    one, units = two_ways(rng, rows).copied(copies), of_copies(rows, copies)
    told = money.check_champion(*one.money, must_beat=0.0, swing=one.payoff.swing, units=units)
    return told.result.verdict is Verdict.FAILED


def _renews(rng: np.random.Generator, rows: int, copies: int) -> bool:
    one, units = two_ways(rng, rows).copied(copies), of_copies(rows, copies)
    swing = one.payoff.swing
    return not _opens(money.check_champion(*one.money, must_beat=0.0, swing=swing, is_renewal=True, units=units))


def _simple(wrong: Verdict) -> Judged:
    def judged(rng: np.random.Generator, rows: int, copies: int) -> bool:
        one, units = two_ways(rng, rows).copied(copies), of_copies(rows, copies)
        return money.check_simple(*one.money, swing=one.payoff.swing, units=units).result.verdict is wrong

    return judged


def _calibrated(rng: np.random.Generator, rows: int, copies: int) -> bool:
    said = rng.beta(*((1.0, 8.0), (2.0, 2.0), (0.5, 0.5), (8.0, 8.0))[int(rng.integers(4))], rows)
    happened = np.repeat(rng.random(rows) < said, copies)
    return not _opens(calibration.check(np.repeat(said, copies), happened, units=of_copies(rows, copies)))


def _blind(rng: np.random.Generator, rows: int, copies: int) -> bool:
    labels = np.repeat(rng.permutation(rows) < max(5, rows * rng.uniform(0.05, 0.5)), copies)
    frame = copied(drawn(WORLD, rng, rows), copies)
    return _says(leakage.check(frame, labels, rules=FILLED, units=of_copies(rows, copies)))


def _sliced(rng: np.random.Generator, rows: int, copies: int) -> bool:
    scored = honest(rng, rows, copies)
    frame = copied(drawn(WORLD, rng, rows), copies)
    return _says(slices.check(frame, scored, rules=LOOKED_AT, declared=("rare_12", "ties_counts")))


def _steady(rng: np.random.Generator, rows: int, copies: int) -> bool:
    scored = honest(rng, rows, copies)
    times = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(np.repeat(np.arange(rows), copies), unit="h")
    said = (scored.gain, scored.labels, scored.chances)
    frame, swing, units = pd.DataFrame({"at": times}), scored.swing, scored.units
    return _says(stability.check(frame, *said, rules=(CLOCK,), swing=swing, units=units))


def _alike(difference: float) -> Judged:
    def judged(rng: np.random.Generator, rows: int, copies: int) -> bool:
        groups, base = int(rng.integers(2, 7)), float(rng.uniform(0.05, 0.9))
        group = rng.integers(groups, size=rows)
        is_yes = np.repeat(rng.random(rows) < base + np.where(group == 0, difference, 0.0), copies)
        frame = pd.DataFrame({"group": pd.Series(np.repeat(group, copies)).astype(str).astype("str")})
        rule = ColumnRule("group", Kind.CATEGORY, role=ColumnRole.GROUP)
        promise, units = fairness.Promise(("group",), "demographic_parity", 0.05), of_copies(rows, copies)
        told = fairness.check(frame, _bits(is_yes), is_yes, promise=promise, rules=(rule,), units=units)
        return told.result.verdict is Verdict.FAILED

    return judged


def _differs(rng: np.random.Generator, rows: int, copies: int) -> bool:
    one, units = two_ways(rng, rows).copied(copies), of_copies(rows, copies)
    said = [
        Answered(name, np.where(decided == 1, 0.75, 0.25), decided == 1, earned)
        for name, decided, earned in zip(("ours", "theirs"), (one.ours, one.theirs), one.money, strict=True)
    ]
    frame, swing = copied(drawn(WORLD, rng, rows), copies), one.payoff.swing
    return _says(behaviour.check(frame, said[0], said[1], rules=LOOKED_AT, swing=swing, units=units))


def _like_its_training(rng: np.random.Generator, rows: int, copies: int) -> bool:
    test, train = (copied(drawn(WORLD, rng, size), copies) for size in (rows, 3 * rows))
    units = (of_copies(rows, copies), of_copies(3 * rows, copies))
    return _says(drift_versions.check_test(test, train, rules=FILLED, units=units))


def _like_the_champions(rng: np.random.Generator, rows: int, copies: int) -> bool:
    now, before = (copied(drawn(WORLD, rng, rows), copies) for _ in range(2))
    units = of_copies(rows, copies)
    return _says(drift_versions.check_training(now, before, rules=FILLED, units=(units, units)))


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
    Subject("DRIFT-003", "nothing changes", "any word", _like_its_training, (200, 400, 2_000)),
    Subject("DRIFT-004", "nothing changes", "any word", _like_the_champions, (200, 400, 2_000)),
)


SUBJECTS: Mapping[str, Subject] = MappingProxyType(
    {f"{one.code}: {one.world}": one for one in (*_SUBJECTS, *(one.copied() for one in _SUBJECTS))}
)
"""Each gate about versions that can act or ask, at its least rows, at twice, ten times and a hundred times as many; and
of rows that each come several times."""
